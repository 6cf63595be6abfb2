"""What Tocsin wants to know of the account that the configuration names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import astuple

from tocsin.central.configuration import Configuration
from tocsin.central.smtp import FurtherRelay, Smtp
from tocsin.ses.region import region_of_host
from tocsin.ses.seen import Interest, Way

_ADDRESSED = ("to", "cc", "bcc")
"""Fields of an action that name whom it sends to."""


def relays_of_account(configuration: Configuration) -> tuple[Smtp | FurtherRelay, ...]:
    """The relays whose mail goes into the account: by their server's name, or as was said."""
    ses = configuration.ses
    if ses is None:
        return ()
    return tuple(
        one
        for one in configuration.every_relay
        if one.name == ses.relay or region_of_host(one.server) == ses.region
    )


def interest_of(configuration: Configuration) -> Interest | None:
    """What a look is to find out; None without a key to look with."""
    ses = configuration.ses
    if ses is None or ses.access_key is None or ses.secret_key is None:
        return None
    first = configuration.smtp.sender if configuration.smtp is not None else ""
    return Interest(
        region=ses.region,
        access_key=ses.access_key,
        ways=tuple(
            Way(one.name, one.sender or first, one.user or "")
            for one in relays_of_account(configuration)
        ),
        recipients=tuple(dict.fromkeys(_recipients(configuration))),
        key_age_days=ses.key_age_days,
    )


def basis_of(interest: Interest) -> str:
    """Changes with whatever would have a look find something else to see to."""
    return hashlib.sha256(repr(astuple(interest)).encode()).hexdigest()


def _recipients(configuration: Configuration) -> Iterator[str]:
    for action in configuration.actions:
        if getattr(action, "enabled", True):
            for field in _ADDRESSED:
                yield from getattr(action, field, ())
