"""ARC chains (RFC 8617): what forwarders found out, sealed by one after the other.

A chain proves that nobody changed what each sealer wrote. Whether the sealers tell the truth
is a question of trust in them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from tocsin.mail.received.checker import Checker, Unreadable
from tocsin.mail.received.dkim import Finder
from tocsin.mail.received.key import NoKey
from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.record import Answers
from tocsin.mail.received.results import AuthenticationResults, read_results
from tocsin.mail.received.signature import Signature, read_signature

_T = TypeVar("_T")

_MOST_SETS = 50
"""RFC 8617 section 4.2.1."""


class ChainResult(StrEnum):
    """What became of a chain; `UNCHECKED` where a key was not to be had."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 -- a result
    FAIL = "fail"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class ArcSet:
    """What one sealer added. A part that is missing is None.

    `seal_holds` and `message_holds` are None where that was not checked. An older message
    signature need not hold: a later forwarder may have changed the message.
    """

    instance: int
    seal: Signature | None
    message: Signature | None
    results: AuthenticationResults | None
    seal_holds: bool | None = None
    message_holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The sets, oldest first, and whether the whole chain holds; `reason` says why not."""

    sets: tuple[ArcSet, ...]
    result: ChainResult
    reason: str = ""


@dataclass(slots=True)
class _Parts:
    """Fields of one instance as they are gathered."""

    seals: list[Signature]
    messages: list[Signature]
    results: list[AuthenticationResults]


def read_sets(message: ReceivedMessage) -> tuple[tuple[ArcSet, ...], str]:
    """The sets of a message, oldest first, and what is wrong with how they stand."""
    parts: dict[int, _Parts] = {}
    unnumbered = False
    for field in message.fields:
        if not field.key.startswith("arc-"):
            continue
        found = _read(field.key, field.value)
        if found is None:
            continue
        number = found.instance
        if number is None:
            unnumbered = True
            continue
        own = parts.setdefault(number, _Parts([], [], []))
        if isinstance(found, AuthenticationResults):
            own.results.append(found)
        else:
            (own.seals if field.key == "arc-seal" else own.messages).append(found)
    problem = "a field of the chain has no number" if unnumbered else _problem(parts)
    sets = tuple(
        ArcSet(number, _one(own.seals), _one(own.messages), _one(own.results))
        for number, own in sorted(parts.items())[:_MOST_SETS]
    )
    return sets, problem


def signatures_of(sets: tuple[ArcSet, ...]) -> list[Signature]:
    """All seals and message signatures."""
    return [part for one in sets for part in (one.seal, one.message) if part is not None]


def check_arc(message: ReceivedMessage, answers: Answers) -> Chain:
    """The chain of a message, verified as RFC 8617 section 5.2 says."""
    sets, problem = read_sets(message)
    if not sets and not problem:
        return Chain((), ChainResult.NONE)
    if problem:
        return Chain(sets, ChainResult.FAIL, problem)
    newest = sets[-1]
    if newest.seal is not None and newest.seal.seal == "fail":
        return Chain(sets, ChainResult.FAIL, f"set {newest.instance} says that it was broken")
    try:
        checker = Checker(message, Finder(answers), 2 * len(sets))
    except Unreadable as error:
        return Chain(sets, ChainResult.UNCHECKED, str(error))
    checked, unchecked = [], ""
    for one in sets:
        try:
            message_holds, seal_holds = checker.arc(one.instance)
        except (NoKey, Unreadable) as error:
            # A key that is gone is no sign that somebody changed something: keys are renewed.
            unchecked = unchecked or f"set {one.instance}: {error}"
            checked.append(one)
        else:
            checked.append(replace(one, seal_holds=seal_holds, message_holds=message_holds))
    return _judge(tuple(checked), unchecked)


def _read(key: str, value: str) -> Signature | AuthenticationResults | None:
    if key == "arc-authentication-results":
        return read_results(value)
    return read_signature(value) if key in {"arc-seal", "arc-message-signature"} else None


def _one(found: list[_T]) -> _T | None:
    return found[0] if found else None


def _problem(parts: dict[int, _Parts]) -> str:
    """What breaks a chain before any signature is looked at."""
    if parts and sorted(parts) != list(range(1, len(parts) + 1)):
        return "the sets are not numbered one after the other"
    if len(parts) > _MOST_SETS:
        return "there are more sets than a chain may have"
    for number, own in sorted(parts.items()):
        if not (len(own.seals) == len(own.messages) == len(own.results) == 1):
            return f"set {number} is not whole"
        expected = {"none"} if number == 1 else {"pass", "fail"}
        if own.seals[0].seal not in expected:
            return f"the seal of set {number} says cv={own.seals[0].seal[:20] or 'nothing'}"
    return ""


def _judge(sets: tuple[ArcSet, ...], unchecked: str) -> Chain:
    for one in reversed(sets):
        if one.seal_holds is False:
            return Chain(sets, ChainResult.FAIL, f"the seal of set {one.instance} does not hold")
    if sets[-1].message_holds is False:
        return Chain(sets, ChainResult.FAIL, "the newest message signature does not hold")
    if unchecked:
        return Chain(sets, ChainResult.UNCHECKED, unchecked)
    return Chain(sets, ChainResult.PASS)
