"""What relays presented over time, for whoever wants to see it; and asking for a look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.base.home import Home
from tocsin.central.smtp import REHEARSAL
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import appliance, nudge
from tocsin.engine.chainchange import Change, changes
from tocsin.engine.chainledger import is_encrypted, watched
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.engine.relay import relays
from tocsin.engine.trusted import trusted_anchors
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.mail.relay import RelaySettings
from tocsin.store.models import ChainLook, ChainSeen
from tocsin.store.queries import chains
from tocsin.trust.certificate import Certificate
from tocsin.trust.verdict import readable

RESPONDER = "responder"


@dataclass(frozen=True, slots=True)
class Entry:
    """A chain that an address presented from one look until another."""

    first_seen_at: Instant
    last_seen_at: Instant
    present: bool
    """Presented now, as far as is known: when the address was reached last."""
    chain: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    trusted: bool
    explained: Explained | None
    """Why it did not verify."""
    anchor: str | None
    """SHA-256 of the certificate that carried it."""
    anchor_name: str
    """What the trust store calls that now; empty when it is not in it."""
    changes: tuple[Change, ...]
    """What it has other than the one before; empty for the first."""

    @property
    def leaf(self) -> Certificate | None:
        """The server's own certificate, where it can be read."""
        return self.certificates[0] if self.certificates else None


@dataclass(frozen=True, slots=True)
class Line:
    """The history of one address, the newest first."""

    address: str
    known: bool
    """Whether the last look found it under the relay's name, if there was one."""
    explained: Explained | None
    """Why the last look did not reach it."""
    entries: tuple[Entry, ...]
    older: int
    """How many entries there are beyond these."""


@dataclass(frozen=True, slots=True)
class History:
    """What a relay presented, and when that was looked at."""

    relay: str
    host: str
    port: int
    configured: bool
    """Whether it is watched; else this is what it was."""
    looked_at: Instant | None
    next_look_at: Instant | None
    looking: bool
    """Somebody looks just now."""
    explained: Explained | None
    """Why the last look reached no address."""
    lines: tuple[Line, ...]


Place = tuple[str, str, int]
"""A relay's name, its server and port: a history of its own."""


