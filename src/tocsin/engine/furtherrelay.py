"""A relay after the first, as a page changes it: each is a change of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.central.document import show
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import entry
from tocsin.engine.configuration import Changed, change, current


def put_relay(
    principal: Principal,
    relay: Mapping[str, Any],
    *,
    replaces: str | None = None,
    expected: int | None = None,
    dry_run: bool = False,
) -> Changed:
    """Add a relay after all others, or replace the one named; its password goes along.

    Raises: as `change`; NotFound when there is nothing to replace.
    """
    require(principal, Permission.ADMINISTER)
    latest = current()
    known = {one.name: one.password for one in latest.configuration.relays}
    if replaces not in {None, relay.get("name")} and "password" not in relay:
        # A password is kept under its relay's name: under a new one it is said again.
        relay = {**relay, "password": known.get(str(replaces))}
    relays = entry.put(show(latest.configuration)["relays"], relay, "relay", replaces)
    return change(
        principal,
        {"relays": relays},
        expected=latest.number if expected is None else expected,
        dry_run=dry_run,
    )


def remove_relay(
    principal: Principal, name: str, *, expected: int | None = None, dry_run: bool = False
) -> Changed:
    """Remove a relay, and its password with it.

    Raises: as `change`; NotFound.
    """
    require(principal, Permission.ADMINISTER)
    latest = current()
    relays = entry.without(show(latest.configuration)["relays"], "relay", name)
    return change(
        principal,
        {"relays": relays},
        expected=latest.number if expected is None else expected,
        dry_run=dry_run,
    )
