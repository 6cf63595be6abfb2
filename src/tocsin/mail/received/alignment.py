"""Whether what was authenticated is the domain that the reader sees (RFC 7489 section 3.1).

DMARC speaks of organisational domains, which take a list of public suffixes to tell. Without
one, two domains are surely of one organisation when one lies above the other; two that only
share a parent may be, or may be strangers under one suffix: that is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import getaddresses
from enum import StrEnum

from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.record import NOT_ASKED, Answers, record_name
from tocsin.mail.received.tags import read_tags

_FEWEST_LABELS = 2
_MOST_LABELS = 8


class Relation(StrEnum):
    """How two domains stand to each other."""

    STRICT = "strict"
    """They are the same."""
    RELAXED = "relaxed"
    """One lies above the other."""
    POSSIBLE = "possible"
    """They share a parent, which may be an organisation's or a public suffix."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """A domain's DMARC record; `found_at` is the domain that has it."""

    found_at: str
    policy: str
    strict_dkim: bool
    strict_spf: bool


@dataclass(frozen=True, slots=True)
class Aligned:
    """One authenticated domain, and what authenticating it came to.

    `word_of` is whose word that is: ``verified`` (by us) or ``receiver``.
    """

    method: str
    domain: str
    result: str
    relation: Relation
    word_of: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """DMARC as computed from what is known: ``pass``, ``fail`` or ``unknown``."""

    domain: str
    policy: Policy | None
    policy_silence: str
    parts: tuple[Aligned, ...]
    result: str


def author_domain(message: ReceivedMessage) -> str:
    """The domain of the only address in From; empty where there are several or none."""
    fields = message.values("from")
    if len(fields) != 1:
        return ""
    domains = {
        address.rpartition("@")[2].lower() for _, address in getaddresses(fields) if "@" in address
    }
    return domains.pop().rstrip(".") if len(domains) == 1 else ""


def relate(one: str, other: str) -> Relation:
    """How two domains stand to each other."""
    first, second = one.lower().rstrip(".").split("."), other.lower().rstrip(".").split(".")
    if first == second and first != [""]:
        return Relation.STRICT
    shared = 0
    for left, right in zip(reversed(first), reversed(second), strict=False):
        if left != right:
            break
        shared += 1
    if shared < _FEWEST_LABELS:
        return Relation.NONE
    return Relation.RELAXED if shared == min(len(first), len(second)) else Relation.POSSIBLE


def policy_names(domain: str) -> list[str]:
    """Where the policy of a domain may stand: its own, then those above it."""
    labels = domain.split(".")[-_MOST_LABELS:]
    above = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return [name for one in above if (name := record_name("_dmarc", one)) is not None]


def find_policy(domain: str, answers: Answers) -> tuple[Policy | None, str]:
    """The policy of a domain, and why it is not known where DNS was silent."""
    for name in policy_names(domain):
        answer = answers.get(name, NOT_ASKED)
        if answer.silence:
            return None, answer.silence
        for text in answer.texts:
            tags = read_tags(text)
            if tags.get("v", "").upper() == "DMARC1":
                return _policy(name, domain, tags), ""
    return None, ""


def _policy(name: str, domain: str, tags: dict[str, str]) -> Policy:
    found_at = name.removeprefix("_dmarc.")
    word = tags.get("p", "none")
    if found_at != domain:
        word = tags.get("sp", word)
    return Policy(
        found_at, word.lower(), tags.get("adkim", "r") == "s", tags.get("aspf", "r") == "s"
    )


def judge(
    domain: str, parts: Iterable[Aligned], policy: Policy | None, silence: str, *, whole: bool
) -> Alignment:
    """DMARC of what was authenticated; `whole`: every part has been checked."""
    parts = tuple(parts)
    verdicts = [_counts(one, policy) for one in parts]
    if True in verdicts:
        result = "pass"
    elif whole and domain and None not in verdicts:
        result = "fail"
    else:
        result = "unknown"
    return Alignment(domain, policy, silence, parts, result)


def _counts(part: Aligned, policy: Policy | None) -> bool | None:
    """Whether a part makes DMARC pass; None where that cannot be told."""
    if part.result != "pass":
        return False
    strict = policy is not None and (
        policy.strict_dkim if part.method == "dkim" else policy.strict_spf
    )
    if strict:
        return part.relation is Relation.STRICT
    return {Relation.NONE: False, Relation.POSSIBLE: None}.get(part.relation, True)
