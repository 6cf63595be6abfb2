"""What a look at the account gives: facts alone, as they are stored and judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.clock import Instant
from tocsin.faults.fault import Finding
from tocsin.ses import account as api
from tocsin.ses.account import Account, Identity, IdentityDetail, Rates, Suppressed
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed
from tocsin.ses.keys import KeySeen, KeyUse, look_at_keys
from tocsin.ses.sandbox import closest, unverified

_KEY = re.compile(r"AKIA[A-Z0-9]{12,124}")
"""What IAM takes for the id of an access key; it refuses to be asked about anything else."""
_MOST_IDENTITIES = 200
"""Identities that are kept to be shown; all are judged."""


@dataclass(frozen=True, slots=True)
class Way:
    """A relay whose mail goes into the account: what it is called, sends from, signs in as."""

    relay: str
    sender: str
    user: str


@dataclass(frozen=True, slots=True)
class Interest:
    """What Tocsin wants to know of an account."""

    region: str
    access_key: str
    ways: tuple[Way, ...]
    recipients: tuple[str, ...]
    """Everybody whom actions send to."""
    key_age_days: int


@dataclass(frozen=True, slots=True)
class Sender:
    """A relay's From address, and the identity that covers it as far as it was seen."""

    relay: str
    address: str
    identity: str | None
    """The identity that speaks for the address, verified or not; None when none does."""
    detail: IdentityDetail | None
    """None where there is no identity, or the key may not look at it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look; None wherever the key may not see."""

    region: str
    at: Instant
    account: Account | None
    rates: Rates | None
    identities: tuple[Identity, ...] | None
    """The first 200, by name."""
    identity_count: int | None
    senders: tuple[Sender, ...] | None
    refused: tuple[str, ...] | None
    """Recipients that the sandbox would refuse; empty out of it."""
    suppressed: tuple[Suppressed, ...] | None
    """Entries of the account's suppression list that an action sends to."""
    suppressed_count: int | None
    """Entries of the whole list."""
    keys: tuple[KeySeen, ...]
    missing: tuple[str, ...]
    """IAM actions that the key would need to see the rest."""


def look(aws: Aws, interest: Interest, at: Instant) -> Seen:
    """Ask for everything that the key may see.

    Raises:
        AwsFailure: the account could not be asked; not for what the key may not see.
    """
    try:
        return _look(aws, interest, at)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # Something else than the API answered, or the API as it is not described.
        facts = {"action": "the look at the account", "reason": "an answer cannot be read"}
        raise AwsFailure(Finding("aws.unavailable", facts)) from error


def _look(aws: Aws, interest: Interest, at: Instant) -> Seen:
    found = api.overview(aws)
    missing = list(found.missing)
    senders = None
    if found.identities is not None:
        senders = tuple(_sender(aws, one, found.identities, missing) for one in interest.ways)
    sandboxed = None if found.account is None else not found.account.production_access
    refused: tuple[str, ...] | None = () if sandboxed is False else None
    if sandboxed and found.identities is not None:
        refused = unverified(interest.recipients, found.identities)
    keys = look_at_keys(aws, _keys(interest))
    return Seen(
        region=interest.region,
        at=at,
        account=found.account,
        rates=found.rates,
        identities=_first(found.identities),
        identity_count=None if found.identities is None else len(found.identities),
        senders=senders,
        refused=refused,
        suppressed=_ours(found.suppressed, interest.recipients),
        suppressed_count=None if found.suppressed is None else len(found.suppressed),
        keys=keys.keys,
        missing=tuple(dict.fromkeys((*missing, *keys.missing))),
    )


def _keys(interest: Interest) -> tuple[tuple[str, KeyUse, str], ...]:
    """The keys to look at, each once; only names in the form of access keys are any."""
    wanted = {
        one.user: (one.user, KeyUse.SMTP, one.relay)
        for one in reversed(interest.ways)
        if _KEY.fullmatch(one.user)
    }
    wanted.setdefault(interest.access_key, (interest.access_key, KeyUse.API, ""))
    return tuple(wanted.values())


def _sender(aws: Aws, way: Way, identities: Sequence[Identity], missing: list[str]) -> Sender:
    identity = closest(way.sender, identities)
    if identity is None:
        return Sender(way.relay, way.sender, None, None)
    try:
        detail = api.identity(aws, identity.name)
    except NotAllowed as refusal:
        missing.append(refusal.action)
        detail = None
    return Sender(way.relay, way.sender, identity.name, detail)


def _first(identities: Sequence[Identity] | None) -> tuple[Identity, ...] | None:
    if identities is None:
        return None
    return tuple(sorted(identities, key=lambda one: one.name)[:_MOST_IDENTITIES])


def _ours(
    suppressed: Sequence[Suppressed] | None, recipients: Sequence[str]
) -> tuple[Suppressed, ...] | None:
    if suppressed is None:
        return None
    wanted = {one.lower() for one in recipients}
    return tuple(one for one in suppressed if one.address.lower() in wanted)
