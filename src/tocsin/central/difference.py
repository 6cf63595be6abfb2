"""What a change changes, in words: for Apply Settings, for the history, for a dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base.secret import Secret
from tocsin.central.arrival import Arrival
from tocsin.central.configuration import Configuration, TrustEntry
from tocsin.central.problem import join
from tocsin.central.relay import SET
from tocsin.central.ses import Ses
from tocsin.central.smtp import FurtherRelay, Relay

PRESENT = "present"
ADDED = "added"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that a change makes another; an empty one is not there.

    A secret stands as ``set`` or ``another``; a whole entry as ``present`` or ``added``.
    """

    path: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.path}: {self.after}"
        if not self.after:
            was = "" if self.before == PRESENT else f" (was {self.before})"
            return f"{self.path}: removed{was}"
        return f"{self.path}: {self.before} → {self.after}"


def diff(before: Configuration, after: Configuration) -> list[Difference]:
    """Everything that differs, in the order of the document; nothing when they mean the same.

    Who added a certificate, and when, is no setting and no difference.
    """
    found = list(_compare_relay("smtp", before.smtp, after.smtp))
    found += _compare_relays(before.relays, after.relays)
    found += _compare("outbox", before.outbox.model_dump(), after.outbox.model_dump())
    found += _compare_ses(before.ses, after.ses)
    found += _compare_arrival(before.arrival, after.arrival)
    found += _compare_named("trust", before.trust, after.trust, _anchor)
    found += _compare(
        "",
        {"trust_system_roots": before.trust_system_roots},
        {"trust_system_roots": after.trust_system_roots},
    )
    found += _compare("ciphers", before.ciphers.model_dump(), after.ciphers.model_dump())
    for part in ("sources", "actions", "rules"):
        found += _compare_named(part, getattr(before, part), getattr(after, part), _settings)
    return found


def _compare_relay(path: str, before: Relay | None, after: Relay | None) -> Iterator[Difference]:
    """Field by field, also when it is new or gone: what nobody set is then not told."""
    both = before is not None and after is not None
    yield from _compare(path, _said(before, whole=both), _said(after, whole=both))
    yield from _compare_secret(
        f"{path}.password",
        before.password if before else None,
        after.password if after else None,
    )


def _compare_ses(before: Ses | None, after: Ses | None) -> Iterator[Difference]:
    yield from _compare(
        "ses",
        before.model_dump(exclude={"secret_key"}, exclude_defaults=True) if before else {},
        after.model_dump(exclude={"secret_key"}, exclude_defaults=True) if after else {},
    )
    yield from _compare_secret(
        "ses.secret_key",
        before.secret_key if before else None,
        after.secret_key if after else None,
    )


def _compare_arrival(before: Arrival | None, after: Arrival | None) -> Iterator[Difference]:
    yield from _compare(
        "arrival",
        before.model_dump(exclude={"password"}, exclude_defaults=True) if before else {},
        after.model_dump(exclude={"password"}, exclude_defaults=True) if after else {},
    )
    yield from _compare_secret(
        "arrival.password",
        before.password if before else None,
        after.password if after else None,
    )


def _said(relay: Relay | None, *, whole: bool) -> dict[str, Any]:
    if relay is None:
        return {}
    return relay.model_dump(by_alias=True, exclude={"name", "password"}, exclude_defaults=not whole)


def _compare_relays(
    before: Sequence[FurtherRelay], after: Sequence[FurtherRelay]
) -> Iterator[Difference]:
    old = {one.name: one for one in before}
    for one in after:
        yield from _compare_relay(f"relays {one.name}", old.get(one.name), one)
    yield from _removed("relays", before, after)


def _anchor(one: TrustEntry) -> dict[str, Any]:
    knowingly = {"knowingly": True} if one.knowingly else {}
    return {"certificate": one.anchor.certificate.sha256, **knowingly}


def _settings(one: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = one.model_dump(mode="json", by_alias=True)
    return dumped


def _compare_secret(path: str, old: Secret | None, new: Secret | None) -> Iterator[Difference]:
    if old != new:
        after = "another" if old else SET
        yield Difference(path, SET if old else "", after if new else "")


def _compare(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Difference(join(path, name), words(old), words(new))


def _compare_named(
    part: str,
    before: Sequence[Any],
    after: Sequence[Any],
    fields: Callable[[Any], Mapping[str, Any]],
) -> Iterator[Difference]:
    old = {one.name: one for one in before}
    new = {one.name: one for one in after}
    for name, one in new.items():
        if name not in old:
            yield Difference(f"{part} {name}", "", ADDED)
        else:
            yield from _compare(f"{part} {name}", fields(old[name]), fields(one))
    yield from _removed(part, before, after)


def _removed(part: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    """What is gone, and another order of what stays."""
    old, new = ({one.name: None for one in entries} for entries in (before, after))
    for name in old:
        if name not in new:
            yield Difference(f"{part} {name}", PRESENT, "")
    old_order = [name for name in old if name in new]
    new_order = [name for name in new if name in old]
    if old_order != new_order:
        yield Difference(f"{part} (order)", words(old_order), words(new_order))


def words(value: object) -> str:
    """A setting's value as a person reads it; empty when it is not set."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        inner = "; ".join(f"{name}: {words(one)}" for name, one in value.items())
        return inner or "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value)) or "none"
    return str(value) or '""'
