"""The chains that relays present, over time, and when each is looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection, transaction
from django.db.models import Q

from tocsin.base.clock import MINUTE, Instant
from tocsin.faults.fault import Finding
from tocsin.store.models import ChainLook, ChainSeen, RelayState, SeenCertificate
from tocsin.store.queries.rows import to_json

AGAIN: Instant = MINUTE
"""A pause has a relay looked at that was not looked at for so long."""

Chain = tuple[str, ...]
"""SHA-256 of each certificate, leaf first."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A relay to be looked at."""

    relay: str
    host: str
    port: int
    basis: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an address presented, with the verdict on it."""

    address: str
    chain: Chain
    trusted: bool
    code: str | None
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A look that is due, and then one's own."""

    relay: str
    number: int
    planned: Instant
    """When it was due."""


def watch(relays: Sequence[Watched], due_at: Instant) -> None:
    """Have relays looked at that are new, or of which something changed that a look depends on."""
    for one in relays:
        told = {"host": one.host, "port": one.port, "basis": one.basis}
        row, is_new = ChainLook.objects.get_or_create(
            relay=one.relay, defaults={**told, **_NEVER, "next_look_at": due_at}
        )
        if not is_new and row.basis != one.basis:
            same = ChainLook.objects.filter(relay=one.relay, basis=row.basis)
            same.update(**told, next_look_at=min(row.next_look_at, due_at))


_NEVER = {"turn": 0, "looking_until": 0, "facts": "{}", "addresses": "{}", "told": "[]"}


def unwatch(without: Sequence[str]) -> list[str]:
    """Forget the looks at relays other than these; gives the keys of alarms that went on."""
    gone = ChainLook.objects.exclude(relay__in=without)
    keys = [key for told in gone.values_list("told", flat=True) for key in json.loads(told)]
    gone.delete()
    return keys


def due(names: Sequence[str], at: Instant, longest: Instant) -> list[Turn]:
    """The looks that are due: it is time, somebody asked, or the relay is paused because of TLS.

    A time further ahead than `longest` was set under a clock that has been put back.
    """
    ahead = Q(next_look_at__gt=at + longest)
    free = ChainLook.objects.filter(relay__in=names).filter(
        Q(looking_until__lte=at) | Q(looking_until__gt=at + longest)
    )
    paused = Q(pk__in=[])
    pauses = RelayState.objects.filter(
        name__in=names, paused_at__isnull=False, code__startswith="tls."
    )
    for name, paused_at in pauses.values_list("name", "paused_at"):
        unseen = Q(looked_at__lt=paused_at) & Q(looked_at__lt=at - AGAIN)
        paused |= Q(relay=name) & unseen
    rows = free.filter(Q(next_look_at__lte=at) | ahead | paused).order_by("next_look_at")
    return [Turn(*row) for row in rows.values_list("relay", "turn", "next_look_at")]


def claim(turn: Turn, until: Instant) -> Turn | None:
    """Begin a look: of several that try, one gets it."""
    mine = replace(turn, number=turn.number + 1)
    rows = ChainLook.objects.filter(relay=turn.relay, turn=turn.number)
    return mine if rows.update(turn=mine.number, looking_until=until) else None


def ask(relay: str, at: Instant) -> bool:
    """Have a relay looked at now; gives whether it is watched."""
    with transaction.atomic():
        return bool(ChainLook.objects.filter(relay=relay).update(next_look_at=at))


def look_of(turn: Turn) -> ChainLook | None:
    """The row of a look that is still one's own, held for this transaction."""
    rows = ChainLook.objects.select_for_update()
    return rows.filter(relay=turn.relay, turn=turn.number).first()


