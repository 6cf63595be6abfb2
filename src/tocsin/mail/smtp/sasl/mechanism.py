"""What every mechanism is: a first line if it has one, and an answer to each challenge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tocsin.mail.smtp.failure import UnfitLogin


@dataclass(frozen=True, slots=True)
class Response:
    """One line of the sign-in before base64, and what a transcript shows for it.

    `secret` lines are hidden wherever the relay repeats them; so is all of `hidden`.
    """

    data: bytes
    shown: str
    secret: bool = True
    hidden: tuple[str, ...] = ()


NOTHING = Response(b"", "", secret=False)
"""The empty line: heard, and nothing to say to it."""


class Work(Protocol):
    """A computation that takes long; another thread may do it."""

    @property
    def done(self) -> bool:
        """It has been done."""

    def run(self) -> None:
        """Do it, if it is not done."""


class Mechanism(Protocol):
    """One sign-in. Nothing of it is used twice."""

    @property
    def name(self) -> str:
        """As EHLO and AUTH spell it."""

    @property
    def detail(self) -> str:
        """What the relay said about a failure beside its reply; printable."""

    @property
    def work(self) -> Work | None:
        """What has to be computed before the response to the last challenge."""

    def first(self) -> Response | None:
        """What may go with AUTH itself; None where the relay speaks first."""

    def challenged(self, text: str) -> None:
        """Take the text of a 334.

        Raises:
            RelayUnproven: one who knows the password would not say so.
        """

    def respond(self) -> Response | None:
        """The response to the challenge taken last; None when there is nothing left to say."""

    def finish(self) -> None:
        """The relay says that we are signed in.

        Raises:
            RelayUnproven: it has not shown that it knows the password.
        """


def spoken(text: str, what: str) -> bytes:
    """The bytes of a user name or password, which no mechanism can send with a NUL.

    Raises:
        UnfitLogin: there are none.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise UnfitLogin(f"the {what} is no sound text") from None
    if b"\0" in data:
        raise UnfitLogin(f"the {what} holds a NUL")
    return data
