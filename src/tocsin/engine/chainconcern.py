"""What there is to tell of the chains that a relay presents. Pure: no store, no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain as _chain

from tocsin.base.clock import DAY, Instant, rfc3339
from tocsin.domain.severity import Severity
from tocsin.engine.chainchange import changes
from tocsin.engine.systemalarm import SOURCE, SystemAlarm, in_words
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.store.queries.chains import Chain
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate
from tocsin.trust.verdict import Verdict

CHANGED = "Relay chain changed"
UNTRUSTED = "Relay chain would not verify"
EXPIRING = "Certificate expires soon"
DIFFERING = "Relay address differs from the others"

NEARNESS: tuple[tuple[Instant, Severity], ...] = (
    (3 * DAY, Severity.CRITICAL),
    (14 * DAY, Severity.MAJOR),
    (30 * DAY, Severity.MINOR),
)
"""How grave it is that a certificate expires within so long."""

_GOES_ON: Instant = 10 * DAY
"""An alarm that a look can end goes on so long without one: a manager may be down for days."""
_CHANGE_GOES_ON: Instant = DAY
"""A change is over by itself."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A chain that an address presents, or presented when it was last reached."""

    chain: Chain
    certificates: tuple[Certificate, ...]
    """Those that can be read, in the order of presentation."""
    verdict: Verdict
    since: Instant
    fresh: bool = True
    """Seen in this look; else the address was not reached, and this is what is known of it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a relay presents at each address now, and what it presented before this look."""

    relay: str
    host: str
    port: int
    now: Mapping[str, Sequence[Presented]]
    before: Mapping[str, Sequence[tuple[Chain, tuple[Certificate, ...]]]]
    anchors: Sequence[Anchor]


def lasting(picture: Picture, at: Instant) -> list[SystemAlarm]:
    """What goes on: chains that do not verify, certificates that expire, addresses that differ."""
    return [*_untrusted(picture), *_expiring(picture, at), *_differing(picture)]


def passing(picture: Picture) -> list[SystemAlarm]:
    """What has happened: other chains than before, that verify."""
    news: dict[Chain, list[str]] = {}
    for address, line in picture.now.items():
        had = {chain for chain, _ in picture.before.get(address, ())}
        # A new address is news where it presents what no other has presented.
        known = had or {chain for seen in picture.before.values() for chain, _ in seen}
        for one in line:
            if known and one.chain not in known and one.verdict.trusted:
                news.setdefault(one.chain, []).append(address)
    return [_changed(picture, chain, addresses) for chain, addresses in news.items()]


def _changed(picture: Picture, chain: Chain, addresses: Sequence[str]) -> SystemAlarm:
    finding = Finding("tls.chain-changed", {"host": picture.host})
    return SystemAlarm(
        _key(picture, "changed", _digest(chain)),
        CHANGED,
        Severity.INFORMATIONAL,
        in_words(
            finding,
            *_what_changed(picture, chain, addresses[0]),
            f"Seen at {', '.join(sorted(addresses))}. It verifies.",
        ),
        _attributes(picture, code=finding.code, sha256=chain[0]),
        lasts=_CHANGE_GOES_ON,
    )


def _untrusted(picture: Picture) -> Iterator[SystemAlarm]:
    for chain, addresses in _lines(picture).items():
        verdict = _presented(picture, chain).verdict
        if verdict.trusted:
            continue
        finding = verdict.finding or Finding("tls.invalid-chain", {"host": picture.host})
        where = f"Seen at {', '.join(sorted(addresses))}."
        if any(one.verdict.trusted for one in _all(picture)):
            where += " Other connections to the relay are answered with a chain that verifies."
        yield SystemAlarm(
            _key(picture, "untrusted", _digest(chain)),
            UNTRUSTED,
            Severity.CRITICAL,
            in_words(
                finding,
                *_what_changed(picture, chain, addresses[0]),
                where,
                "No mail is sent over a connection that is answered so.",
            ),
            _attributes(picture, code=finding.code, sha256=chain[0]),
            lasts=_GOES_ON,
        )


def _what_changed(picture: Picture, chain: Chain, address: str) -> Iterator[str]:
    """Compared with what the address presented before, or any other where it is new."""
    before = picture.before.get(address) or [*_chain.from_iterable(picture.before.values())]
    if before and all(had != chain for had, _ in before):
        lines = (
            f"\n- {one}" for one in changes(before[0][1], _presented(picture, chain).certificates)
        )
        yield f"What has changed:{''.join(lines)}"


