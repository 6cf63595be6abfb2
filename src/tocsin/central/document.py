"""What can be done with documents: merge, compare, show, store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base.secret import Secret
from tocsin.central.configuration import Ciphers, Configuration, RuleEntry, Smtp, TrustEntry
from tocsin.central.kinds import Kinds
from tocsin.central.problem import Invalid, Problem, join
from tocsin.central.reading import SET, Given
from tocsin.trust.anchor import check_anchor


def merge(current: Configuration, given: Given) -> Configuration:
    """The document after the change; it must hold together as a whole.

    Raises:
        Invalid: with every problem found.
    """
    parts = dict(given.parts)
    smtp: Smtp | None = parts.get("smtp")
    if smtp is not None and given.password_stays and current.smtp is not None and smtp.user:
        parts["smtp"] = smtp.model_copy(update={"password": current.smtp.password})
    if "trust" in parts:
        parts["trust"] = _keeping_origin(current.trust, parts["trust"])
    merged = current.model_copy(update=parts)
    problems = [*_relay_problems(merged), *_rule_problems(merged), *_new_anchors(current, merged)]
    if problems:
        raise Invalid(problems)
    return merged


def _keeping_origin(
    current: Sequence[TrustEntry], given: Sequence[TrustEntry]
) -> tuple[TrustEntry, ...]:
    """Who added a certificate, and when, stays true when the document is applied again."""
    known = {one.pem: one for one in current}
    return tuple(
        one.model_copy(
            update={"added_by": known[one.pem].added_by, "added_at": known[one.pem].added_at}
        )
        if one.pem in known
        else one
        for one in given
    )


def _relay_problems(merged: Configuration) -> Iterator[Problem]:
    smtp = merged.smtp
    if smtp is None:
        return
    if smtp.password is not None and smtp.encryption == "none":
        yield Problem(
            "smtp.encryption",
            "'none' would send the password in the clear",
            "starttls or smtps, or no user and password",
        )
    if smtp.user and smtp.password is None:
        yield Problem("smtp.password_file", "is missing: the user needs a password")
    if smtp.password is not None and not smtp.user:
        yield Problem("smtp.user", "is missing: a password is given")


def _rule_problems(merged: Configuration) -> Iterator[Problem]:
    names = {one.name for one in merged.actions}
    for place, rule in enumerate(merged.rules):
        for when in ("active", "inactive"):
            for at, action in enumerate(getattr(rule, when)):
                if action not in names:
                    yield Problem(
                        join("rules", place, when, at),
                        f"there is no action {action!r}",
                        ", ".join(sorted(names)),
                    )


def _new_anchors(current: Configuration, merged: Configuration) -> Iterator[Problem]:
    """A certificate that cannot verify anything is refused when it is added, not later."""
    known = {one.pem for one in current.trust}
    seen: dict[str, str] = {}
    for place, one in enumerate(merged.trust):
        if one.pem in seen:
            yield Problem(
                join("trust", place), f"is the same certificate as {seen[one.pem]!r}"
            )
        seen[one.pem] = one.name
        if one.pem not in known:
            for problem in check_anchor(one.anchor.certificate, one.added_at):
                yield Problem(join("trust", place), problem)


# Showing


def show(configuration: Configuration) -> dict[str, Any]:
    """The document in the form that `load` takes; secrets as ``set``."""
    smtp = configuration.smtp
    shown: dict[str, Any] = {
        "smtp": None if smtp is None else _show_smtp(smtp),
        "trust": [{"name": one.name, "pem": one.pem} for one in configuration.trust],
        "ciphers": configuration.ciphers.model_dump(exclude_none=True),
        "sources": [_dump(one) for one in configuration.sources],
        "actions": [_dump(one) for one in configuration.actions],
        "rules": [_dump(one) for one in configuration.rules],
    }
    return shown


def _show_smtp(smtp: Smtp) -> dict[str, Any]:
    shown = smtp.model_dump(by_alias=True, exclude={"password"}, exclude_none=True)
    if smtp.password is not None:
        shown["password_file"] = SET
    return shown


def _dump(one: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = one.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


# Comparing


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that a change makes another; secrets stand as ``set`` or ``another``."""

    path: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.path}: {self.after}"
        if not self.after:
            return f"{self.path}: removed ({self.before})"
        return f"{self.path}: {self.before} → {self.after}"


def diff(before: Configuration, after: Configuration) -> list[Difference]:
    """Everything that differs, in the order of the document."""
    found = list(_compare("smtp", _flat(before.smtp), _flat(after.smtp)))
    old = before.smtp.password if before.smtp else None
    new = after.smtp.password if after.smtp else None
    if old != new:
        found.append(
            Difference(
                "smtp.password",
                SET if old else "",
                ("another" if old else SET) if new else "",
            )
        )
    found += _compare_named("trust", before.trust, after.trust, _anchor_words)
    found += _compare("ciphers", before.ciphers.model_dump(), after.ciphers.model_dump())
    for part in ("sources", "actions", "rules"):
        found += _compare_named(part, getattr(before, part), getattr(after, part), _dump)
    return found


def _flat(smtp: Smtp | None) -> dict[str, Any]:
    return {} if smtp is None else smtp.model_dump(by_alias=True, exclude={"password"})


def _anchor_words(one: TrustEntry) -> dict[str, Any]:
    return {"certificate": one.anchor.certificate.sha256}


def _compare(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Difference(join(path, name), _word(old), _word(new))


def _compare_named(
    part: str,
    before: Sequence[Any],
    after: Sequence[Any],
    words: Callable[[Any], Mapping[str, Any]],
) -> Iterator[Difference]:
    old = {one.name: one for one in before}
    new = {one.name: one for one in after}
    for name, one in new.items():
        if name not in old:
            yield Difference(f"{part} {name}", "", "added")
        elif old[name] != one:
            yield from _compare(f"{part} {name}", words(old[name]), words(one))
    for name in old:
        if name not in new:
            yield Difference(f"{part} {name}", "was there", "")
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        yield Difference(f"{part} (order)", ", ".join(kept), ", ".join(new))


def _word(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


# Storing


def to_stored(
    configuration: Configuration, keep: Callable[[str, Secret], str]
) -> dict[str, Any]:
    """Plain data for a version's row; `keep` gives the id that stands for a secret."""
    smtp = configuration.smtp
    stored = show(configuration)
    stored["trust"] = [one.model_dump() for one in configuration.trust]
    if smtp is not None:
        stored["smtp"].pop("password_file", None)
        if smtp.password is not None:
            stored["smtp"]["password"] = keep("smtp.password", smtp.password)
    return stored


def from_stored(
    stored: Mapping[str, Any], fetch: Callable[[str], Secret], kinds: Kinds
) -> Configuration:
    """The inverse of `to_stored`: what was valid once is taken as it is."""
    smtp = stored["smtp"]
    if smtp is not None and "password" in smtp:
        smtp = {**smtp, "password": fetch(smtp["password"])}
    return Configuration(
        smtp=None if smtp is None else Smtp.model_validate(smtp),
        trust=tuple(TrustEntry.model_validate(one) for one in stored["trust"]),
        ciphers=Ciphers.model_validate(stored["ciphers"]),
        sources=tuple(
            kinds.sources[one["kind"]].settings.model_validate(one) for one in stored["sources"]
        ),
        actions=tuple(
            kinds.actions[one["kind"]].settings.model_validate(one) for one in stored["actions"]
        ),
        rules=tuple(RuleEntry.model_validate(one) for one in stored["rules"]),
    )
