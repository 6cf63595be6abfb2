"""PLAIN (RFC 4616): user and password in one line."""

from __future__ import annotations

from tocsin.mail.smtp.sasl.account import Login
from tocsin.mail.smtp.sasl.mechanism import Response, spoken


class Plain:
    """Says all at once; there is nothing to be challenged about."""

    name = "PLAIN"
    detail = ""
    work = None

    def __init__(self, login: Login) -> None:
        user = spoken(login.user, "user name")
        self._message = b"\0" + user + b"\0" + spoken(login.password.reveal(), "password")

    def first(self) -> Response:
        """Everything."""
        return Response(self._message, "***")

    def challenged(self, text: str) -> None:
        """Nothing in it can matter."""

    def respond(self) -> None:
        """There is nothing left to say."""

    def finish(self) -> None:
        """The relay proves nothing but its certificate."""
