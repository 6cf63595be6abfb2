"""XOAUTH2, as Google and Microsoft have it: an access token in place of a password."""

from __future__ import annotations

import json
from base64 import b64decode

from tocsin.mail.smtp.failure import UnfitLogin
from tocsin.mail.smtp.sasl.account import Login
from tocsin.mail.smtp.sasl.mechanism import NOTHING, Response, spoken
from tocsin.mail.smtp.shown import printable

_SHOWN = 100


class Xoauth2:
    """Says user and token at once.

    A relay that does not take the token says why in a challenge, which wants an empty
    line before the real refusal comes.
    """

    name = "XOAUTH2"
    work = None

    def __init__(self, login: Login) -> None:
        token = login.password.reveal()
        if not (token and token.isascii() and token.isprintable() and " " not in token):
            raise UnfitLogin("the access token holds a character that no token has")
        user = spoken(login.user, "user name")
        if b"\1" in user:
            raise UnfitLogin("the user name holds a control character")
        self._message = b"user=" + user + b"\1auth=Bearer " + token.encode() + b"\1\1"
        self._asked = 0
        self.detail = ""

    def first(self) -> Response:
        """Everything."""
        return Response(self._message, "***")

    def challenged(self, text: str) -> None:
        """The reason for a refusal that is to come."""
        self._asked += 1
        self.detail = _reason(text)

    def respond(self) -> Response | None:
        """The empty line, once."""
        return NOTHING if self._asked == 1 else None

    def finish(self) -> None:
        """The relay proves nothing but its certificate."""


def _reason(text: str) -> str:
    """The status in the relay's JSON; what it said as it stands when that is none."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return printable(text.encode())[:_SHOWN]
    try:
        status = json.loads(data)["status"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return printable(data)[:_SHOWN]
    return f"token status {printable(str(status).encode('utf-8', 'replace'))[:_SHOWN]}"
