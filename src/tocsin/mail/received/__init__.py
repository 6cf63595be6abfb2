"""Reading a message that was received: its route, its signatures, what servers said of it.

Whatever the message holds, nothing here fails because of it: what cannot be read is said to
be so. Nothing is looked up here either; `record.Answers` brings what DNS said.
"""
