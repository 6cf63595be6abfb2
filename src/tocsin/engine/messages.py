"""Verifying a received message in a manager: with its name servers, its store, its rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import rehearsal
from tocsin.engine.errors import Refused
from tocsin.engine.ours import Ours, belonging, find_ours
from tocsin.engine.recordlookup import FromDns, FromRecords, Lookup
from tocsin.engine.verdict import Statement, state
from tocsin.engine.verifiedjson import verified_json
from tocsin.engine.verify import Verified, verify
from tocsin.faults.fault import Finding
from tocsin.mail.received.message import NotMessage
from tocsin.mail.received.record import read_records

_HEAD = 65_536
_REHEARSAL_KEYS = "dns.json"


@dataclass(frozen=True, slots=True)
class VerifiedHere:
    """A verified message, what is said of it, and which delivery of ours it is."""

    found: Verified
    verdict: tuple[Statement, ...]
    ours: Ours | None

    def to_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return verified_json(self.found, self.verdict, self.ours)


def verify_message(
    principal: Principal, content: bytes, lookup: Lookup | None = None
) -> VerifiedHere:
    """Verify a message with the keys that DNS has; nothing of it is kept.

    A mail that says it is of a rehearsal is verified with the keys of the rehearsal relay,
    where that runs. `lookup` takes the place of both.

    Raises:
        NotPermitted: the role may not read.
        Refused: it is no message.
    """
    require(principal, Permission.READ)
    try:
        found = verify(content, lookup or _rehearsed(content) or FromDns())
    except NotMessage as error:
        facts = {"field": "The message", "problem": f"cannot be read: {error}"}
        raise Refused(Finding("input.invalid", facts)) from None
    ours = find_ours(principal, found.message)
    return VerifiedHere(found, (belonging(ours), *state(found)), ours)


def _rehearsed(content: bytes) -> Lookup | None:
    if b"\nX-Rehearsal:" not in b"\n" + content[:_HEAD]:
        return None
    facts = rehearsal.facts()
    if facts is None:
        return None
    try:
        records = read_records((facts.inbox / _REHEARSAL_KEYS).read_text())
    except (OSError, ValueError):
        return None
    return FromRecords(records, "the rehearsal relay")
