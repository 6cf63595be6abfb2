"""What comes of a look: history, alarms, the time of the next; one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from tocsin.base.clock import DAY, HOUR, MINUTE, Clock, Instant
from tocsin.engine import chainconcern, systemalarm
from tocsin.engine.chainconcern import Picture, Presented
from tocsin.engine.chainsight import Shown, Sight
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.store.models import ChainSeen
from tocsin.store.queries import chains
from tocsin.store.queries.chains import Looked, Sighting, Turn, Watched
from tocsin.trust.verdict import Verdict, judge, readable

EVERY: Instant = DAY
"""How often a relay is looked at."""
JITTER: Instant = HOUR
"""How much sooner at most, so that not all relays and managers look at the same time."""
AFTER_FAILURE: Instant = HOUR
"""When it is tried again after a look that reached nothing."""
LEASE: Instant = 10 * MINUTE
"""When another may look, should one never come back from it."""
KEPT: Instant = 365 * DAY
"""How long a chain is kept after it was seen last."""
LEAST_KEPT = 10
"""How many chains of an address are kept whatever their age."""


def watched(settings: RelaySettings) -> Watched:
    """What a look at the relay depends on."""
    parts = (
        settings.host,
        settings.port,
        settings.encryption.value,
        sorted(one.certificate.sha256 for one in settings.anchors),
        repr(settings.policy),
    )
    basis = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return Watched(settings.name, settings.host, settings.port, basis)


def is_encrypted(settings: RelaySettings) -> bool:
    """Whether there is a chain to look at."""
    return settings.encryption is not Encryption.NONE


def keep_watch(relays: Sequence[RelaySettings], due_at: Instant, clock: Clock) -> None:
    """Watch these relays and no others: what was told of others is over."""
    with transaction.atomic():
        chains.watch([watched(one) for one in relays], due_at)
        systemalarm.over(chains.unwatch([one.name for one in relays]), clock=clock)


def record(turn: Turn, settings: RelaySettings, sight: Sight, early: Instant, clock: Clock) -> bool:
    """Write what was seen and tell what there is to tell; gives whether the look still counted.

    It does not when another took its turn, or when server, trust store or ciphers were changed
    meanwhile: then it is due again. `early`: how much earlier than a day on the next one is.
    """
    relay = watched(settings)
    with transaction.atomic():
        row = chains.look_of(turn)
        if row is None or row.basis != relay.basis:
            chains.give_up(turn)
            return False
        before = chains.present(relay.relay, relay.host, relay.port)
        known = list(chains.addresses_of(row)) if not sight.shown else list(sight.failed)
        carried = {one: before[one] for one in known if one in before and one not in sight.shown}
        chains.keep_certificates(_ders(sight), sight.at)
        picture = _picture(settings, sight, before, carried)
        chains.record_sightings(relay, before, _sightings(picture, sight.shown), sight.at)
        lasting = chainconcern.lasting(picture, sight.at)
        systemalarm.tell([*lasting, *chainconcern.passing(picture)], clock=clock)
        told = set(json.loads(row.told))
        keys = {one.key for one in lasting} | (told & chainconcern.unanswered(picture))
        systemalarm.over(sorted(told - keys), clock=clock)
        reached = dict.fromkeys(sight.shown)
        looked = Looked(
            sight.at,
            sight.finding,
            {**dict.fromkeys(carried, sight.finding), **reached, **sight.failed},
            sorted(keys),
            sight.at + (EVERY - early if sight.finding is None else AFTER_FAILURE),
        )
        chains.record_look(turn, looked)
        chains.forget(sight.at - KEPT, LEAST_KEPT)
    return True


def _ders(sight: Sight) -> list[bytes]:
    return [der for line in sight.shown.values() for one in line for der in one.ders]


def _picture(
    settings: RelaySettings,
    sight: Sight,
    before: Mapping[str, Sequence[ChainSeen]],
    carried: Mapping[str, Sequence[ChainSeen]],
) -> Picture:
    """What the relay presents; an address that was not reached still presents what it did."""
    court = _Court(settings, sight.at)
    rows = [row for line in before.values() for row in line]
    kept = chains.certificates(chains.chain_of(row) for row in rows)

    def ders_of(row: ChainSeen) -> tuple[bytes, ...]:
        return tuple(kept[one] for one in chains.chain_of(row) if one in kept)

    now: dict[str, list[Presented]] = {}
    for address, shown in sight.shown.items():
        since = {chains.chain_of(row): row.first_seen_at for row in before.get(address, ())}
        now[address] = [court.presented(one, since.get(one.chain, sight.at)) for one in shown]
    for address, line in carried.items():
        now[address] = [
            replace(
                court.presented(Shown(ders_of(row), verified=False), row.first_seen_at),
                chain=chains.chain_of(row),
                fresh=False,
            )
            for row in line
        ]
    earlier = {
        address: [(chains.chain_of(row), tuple(readable(ders_of(row)))) for row in line]
        for address, line in before.items()
    }
    return Picture(settings.name, settings.host, settings.port, now, earlier, settings.anchors)


class _Court:
    """Judges each chain once, by the trust store of the relay."""

    def __init__(self, settings: RelaySettings, at: Instant) -> None:
        self._settings = settings
        self._at = at
        self._judged: dict[tuple[bytes, ...], Verdict] = {}

    def presented(self, shown: Shown, since: Instant) -> Presented:
        verdict = self._judged.get(shown.ders)
        if verdict is None:
            settings = self._settings
            verdict = judge(shown.ders, settings.anchors, settings.host, self._at)
            self._judged[shown.ders] = verdict
        # The handshake decides; judging tells why, and which way the chain takes.
        if shown.verified:
            verdict = replace(verdict, trusted=True, code=None, finding=None)
        elif shown.refused is not None:
            refused = shown.refused
            verdict = replace(
                verdict, trusted=False, anchor=None, code=refused.code, finding=refused
            )
        return Presented(shown.chain, tuple(readable(shown.ders)), verdict, since)


def _sightings(picture: Picture, shown: Mapping[str, object]) -> list[Sighting]:
    return [
        Sighting(address, one.chain, one.verdict.trusted, one.verdict.code, one.verdict.anchor)
        for address in shown
        for one in picture.now[address]
    ]
