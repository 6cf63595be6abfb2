"""The client's side of an SMTP conversation (RFC 5321) as pure state: no sockets, no clock.

`opening` leads from the greeting to the sign-in, `mailing` hands over a batch of
messages, `farewell` takes leave. Each takes the server's bytes and the moment they
came, and gives the bytes to put on the wire; who drives them owns time and transport.
"""
