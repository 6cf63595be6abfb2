"""An access key as IAM knows it: whose it is, whether it may be used, how old, used when.

IAM tells of a key by its id whose it is and when it was used (GetAccessKeyLastUsed); when it
was made and whether it is active stands in the list of that user's keys (ListAccessKeys).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.clock import Instant, from_datetime
from tocsin.ses import iam
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed


class KeyUse(StrEnum):
    """What Tocsin uses an access key for."""

    SMTP = "smtp"
    """A relay signs in with it, as its user name."""
    API = "api"
    """The account is asked with it."""


@dataclass(frozen=True, slots=True)
class KeySeen:
    """What was found of one access key; None wherever the asking key may not see it."""

    id: str
    use: KeyUse
    relay: str
    """The relay that signs in with it; empty for the key of the API."""
    exists: bool | None
    user: str | None = None
    active: bool | None = None
    created_at: Instant | None = None
    used_at: Instant | None = None
    """When IAM saw it used last; None where it never did, or does not say."""
    use_known: bool = False
    """Whether IAM said anything of its use."""


@dataclass(frozen=True, slots=True)
class KeysSeen:
    """The keys that were asked for, and the IAM actions that were not allowed."""

    keys: tuple[KeySeen, ...]
    missing: tuple[str, ...]


_UNKNOWN_KEY = "NoSuchEntity"


def look_at_keys(aws: Aws, wanted: tuple[tuple[str, KeyUse, str], ...]) -> KeysSeen:
    """Look at keys: (id, use, relay) of each.

    Raises:
        AwsFailure: but not for what the asking key may not see.
    """
    missing: list[str] = []
    keys = tuple(_look(aws, *one, missing) for one in wanted)
    return KeysSeen(keys, tuple(dict.fromkeys(missing)))


def _look(aws: Aws, key: str, use: KeyUse, relay: str, missing: list[str]) -> KeySeen:
    user: str | None = None
    used_at: Instant | None = None
    use_known = False
    try:
        said = aws.call("iam", "GetAccessKeyLastUsed", AccessKeyId=key)
    except NotAllowed as refusal:
        missing.append(refusal.action)
    except AwsFailure as failure:
        if failure.finding.facts.get("error") != _UNKNOWN_KEY:
            raise
        return KeySeen(key, use, relay, exists=False)
    else:
        user = said.get("UserName")
        at = said.get("AccessKeyLastUsed", {}).get("LastUsedDate")
        used_at, use_known = (None if at is None else from_datetime(at)), True
    if user is None and use is not KeyUse.API:
        return KeySeen(key, use, relay, None, None, None, None, used_at, use_known)
    return _listed(
        aws, KeySeen(key, use, relay, None, user, None, None, used_at, use_known), missing
    )


def _listed(aws: Aws, key: KeySeen, missing: list[str]) -> KeySeen:
    """The key with what the list of its user says. Without a user, that of the one that asks."""
    try:
        found = iam.access_keys(aws, key.user)
    except NotAllowed as refusal:
        missing.append(refusal.action)
        return key
    except AwsFailure as failure:
        if failure.finding.facts.get("error") != _UNKNOWN_KEY:
            raise
        found = ()
    mine = next((one for one in found if one.id == key.id), None)
    return KeySeen(
        id=key.id,
        use=key.use,
        relay=key.relay,
        # The asking key is there, whatever a list says of whose it is.
        exists=True if mine is not None else (None if key.use is KeyUse.API else False),
        user=key.user or (mine.user if mine else None),
        active=None if mine is None else mine.status == "Active",
        created_at=mine.created_at if mine else None,
        used_at=key.used_at,
        use_known=key.use_known,
    )
