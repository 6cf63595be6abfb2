"""What leans on the certificates of the trust store, by what the relays presented."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.clock import Instant, now
from tocsin.central.smtp import FurtherRelay, Smtp
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.trusted import trusted_anchors
from tocsin.store import models
from tocsin.trust.anchor import Anchor
from tocsin.trust.systemroots import system_anchors
from tocsin.trust.verdict import judge

_MOST_CONNECTIONS = 1000
"""Connections of a relay that are looked back on."""


@dataclass(frozen=True, slots=True)
class Reliance:
    """What becomes of the relays without a certificate; each is told as ``name (server)``."""

    breaks: tuple[str, ...] = ()
    """They would no longer verify."""
    holds: tuple[str, ...] = ()
    """They would still verify."""
    unknown: tuple[str, ...] = ()
    """They presented no chain yet, or verify neither way."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A relay whose chain rests on an anchor."""

    relay: str
    server: str
    since: Instant
    """The first connection of those looked back on whose chain rested on it."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A chain (DER, leaf first) that a relay presented."""

    chain: tuple[bytes, ...]
    first: Instant
    last: Instant


def without(principal: Principal, name: str) -> Reliance:
    """What would become of every relay without the certificate of that name.

    Judged by the chain that each relay presented last.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    configuration = current().configuration
    anchors = trusted_anchors(configuration)
    removed = {one.anchor.certificate.sha256 for one in configuration.trust if one.name == name}
    rest = _rest(anchors, removed, system=configuration.trust_system_roots)
    breaks, holds, unknown = [], [], []
    for relay in configuration.every_relay:
        if relay.encryption == "none":
            continue
        label = f"{relay.name} ({relay.server})"
        shown = _shown(relay)
        if not shown or not judge(shown[0].chain, anchors, relay.server, now()).trusted:
            unknown.append(label)
        elif judge(shown[0].chain, rest, relay.server, now()).trusted:
            holds.append(label)
        else:
            breaks.append(label)
    return Reliance(tuple(breaks), tuple(holds), tuple(unknown))


def _rest(anchors: Sequence[Anchor], removed: set[str], *, system: bool) -> list[Anchor]:
    """The anchors without the removed; one that the operating system has too stays."""
    rest = [one for one in anchors if one.certificate.sha256 not in removed]
    if system:
        rest += [one for one in system_anchors() if one.certificate.sha256 in removed]
    return rest


def carried(principal: Principal) -> dict[str, list[Carried]]:
    """The relays that rest on each anchor now, by the anchor's SHA-256.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    configuration = current().configuration
    anchors = trusted_anchors(configuration)
    added = {one.anchor.certificate.sha256: one.added_at for one in configuration.trust}
    found: dict[str, list[Carried]] = {}
    for relay in configuration.every_relay:
        shown = _shown(relay)
        sha256 = judge(shown[0].chain, anchors, relay.server, now()).anchor if shown else None
        if sha256 is None:
            continue
        same = [
            one.first
            for one in shown
            if judge(one.chain, anchors, relay.server, one.last).anchor == sha256
        ]
        since = max(min(same, default=shown[0].first), added.get(sha256, 0))
        found.setdefault(sha256, []).append(Carried(relay.name, relay.server, since))
    return found


def carrier(chain: Sequence[str], host: str, at: Instant) -> Anchor | None:
    """The anchor of today's trust store that carries a chain presented then.

    `chain` is SHA-256 of each certificate, leaf first, as a connection's evidence keeps it.
    None when it leads to none, or its certificates are kept no more.
    """
    ders = _ders(chain)
    anchors = trusted_anchors(current().configuration)
    sha256 = judge(ders, anchors, host, at).anchor if ders else None
    return next((one for one in anchors if one.certificate.sha256 == sha256), None)


def _shown(relay: Smtp | FurtherRelay) -> list[_Shown]:
    """The different chains that a relay presented, the last one first."""
    rows = (
        models.Connection.objects.filter(relay=relay.name, host=relay.server, port=relay.port)
        .exclude(chain="[]")
        .order_by("-opened_at")
        .values_list("chain", "opened_at")[:_MOST_CONNECTIONS]
    )
    times: dict[str, tuple[Instant, Instant]] = {}
    for chain, opened_at in rows:
        times[chain] = (opened_at, times.get(chain, (0, opened_at))[1])
    found = ((_ders(json.loads(chain)), *when) for chain, when in times.items())
    return [_Shown(ders, first, last) for ders, first, last in found if ders]


def _ders(chain: Sequence[str]) -> tuple[bytes, ...]:
    rows = models.SeenCertificate.objects.filter(sha256__in=chain)
    kept = {row.sha256: bytes(row.der) for row in rows}
    return tuple(kept[sha256] for sha256 in chain if sha256 in kept)
