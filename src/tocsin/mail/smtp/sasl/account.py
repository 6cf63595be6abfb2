"""Who signs in, with what, and how."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.secret import Secret

MECHANISMS = ("auto", "plain", "login", "scram", "xoauth2")
"""What can be chosen; ``auto`` takes the best of what is offered that takes a password."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user and the password for it; with ``xoauth2`` the password is an access token.

    Raises:
        ValueError: `mechanism` is none of `MECHANISMS`.
    """

    user: str
    password: Secret
    mechanism: str = "auto"

    def __post_init__(self) -> None:
        if self.mechanism not in MECHANISMS:
            raise ValueError(f"{self.mechanism[:40]!a} is no way to sign in")