def _expiring(picture: Picture, at: Instant) -> Iterator[SystemAlarm]:
    anchors = {one.certificate.sha256: one for one in picture.anchors}
    needed = {sha256 for one in _all(picture) for sha256 in one.verdict.path}
    certificates = {one.sha256: one for seen in _all(picture) for one in seen.certificates}
    certificates |= {key: anchors[key].certificate for key in needed if key in anchors}
    for sha256, one in certificates.items():
        severity = _nearness(one.not_after, at)
        if severity is None:
            continue
        words = []
        if sha256 in anchors and sha256 in needed:
            anchor = anchors[sha256]
            where = (
                "among the roots of the operating system" if anchor.system else "in the trust store"
            )
            words = [f"It is {anchor.name} {where}, and carries this relay."]
        elif sha256 not in needed:
            # What is presented beside the way to the anchor breaks nothing.
            severity = Severity.MINOR
            words = ["The relay presents it, but verification does not rest on it."]
        expires = rfc3339(one.not_after)[:19] + "Z"
        finding = Finding(
            "tls.expiring", {"host": picture.host, "subject": one.title, "expires": expires}
        )
        yield SystemAlarm(
            _key(picture, "expiring", sha256[:16]),
            EXPIRING,
            severity,
            in_words(finding, *words),
            _attributes(picture, code=finding.code, sha256=sha256, expires=expires),
            lasts=_GOES_ON,
        )


def _nearness(not_after: Instant, at: Instant) -> Severity | None:
    """None when it is far away, or past: then the chain does not verify, and that is told."""
    if not_after < at:
        return None
    return next((severity for within, severity in NEARNESS if not_after - at <= within), None)


def unanswered(picture: Picture) -> set[str]:
    """Keys of alarms that this look could neither raise nor end: their address was not reached."""
    return {
        _key(picture, "differs", address)
        for address, line in picture.now.items()
        if not any(one.fresh for one in line)
    }


def _differing(picture: Picture) -> Iterator[SystemAlarm]:
    answered = {address: line for address, line in picture.now.items() if line[0].fresh}
    lines = _lines(replace(picture, now=answered))
    if len(answered) < _LEAST_SIBLINGS or len(lines) < _LEAST_SIBLINGS:
        return
    # The others are the more; among as many, those that have stayed as they were.
    common = min(
        lines, key=lambda chain: (-len(lines[chain]), _presented(picture, chain).since, chain)
    )
    finding = Finding("tls.chain-changed", {"host": picture.host})
    fix = "".join(f"\n- {step}" for step in explain(finding).fix)
    for address, line in answered.items():
        if any(one.chain == common for one in line):
            continue
        words = changes(_presented(picture, common).certificates, line[0].certificates)
        differences = "".join(f"\n- {one}" for one in words)
        verifies = "It verifies." if line[0].verdict.trusted else "It would not verify."
        yield SystemAlarm(
            _key(picture, "differs", address),
            DIFFERING,
            Severity.MINOR,
            f"{address} presents another chain than {', '.join(sorted(lines[common]))}, which "
            f"are addresses of {picture.host} too. {verifies}\n\nCompared with those:{differences}"
            f"\n\nWhat to do:{fix}",
            _attributes(picture, code=finding.code, address=address, sha256=line[0].chain[0]),
            lasts=_GOES_ON,
        )


_LEAST_SIBLINGS = 2


def _lines(picture: Picture) -> dict[Chain, list[str]]:
    """Which addresses present each chain."""
    found: dict[Chain, list[str]] = {}
    for address, line in picture.now.items():
        for one in line:
            found.setdefault(one.chain, []).append(address)
    return found


def _presented(picture: Picture, chain: Chain) -> Presented:
    """A chain as it is presented, by whoever has done so for longest."""
    same = [one for one in _all(picture) if one.chain == chain]
    return min(same, key=lambda one: one.since)


def _all(picture: Picture) -> Iterator[Presented]:
    return _chain.from_iterable(picture.now.values())


def _digest(chain: Chain) -> str:
    return hashlib.sha256("".join(chain).encode()).hexdigest()[:16]


def _key(picture: Picture, what: str, which: str) -> str:
    return f"{SOURCE}|chain|{picture.relay}|{picture.host}:{picture.port}|{what}|{which}"


def _attributes(picture: Picture, **more: str) -> dict[str, str]:
    return {"relay": picture.relay, "server": picture.host, **more}
