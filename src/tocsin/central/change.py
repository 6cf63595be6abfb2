"""A change of the document: parts that are given are made so, the result is checked whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from tocsin.base.clock import Instant
from tocsin.base.secret import Secret
from tocsin.central.arrival import check_arrival, with_password
from tocsin.central.configuration import Configuration, TrustEntry
from tocsin.central.problem import Invalid, Problem, join
from tocsin.central.reading import Given
from tocsin.central.relay import check_sign_in
from tocsin.central.ses import check_key, with_secret_key
from tocsin.central.smtp import FIRST, FurtherRelay, Smtp
from tocsin.trust.anchor import check_new_anchor

_Relay = TypeVar("_Relay", Smtp, FurtherRelay)


def merge(current: Configuration, given: Given) -> Configuration:
    """The document after the change; it must hold together as a whole.

    Raises:
        Invalid: with every problem found.
    """
    parts = dict(given.parts)
    known = {one.name: one.password for one in current.every_relay if one.name in given.kept}
    if parts.get("smtp") is not None:
        parts["smtp"] = _with_password(parts["smtp"], known)
    if "relays" in parts:
        parts["relays"] = tuple(_with_password(one, known) for one in parts["relays"])
    if parts.get("ses") is not None and given.keeps_ses_key and current.ses is not None:
        parts["ses"] = with_secret_key(parts["ses"], current.ses.secret_key)
    if parts.get("arrival") is not None and given.keeps_mailbox_password and current.arrival:
        parts["arrival"] = with_password(parts["arrival"], current.arrival.password)
    if "trust" in parts:
        parts["trust"] = _keeping_origin(current.trust, parts["trust"])
    merged = current.model_copy(update=parts)
    problems = [
        *_relay_problems(merged),
        *(check_key(merged.ses) if merged.ses is not None else ()),
        *_arrival_problems(merged),
        *_anchor_problems(current, merged, given.at),
        *_rule_problems(merged),
    ]
    if problems:
        raise Invalid(problems)
    return merged


def _with_password(given: _Relay, known: Mapping[str, Secret | None]) -> _Relay:
    """The relay with the password that stays; without a user none does."""
    password = known.get(given.name)
    if password is None or not given.user:
        return given
    return given.model_copy(update={"password": password})


def _relay_problems(merged: Configuration) -> Iterator[Problem]:
    if merged.smtp is not None:
        yield from check_sign_in(FIRST, merged.smtp)
    elif merged.relays:
        yield Problem(FIRST, "is not set, and relays stand after it", "relays: [] beside it")
    for place, one in enumerate(merged.relays):
        yield from check_sign_in(join("relays", place), one)


def _arrival_problems(merged: Configuration) -> Iterator[Problem]:
    if merged.arrival is not None:
        yield from check_arrival(merged.arrival, tuple(one.name for one in merged.every_relay))


def _keeping_origin(
    current: Sequence[TrustEntry], given: Sequence[TrustEntry]
) -> tuple[TrustEntry, ...]:
    """Who added a certificate, when and from where stays true when it is applied again."""
    known = {one.pem: one for one in current}
    return tuple(
        one.model_copy(
            update={
                "added_by": known[one.pem].added_by,
                "added_at": known[one.pem].added_at,
                "origin": known[one.pem].origin,
            }
        )
        if one.pem in known
        else one
        for one in given
    )


def _anchor_problems(
    current: Configuration, merged: Configuration, at: Instant
) -> Iterator[Problem]:
    """A certificate that hardly anybody means to trust is refused when it is added.

    One that expires later stays: refusing every change until somebody removes it would
    help nobody.
    """
    known = {one.pem for one in current.trust}
    seen: dict[str, str] = {}
    for place, one in enumerate(merged.trust):
        if one.pem in seen:
            yield Problem(join("trust", place), f"is the same certificate as {seen[one.pem]!r}")
        seen.setdefault(one.pem, one.name)
        if one.pem not in known:
            certificate = one.anchor.certificate
            for problem in check_new_anchor(certificate, at, knowingly=one.knowingly):
                helps = not check_new_anchor(certificate, at, knowingly=True)
                yield Problem(join("trust", place), problem, "knowingly: true" if helps else "")


def _rule_problems(merged: Configuration) -> Iterator[Problem]:
    names = {one.name for one in merged.actions}
    for place, rule in enumerate(merged.rules):
        for when in ("active", "inactive"):
            linked: tuple[str, ...] = getattr(rule, when)
            for at, action in enumerate(linked):
                path = join("rules", place, when, at)
                if action not in names:
                    accepted = ", ".join(sorted(names)) or "none: there are no actions"
                    yield Problem(path, f"there is no action {action!r}", accepted)
                elif action in linked[:at]:
                    yield Problem(path, f"{action!r} stands there twice", "each action once")
