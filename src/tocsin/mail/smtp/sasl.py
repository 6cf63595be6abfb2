"""Signing in: PLAIN (RFC 4616) and LOGIN, as commands of SMTP AUTH (RFC 4954)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.secret import Secret

SPOKEN = ("PLAIN", "LOGIN")
"""Mechanisms in the order of preference; PLAIN needs one round trip, LOGIN three."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user and the password for it."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Line:
    """One line to send, and what a transcript shows for it."""

    sent: bytes
    shown: str


def choose_mechanism(offered: Sequence[str]) -> str | None:
    """The first of ours that is offered."""
    return next((name for name in SPOKEN if name in offered), None)


def sign_in_lines(mechanism: str, login: Login) -> tuple[Line, ...]:
    """The lines of the sign-in; each but the last is answered by 334."""
    user, password = login.user.encode(), login.password.reveal().encode()
    if mechanism == "PLAIN":
        token = b64encode(b"\0" + user + b"\0" + password)
        return (Line(b"AUTH PLAIN " + token, "AUTH PLAIN ***"),)
    return (
        Line(b"AUTH LOGIN", "AUTH LOGIN"),
        Line(b64encode(user), "*** (user)"),
        Line(b64encode(password), "*** (password)"),
    )


def secret_forms(login: Login) -> tuple[str, ...]:
    """Every form in which a sign-in puts the password on the wire, longest first."""
    password = login.password.reveal()
    plain = b64encode(b"\0" + login.user.encode() + b"\0" + password.encode()).decode()
    return (plain, b64encode(password.encode()).decode(), password)
