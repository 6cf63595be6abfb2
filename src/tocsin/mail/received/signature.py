"""The signatures of a message: DKIM (RFC 6376), and those inside ARC sets, which are alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.clock import SECOND, Instant
from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.record import record_name
from tocsin.mail.received.tags import read_tags, without_blanks

MOST = 20
"""Signatures that are looked at; a message has two or three."""

_LAST_SECOND = 253_402_300_799
"""The end of the year 9999: later times cannot be told."""


class Outcome(StrEnum):
    """What verifying came to, in the words of RFC 8601 section 2.7.1."""

    PASS = "pass"  # noqa: S105 -- a result
    FAIL = "fail"
    POLICY = "policy"
    """It holds, but must not be taken: a short key, an outdated algorithm, out of time."""
    TEMPERROR = "temperror"
    """It could not be checked now."""
    PERMERROR = "permerror"
    """It can never be checked: no key, unreadable."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it stands. `length` is ``l=``: octets of the body that it covers."""

    domain: str
    selector: str
    identity: str
    algorithm: str
    canonicalization: str
    signed: tuple[str, ...]
    signed_at: Instant | None
    expires_at: Instant | None
    length: int | None
    seal: str
    """Of an ARC seal: its ``cv=``."""
    instance: int | None
    """Of an ARC field: its ``i=``."""

    @property
    def record(self) -> str | None:
        """The name of the key's record; None where it can be none."""
        return record_name(self.selector, "_domainkey", self.domain)


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature and whether it holds. `reason` says why not, or what to mind."""

    signature: Signature
    outcome: Outcome
    reason: str = ""
    key_bits: int | None = None
    key_kind: str = ""

    @property
    def holds(self) -> bool:
        """Whether it proves anything."""
        return self.outcome is Outcome.PASS


def read_signatures(message: ReceivedMessage) -> tuple[Signature, ...]:
    """The DKIM signatures, topmost first."""
    return tuple(map(read_signature, message.values("dkim-signature")[:MOST]))


def read_signature(value: str) -> Signature:
    """Read a signature field; what is missing or odd stays empty."""
    tags = read_tags(value)
    names = without_blanks(tags.get("h", "")).lower().split(":")
    return Signature(
        domain=without_blanks(tags.get("d", "")).lower(),
        selector=without_blanks(tags.get("s", "")),
        identity=without_blanks(tags.get("i", "")),
        algorithm=tags.get("a", ""),
        canonicalization=tags.get("c", "simple/simple"),
        signed=tuple(one for one in dict.fromkeys(names) if one),
        signed_at=_instant(tags.get("t", "")),
        expires_at=_instant(tags.get("x", "")),
        length=_number(tags.get("l", "")),
        seal=tags.get("cv", "").lower(),
        instance=_number(tags.get("i", "")),
    )


def record_names(signatures: Iterable[Signature]) -> set[str]:
    """The names of the keys that verifying these needs."""
    return {name for one in signatures if (name := one.record) is not None}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None  # noqa: PLR2004 -- fits


def _instant(text: str) -> Instant | None:
    seconds = _number(text)
    return None if seconds is None or seconds > _LAST_SECOND else seconds * SECOND
