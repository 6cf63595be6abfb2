"""LOGIN: user and password, each when asked for. No RFC has it; old relays have nothing else."""

from __future__ import annotations

from collections import deque

from tocsin.mail.smtp.sasl.account import Login
from tocsin.mail.smtp.sasl.mechanism import Response, spoken


class LoginInTurn:
    """Answers two challenges, whatever they say, for relays word them as they like."""

    name = "LOGIN"
    detail = ""
    work = None

    def __init__(self, login: Login) -> None:
        user = spoken(login.user, "user name")
        password = spoken(login.password.reveal(), "password")
        self._left = deque(
            (Response(user, "*** (user)", secret=False), Response(password, "*** (password)"))
        )

    def first(self) -> None:
        """The relay asks first."""

    def challenged(self, text: str) -> None:
        """What it asks for is known by the order."""

    def respond(self) -> Response | None:
        """The user, then the password."""
        return self._left.popleft() if self._left else None

    def finish(self) -> None:
        """The relay proves nothing but its certificate."""
