"""What a chain has other than the one before it, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.clock import rfc3339
from tocsin.trust.certificate import Certificate

SENTENCES = (
    RENEWED := "The server's certificate was renewed with its key: valid until {new}, "
    "the one before until {old}.",
    REPLACED := "The server's certificate is another one with another key: valid until {new}, "
    "the one before until {old}.",
    RENAMED := "The server's certificate is made out for {new}, not {old}.",
    REISSUED := "It was issued by {new}, not by {old}.",
    JOINED := "{new} is presented with it.",
    LEFT := "{old} is no longer presented with it.",
    REORDERED
    := "The same certificates are presented in another order, or another number of times.",
    UNREADABLE := "It differs in certificates that cannot be read.",
)
"""Every sentence, for translation: ``{new}`` and ``{old}`` are names and days."""


@dataclass(frozen=True, slots=True)
class Change:
    """One of `SENTENCES` with what it is about."""

    sentence: str
    facts: Mapping[str, str]

    def __str__(self) -> str:
        """The sentence in English."""
        return self.sentence.format_map(self.facts)


def changes(before: Sequence[Certificate], after: Sequence[Certificate]) -> list[Change]:
    """How a chain (leaf first) differs from the one before it; both hold what is readable."""
    if not before or not after:
        return [Change(UNREADABLE, {})]
    found = [*_leaf(before[0], after[0]), *_others(before[1:], after[1:])]
    if found:
        return found
    same = [one.sha256 for one in before] == [one.sha256 for one in after]
    return [Change(UNREADABLE if same else REORDERED, {})]


def _leaf(old: Certificate, new: Certificate) -> Iterator[Change]:
    if old.sha256 == new.sha256:
        return
    days = {"new": rfc3339(new.not_after)[:10], "old": rfc3339(old.not_after)[:10]}
    yield Change(RENEWED if old.key_sha256 == new.key_sha256 else REPLACED, days)
    if set(old.names) != set(new.names):
        yield Change(RENAMED, {"new": _names(new), "old": _names(old)})
    if old.issuer_id != new.issuer_id:
        yield Change(REISSUED, {"new": new.issuer, "old": old.issuer})


def _others(old: Sequence[Certificate], new: Sequence[Certificate]) -> Iterator[Change]:
    had, has = {one.sha256 for one in old}, {one.sha256 for one in new}
    for one in new:
        if one.sha256 not in had:
            yield Change(JOINED, {"new": _described(one)})
    for one in old:
        if one.sha256 not in has:
            yield Change(LEFT, {"old": _described(one)})


def _names(certificate: Certificate) -> str:
    shown = certificate.names[:3]
    return ", ".join(shown) + (" …" if len(certificate.names) > len(shown) else "") or "nobody"


def _described(certificate: Certificate) -> str:
    """A root and its cross-signed twin have one name: the fingerprint tells them apart."""
    return f"{certificate.title} ({certificate.sha256[:8]})"