def histories(principal: Principal, *, most: int = 1000) -> list[History]:
    """The relays that are watched, in the order of preference, then those that were.

    Of each address its newest `most` chains.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    looks = {one.relay: one for one in chains.looks()}
    seen: dict[Place, dict[str, list[ChainSeen]]] = {}
    for row in chains.history():
        lines = seen.setdefault((row.relay, row.host, row.port), {})
        lines.setdefault(row.address, []).append(row)
    reader = _Reader(seen, most)
    watched_now = [(one.name, one.host, one.port) for one in _watched_relays()]
    found = [reader.history(place, looks.get(place[0])) for place in watched_now]
    return [*found, *(reader.past(place) for place in seen if place not in watched_now)]


def ask(principal: Principal, relay: str | None = None) -> list[str]:
    """Have one relay, or all, looked at now; gives their names.

    Raises:
        NotPermitted: the role may not: connections are made from this machine.
        NotFound: none of that name is configured.
        Conflict: it has no chain: mail goes there without encryption; or it only stands in.
        RoleMissing: no responder runs that could look.
    """
    require(principal, Permission.ADMINISTER)
    found = relays(Home.of_environment(), current().configuration)
    if relay is not None and relay not in {one.settings.name for one in found}:
        raise NotFound("relay", relay)
    wanted = [one for one in _watched_relays() if relay in {None, one.name}]
    if not wanted:
        raise Conflict("there is no relay that is reached with encryption: nothing to look at")
    if not appliance.is_running(RESPONDER):
        raise RoleMissing(RESPONDER)
    at = now()
    for one in wanted:
        if not chains.ask(one.name, at):
            # The responder has not taken the configuration over yet.
            chains.watch([watched(one)], at)
    nudge.wake(RESPONDER)
    return [one.name for one in wanted]


def _watched_relays() -> list[RelaySettings]:
    found = relays(Home.of_environment(), current().configuration)
    settings = [one.settings for one in found]
    return [one for one in settings if one.name != REHEARSAL and is_encrypted(one)]


class _Reader:
    """Makes histories of rows, reading each certificate once."""

    def __init__(self, seen: Mapping[Place, Mapping[str, list[ChainSeen]]], most: int) -> None:
        self._seen = seen
        self._most = most
        rows = (
            row for lines in seen.values() for line in lines.values() for row in line[: most + 1]
        )
        self._ders = chains.certificates(chains.chain_of(row) for row in rows)
        self._read: dict[str, Certificate | None] = {}

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {
            one.certificate.sha256: one.name for one in trusted_anchors(current().configuration)
        }

    def history(self, place: Place, look: ChainLook | None) -> History:
        """What a relay that is watched presented."""
        last = chains.addresses_of(look) if look is not None else {}
        return History(
            *place,
            configured=True,
            looked_at=look.looked_at if look else None,
            next_look_at=look.next_look_at if look else None,
            looking=bool(look and look.looking_until > now()),
            explained=_explained(look.code, json.loads(look.facts)) if look else None,
            lines=self._lines(place, last),
        )

    def past(self, place: Place) -> History:
        """What a relay presented that is not watched any more."""
        return History(*place, False, None, None, False, None, self._lines(place, None))

    def _lines(self, place: Place, last: Mapping[str, Finding | None] | None) -> tuple[Line, ...]:
        """The addresses of the last look first: names such as those of Amazon SES change theirs."""
        rows = self._seen.get(place, {})
        now_known = last if last or last is None else rows
        known = {address: address in (now_known or ()) for address in [*rows, *(last or ())]}
        return tuple(
            Line(
                address,
                known[address],
                explained=_told((last or {}).get(address)),
                entries=tuple(self._entries(rows.get(address, ()), known=known[address])),
                older=max(0, len(rows.get(address, ())) - self._most),
            )
            for address in sorted(known, key=lambda one: not known[one])
        )

    def _entries(self, rows: Sequence[ChainSeen], *, known: bool) -> Iterator[Entry]:
        latest = max((row.last_seen_at for row in rows), default=0)
        for row, before in zip(rows[: self._most], [*rows[1:], None], strict=False):
            certificates = self._certificates(row)
            yield Entry(
                row.first_seen_at,
                row.last_seen_at,
                present=known and row.last_seen_at == latest,
                chain=chains.chain_of(row),
                certificates=certificates,
                trusted=row.trusted,
                explained=_explained(row.code, {"host": row.host}),
                anchor=row.anchor,
                anchor_name=self._names.get(row.anchor or "", ""),
                changes=tuple(changes(self._certificates(before), certificates)) if before else (),
            )

    def _certificates(self, row: ChainSeen) -> tuple[Certificate, ...]:
        """Those of a row that can be read, in their order."""
        found = (self._certificate(one) for one in chains.chain_of(row))
        return tuple(one for one in found if one is not None)

    def _certificate(self, sha256: str) -> Certificate | None:
        if sha256 not in self._read:
            ders = [self._ders[sha256]] if sha256 in self._ders else []
            self._read[sha256] = next(iter(readable(ders)), None)
        return self._read[sha256]


def _explained(code: str | None, facts: Mapping[str, str]) -> Explained | None:
    return explain(Finding(code, facts)) if code else None


def _told(finding: Finding | None) -> Explained | None:
    return explain(finding) if finding else None


def history_json(history: History) -> dict[str, Any]:
    """A relay in the shape that the API and ``--json`` give."""
    return {
        "relay": history.relay,
        "server": history.host,
        "port": history.port,
        "configured": history.configured,
        "looked_at": _time(history.looked_at),
        "next_look_at": _time(history.next_look_at),
        "looking": history.looking,
        **_fault(history.explained),
        "addresses": [
            {
                "address": one.address,
                "known": one.known,
                **_fault(one.explained),
                "older": one.older,
                "chains": [_entry_json(each) for each in one.entries],
            }
            for one in history.lines
        ],
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    leaf = entry.leaf
    return {
        "first_seen_at": rfc3339(entry.first_seen_at),
        "last_seen_at": rfc3339(entry.last_seen_at),
        "present": entry.present,
        "chain": list(entry.chain),
        "subject": leaf.subject if leaf else None,
        "issuer": leaf.issuer if leaf else None,
        "not_before": rfc3339(leaf.not_before) if leaf else None,
        "not_after": rfc3339(leaf.not_after) if leaf else None,
        "trusted": entry.trusted,
        "anchor": entry.anchor,
        "anchor_name": entry.anchor_name or None,
        **_fault(entry.explained),
        "changes": [str(one) for one in entry.changes],
    }


def _fault(told: Explained | None) -> dict[str, Any]:
    return {"code": told.code if told else None, "title": told.title if told else None}


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)
