"""The steps of the way to a relay, by the names that evidence and faults use."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What was being done; in a conversation, which answer is awaited."""

    DNS = "dns"
    TCP = "tcp"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    """The answer to the dot that ends a message."""
    RSET = "rset"
    QUIT = "quit"
