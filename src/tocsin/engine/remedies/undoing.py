"""Taking one change back, whatever else was changed since: a three-way comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.central.configuration import Configuration
from tocsin.central.shown import show_relay
from tocsin.central.smtp import FIRST, FurtherRelay, Smtp
from tocsin.engine.errors import Conflict
from tocsin.engine.remedies.anchor import kept


def undoing(before: Configuration, after: Configuration, latest: Configuration) -> dict[str, Any]:
    """The parts of a document that make of `latest` what the change made to `after` undone.

    Only what `after` has otherwise than `before` is touched, a password included; without
    another change since, `before` comes of it.

    Raises:
        Conflict: the same thing was changed again since; the message names it.
    """
    parts: dict[str, Any] = {}
    if before.ciphers != after.ciphers:
        if latest.ciphers != after.ciphers:
            raise _changed_again("the cipher policy")
        parts["ciphers"] = before.ciphers.model_dump(exclude_none=True)
    if before.trust != after.trust:
        parts["trust"] = _trust(before, after, latest)
    if before.smtp is not None and after.smtp is not None and before.smtp != after.smtp:
        if latest.smtp is None:
            raise _changed_again("the SMTP server")
        parts[FIRST] = _relay(before.smtp, after.smtp, latest.smtp)
    if before.relays != after.relays:
        parts["relays"] = _relays(before, after, latest)
    return parts


def _changed_again(what: str) -> Conflict:
    return Conflict(f"{what} was changed again since; nothing was undone")


def _trust(
    before: Configuration, after: Configuration, latest: Configuration
) -> list[dict[str, object]]:
    """Without the certificates that the change added."""
    old = {one.pem for one in before.trust}
    added = {one.pem: one.name for one in after.trust if one.pem not in old}
    held = {one.pem for one in latest.trust}
    for pem, name in added.items():
        if pem not in held:
            raise _changed_again(f"the certificate {name}")
    return kept([one for one in latest.trust if one.pem not in added])


def _relays(
    before: Configuration, after: Configuration, latest: Configuration
) -> list[Mapping[str, Any]]:
    old = {one.name: one for one in before.relays}
    new = {one.name: one for one in after.relays}
    altered = {name for name, one in new.items() if name in old and old[name] != one}
    missing = altered - {one.name for one in latest.relays}
    if missing:
        raise _changed_again(f"the relay {min(missing)}")
    return [
        _relay(old[one.name], new[one.name], one) if one.name in altered else show_relay(one)
        for one in latest.relays
    ]


def _relay(
    before: Smtp | FurtherRelay, after: Smtp | FurtherRelay, latest: Smtp | FurtherRelay
) -> dict[str, Any]:
    """The relay as it is, with the fields of `before` where the change altered them."""
    fields = show_relay(latest)
    for name, info in type(before).model_fields.items():
        was, became = getattr(before, name), getattr(after, name)
        if was == became:
            continue
        written = info.alias or name
        if getattr(latest, name) != became:
            raise _changed_again(f"{written.replace('_', ' ')} of the relay {latest.name}")
        fields[written] = was
    return fields
