"""What a change changes, in words: for Apply Settings, for the history, for a dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration, Smtp, TrustEntry
from tocsin.central.problem import join
from tocsin.central.relay import SET

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
    old_smtp, new_smtp = _relay(before.smtp), _relay(after.smtp)
    found = list(_compare("smtp", old_smtp, new_smtp))
    found += _compare_secret(
        "smtp.password",
        before.smtp.password if before.smtp else None,
        after.smtp.password if after.smtp else None,
    )
    found += _compare_named("trust", before.trust, after.trust, _anchor)
    found += _compare("ciphers", before.ciphers.model_dump(), after.ciphers.model_dump())
    for part in ("sources", "actions", "rules"):
        found += _compare_named(part, getattr(before, part), getattr(after, part), _settings)
    return found


def _relay(smtp: Smtp | None) -> dict[str, Any]:
    return {} if smtp is None else smtp.model_dump(by_alias=True, exclude={"password"})


def _anchor(one: TrustEntry) -> dict[str, Any]:
    return {"certificate": one.anchor.certificate.sha256}


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
