"""User name and SMTP password out of what was entered, judged before anybody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid, Problem
from tocsin.central.ses import Ses
from tocsin.engine.setup.entered import AccessKey, Entered, NewUser, SmtpUser
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding, Seriousness
from tocsin.ses.credentials import judge_credentials, judge_region
from tocsin.ses.password import derive
from tocsin.ses.shape import Shape, repair

_LENGTH = 40
"""Characters of a secret access key."""
_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
"""Of an IAM user (IAM API reference, CreateUser)."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """What to sign in with; both are empty while its user is still to be made."""

    user: str
    password: Secret
    shape: tuple[Explained, ...]

    @property
    def hopeless(self) -> bool:
        """Whether asking anybody with it would be in vain."""
        return any(one.severity is Seriousness.ERROR for one in self.shape)


def signing_in(entered: Entered, region: str, stored: Ses | None) -> SigningIn:
    """User and password, and what is wrong with them by their shape.

    A secret access key gives its password here, on this machine. `stored` is what the
    configuration has: with the secret of the same user in it, a password of another region
    is seen too.

    Raises:
        Invalid: names a field that is empty, or no secret access key.
    """
    match entered.credentials:
        case SmtpUser() as given:
            return _of_user(given, region, stored)
        case AccessKey() as key:
            own = _of_key(key, region)
            watching = () if key.watch is None else _of_key(key.watch, region).shape
            return SigningIn(own.user, own.password, own.shape + watching)
        case NewUser() as new:
            if not _NAME.fullmatch(new.name):
                accepted = "1 to 64 letters, digits and + = , . @ _ -"
                raise Invalid(
                    [Problem("name", f"{new.name[:80]!r} is no name of a user", accepted)]
                )
            key = AccessKey(new.access_key, new.secret_key)
            return SigningIn("", Secret(""), _of_key(key, region).shape)


def _of_user(given: SmtpUser, region: str, stored: Ses | None) -> SigningIn:
    missing = [
        Problem(field, "is missing")
        for field, value in (("user", given.user.strip()), ("password", given.password))
        if not value
    ]
    if missing:
        raise Invalid(missing)
    found = list(judge_credentials(given.user, given.password, region))
    if stored is not None and stored.access_key == given.user and stored.secret_key is not None:
        elsewhere = judge_region(stored.secret_key, given.password, region)
        found += [] if elsewhere is None else [elsewhere]
    return SigningIn(given.user, given.password, _told(found))


def _of_key(key: AccessKey, region: str) -> SigningIn:
    secret = plain_secret(key.secret_key)
    if not key.access_key.strip():
        raise Invalid([Problem("access_key", "is missing")])
    password = derive(secret, region)
    return SigningIn(
        key.access_key, password, _told(judge_credentials(key.access_key, password, region))
    )


def plain_secret(given: Secret) -> Secret:
    """A secret access key without the blanks and quotes that were copied with it.

    Raises:
        Invalid: it is none.
    """
    mended = repair(given)
    if mended.shape is Shape.SECRET_KEY:
        return mended.text
    if not given:
        problem = "is missing"
    elif mended.shape in {Shape.PASSWORD, Shape.OLD_PASSWORD}:
        problem = "is an SMTP password; it goes with an SMTP user name"
    else:
        length = len(given.reveal().strip())
        problem = f"has {length} characters and cannot be a secret access key"
    accepted = f"{_LENGTH} letters, digits, + and /"
    raise Invalid([Problem("secret_key", problem, accepted)])


def _told(found: list[Finding] | tuple[Finding, ...]) -> tuple[Explained, ...]:
    return tuple(explain(one) for one in found)
