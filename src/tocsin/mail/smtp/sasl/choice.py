"""Which mechanism is used, of those that are offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tocsin.mail.smtp.failure import AuthNotOffered, NoMechanism, UnfitLogin
from tocsin.mail.smtp.sasl.account import Login
from tocsin.mail.smtp.sasl.login import LoginInTurn
from tocsin.mail.smtp.sasl.mechanism import Mechanism
from tocsin.mail.smtp.sasl.plain import Plain
from tocsin.mail.smtp.sasl.scram import Scram
from tocsin.mail.smtp.sasl.xoauth2 import Xoauth2

_MAKERS: Mapping[str, Callable[[Login], Mechanism]] = {
    "SCRAM-SHA-256": partial(Scram, digest="sha256"),
    "SCRAM-SHA-1": partial(Scram, digest="sha1"),
    "PLAIN": Plain,
    "LOGIN": LoginInTurn,
    "XOAUTH2": Xoauth2,
}

_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "auto": ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"),
    "plain": ("PLAIN",),
    "login": ("LOGIN",),
    "scram": ("SCRAM-SHA-256", "SCRAM-SHA-1"),
    "xoauth2": ("XOAUTH2",),
}


def choose(login: Login, offered: Sequence[str]) -> Mechanism:
    """The mechanism for this login with this relay.

    ``auto`` goes by what the relay learns. With SCRAM it never sees the password and has
    to prove that it knows it, so that a certificate issued to the wrong hands is not
    enough to collect passwords; two more round trips are nothing on a connection that is
    kept. The weaknesses of SHA-1 do not touch its use in HMAC, so even the older form
    comes before PLAIN, which hands the password over. PLAIN takes one round trip, LOGIN
    three; Amazon SES offers these two and no other. XOAUTH2 is used only when chosen: a
    password is no token. What the login cannot be said in is passed over while another is
    left. After a refusal nothing else is tried, for a second try counts as a second wrong
    password.

    Raises:
        AuthNotOffered: the relay offers no sign-in at all.
        NoMechanism: it offers none that may be used.
        UnfitLogin: user or password cannot be said in any of those.
    """
    if not offered:
        raise AuthNotOffered
    unfit: UnfitLogin | None = None
    for name in _ALLOWED[login.mechanism]:
        if name in offered:
            try:
                return _MAKERS[name](login)
            except UnfitLogin as problem:
                unfit = problem
    raise unfit or NoMechanism(tuple(offered), login.mechanism)