def looks() -> list[ChainLook]:
    """The last look at each relay."""
    return list(ChainLook.objects.order_by("relay"))


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a look as a whole; `addresses` says of each why it was not reached."""

    at: Instant
    finding: Finding | None
    addresses: Mapping[str, Finding | None]
    told: Sequence[str]
    next_look_at: Instant


def record_look(turn: Turn, looked: Looked) -> None:
    """Write what came of a look, and that it has ended."""
    finding = looked.finding
    row = ChainLook.objects.filter(relay=turn.relay, turn=turn.number)
    row.update(
        looking_until=0,
        looked_at=looked.at,
        code=finding.code if finding else None,
        facts=to_json(dict(finding.facts) if finding else {}),
        addresses=to_json({key: _plain(one) for key, one in looked.addresses.items()}),
        told=to_json(list(looked.told)),
    )
    # Somebody may have asked meanwhile for another: then that stays due.
    row.filter(next_look_at=turn.planned).update(next_look_at=looked.next_look_at)


def give_up(turn: Turn) -> None:
    """End a look that came to nothing; it stays due."""
    ChainLook.objects.filter(relay=turn.relay, turn=turn.number).update(looking_until=0)


def addresses_of(look: ChainLook) -> dict[str, Finding | None]:
    """The addresses of the last look, and why one was not reached."""
    return {
        address: Finding(one["code"], one["facts"]) if one else None
        for address, one in json.loads(look.addresses).items()
    }


def _plain(finding: Finding | None) -> dict[str, object] | None:
    return {"code": finding.code, "facts": dict(finding.facts)} if finding else None


def present(relay: str, host: str, port: int) -> dict[str, list[ChainSeen]]:
    """What each address presented when it was reached last."""
    rows = ChainSeen.objects.filter(relay=relay, host=host, port=port).order_by("-last_seen_at")
    found: dict[str, list[ChainSeen]] = {}
    for row in rows:
        line = found.setdefault(row.address, [])
        if not line or line[0].last_seen_at == row.last_seen_at:
            line.append(row)
    return found


def record_sightings(
    watched: Watched,
    before: Mapping[str, Sequence[ChainSeen]],
    sightings: Iterable[Sighting],
    at: Instant,
) -> None:
    """Write what was seen: a row goes on where its address presents the same as before."""
    for one in sightings:
        verdict = {"trusted": one.trusted, "code": one.code, "anchor": one.anchor}
        chain = to_json(list(one.chain))
        same = [row.pk for row in before.get(one.address, ()) if row.chain == chain]
        if same:
            ChainSeen.objects.filter(pk__in=same).update(last_seen_at=at, **verdict)
        else:
            ChainSeen.objects.create(
                relay=watched.relay,
                host=watched.host,
                port=watched.port,
                address=one.address,
                chain=chain,
                first_seen_at=at,
                last_seen_at=at,
                **verdict,
            )


def keep_certificates(ders: Iterable[bytes], at: Instant) -> None:
    """Keep each certificate that is new."""
    new = {hashlib.sha256(der).hexdigest(): der for der in ders}
    SeenCertificate.objects.bulk_create(
        [SeenCertificate(sha256=key, der=der, first_seen_at=at) for key, der in new.items()],
        ignore_conflicts=True,
    )


def certificates(chains: Iterable[Chain]) -> dict[str, bytes]:
    """The DER of each certificate of these chains that is kept, by its SHA-256."""
    wanted = sorted({sha256 for chain in chains for sha256 in chain})
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = SeenCertificate.objects.filter(sha256__in=wanted[start : start + _CHUNK])
        found.update((row.sha256, bytes(row.der)) for row in part)
    return found


_CHUNK = 400
"""Values in one IN list: below SQLite's limit of parameters on any build."""


def history() -> list[ChainSeen]:
    """Everything that was seen, what began last first."""
    return list(ChainSeen.objects.order_by("-first_seen_at", "-id"))


def chain_of(row: ChainSeen) -> Chain:
    """The fingerprints of a row."""
    return tuple(json.loads(row.chain))


def forget(before: Instant, least: int) -> None:
    """Drop what was seen last before a moment, but of no address its latest `least`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM chain_seen WHERE last_seen_at < %s AND id IN (SELECT id FROM "
            "(SELECT id, ROW_NUMBER() OVER (PARTITION BY relay, host, port, address "
            "ORDER BY last_seen_at DESC, id DESC) AS place FROM chain_seen) AS placed "
            "WHERE place > %s)",
            [before, least],
        )
