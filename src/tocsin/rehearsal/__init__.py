"""A stand-in for the SMTP endpoint of Amazon SES, for rehearsals without account or internet.

`relay` runs it, `inbox` reads what it took. Inside: `conversation` speaks (bytes in,
events out), `account` judges, `passage` adds what the way to a mailbox adds, `connection`
owns the wire, and `fault` holds the ways in which it can misbehave.
"""
