"""The deep probe of one endpoint: every question, a few at a time, folded into one answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tocsin.base.clock import now
from tocsin.faults.fault import Finding
from tocsin.trust.collect import mode_of
from tocsin.trust.deep.asking import Answer, Asker
from tocsin.trust.deep.enumeration import Enumeration
from tocsin.trust.deep.found import DeepProbe, Extras, StapleFound, VersionFound
from tocsin.trust.deep.offer import (
    DEFLATE,
    EXTENDED_MASTER_SECRET,
    NO_COMPRESSION,
    RENEGOTIATION,
    Offer,
)
from tocsin.trust.deep.resumption import ID, TICKET, Resumption
from tocsin.trust.deep.suites import (
    ASKED_VERSIONS,
    FALLBACK,
    SSL3,
    TLS10,
    TLS12,
    TLS13,
    suites_of,
)
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.hostname import plain_host
from tocsin.trust.lookup import resolve
from tocsin.trust.probe import Target
from tocsin.trust.wire import VERSION_NAMES, ServerFlight

T = TypeVar("T")

_LONGEST_STAGE_S = 10.0
_STAGES = 3
_MOST_ADDRESSES = 8
_INAPPROPRIATE_FALLBACK = 86


async def probe_deeply(
    host: str,
    port: int = 587,
    mode: str | None = None,
    *,
    timeout: float = 60.0,  # noqa: ASYNC109 -- it is shared out among the stages
) -> DeepProbe:
    """Everything that the first reachable address of the name takes.

    `timeout` (seconds) bounds the whole. Failures are findings in what is returned. Nothing
    is sent but what leads to TLS, handshakes, and QUIT.
    """
    chosen = mode or mode_of(port)
    name = plain_host(host)
    until = asyncio.get_running_loop().time() + timeout
    stage = min(timeout / _STAGES, _LONGEST_STAGE_S)
    probe = DeepProbe(name, port, chosen, now())
    try:
        addresses = await resolve(name, port, stage)
    except ProbeFailure as failure:
        return replace(probe, findings=(failure.finding,))
    findings: list[Finding] = []
    for address in addresses[:_MOST_ADDRESSES]:
        asker = Asker(Target(name, address, port, chosen, stage, until))
        newest = Enumeration(asker, TLS12)
        try:
            first = await asker.ask(newest.offer([one.number for one in suites_of(TLS12)]))
        except ProbeFailure as failure:
            findings.append(failure.finding)
            continue
        others = tuple(one for one in addresses if one != address)
        found = replace(probe, address=address, other_addresses=others)
        return await _Look(asker).all(found, newest, first)
    return replace(probe, findings=tuple(findings))


class _Look:
    """The questions to one address."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._chains: dict[tuple[str, ...], list[str]] = {}

    async def all(self, probe: DeepProbe, newest: Enumeration, first: Answer) -> DeepProbe:
        """The probe, filled in."""
        asked = [
            newest if version == TLS12 else Enumeration(self._asker, version)
            for version in ASKED_VERSIONS
        ]
        versions = await _together(one.suites(first if one is newest else None) for one in asked)
        resumptions = [Resumption(self._asker, version, by) for version, by in _resumable(versions)]
        versions, extras, resumption = await asyncio.gather(
            _together(one.groups(found) for one, found in zip(asked, versions, strict=True)),
            self._extras(asked, versions),
            _together(one.look() for one in resumptions),
        )
        for one in asked:
            for flight in one.flights:
                self._note_chain(flight.certificates, one.version)
        for tried, came in zip(resumptions, resumption, strict=True):
            self._note_chain(tried.chain, came.version)
        findings = {(one.code, str(one.facts)): one for which in asked for one in which.findings}
        return replace(
            probe,
            versions=tuple(versions),
            resumption=tuple(resumption),
            extras=extras,
            chains={chain: tuple(names) for chain, names in self._chains.items()},
            findings=tuple(findings.values()),
            connections=self._asker.connections,
        )

    def _note_chain(self, chain: Sequence[bytes], version: int | str) -> None:
        name = VERSION_NAMES[version] if isinstance(version, int) else version
        if chain:
            fingerprints = tuple(hashlib.sha256(der).hexdigest() for der in chain)
            names = self._chains.setdefault(fingerprints, [])
            if name not in names:
                names.append(name)

    async def _extras(
        self, asked: Sequence[Enumeration], versions: Sequence[VersionFound]
    ) -> Extras:
        """What the hellos of the newest version before 1.3 show beside the suite."""
        older = [one for one in asked if one.flights and SSL3 < one.version < TLS13]
        fallback = await self._fallback(versions)
        if not older:
            return Extras(fallback_refused=fallback)
        flights = older[0].flights
        return Extras(
            staple=_staple(flights),
            stapled=any(one.status for one in flights),
            compression=await self._compresses(older[0], versions),
            secure_renegotiation=RENEGOTIATION in flights[0].extensions,
            extended_master_secret=EXTENDED_MASTER_SECRET in flights[0].extensions,
            fallback_refused=fallback,
        )

    async def _compresses(
        self, enumeration: Enumeration, versions: Sequence[VersionFound]
    ) -> bool | None:
        taken = [
            suite.suite.number
            for one in versions
            if one.version == enumeration.version
            for suite in one.suites
        ]
        offer = replace(enumeration.offer(taken), compression=(DEFLATE, NO_COMPRESSION))
        answer = await self._try(offer)
        if answer is None or answer.flight.compression is None:
            return None
        return answer.flight.compression == DEFLATE

    async def _fallback(self, versions: Sequence[VersionFound]) -> bool | None:
        """Whether the second newest version is refused to one who says that it fell back."""
        spoken = [one.version for one in versions if one.accepted]
        if len(spoken) < 2 or spoken[1] < TLS10:  # noqa: PLR2004 -- nothing to fall back to
            return None
        suites = [one.number for one in suites_of(spoken[1])]
        offer = Enumeration(self._asker, spoken[1]).offer([*suites, FALLBACK])
        answer = await self._try(offer)
        if answer is None or answer.silence:
            return None
        alert = answer.flight.alert
        return alert is not None and alert[1] == _INAPPROPRIATE_FALLBACK

    async def _try(self, offer: Offer) -> Answer | None:
        try:
            return await self._asker.ask(offer)
        except ProbeFailure:
            return None


def _resumable(versions: Sequence[VersionFound]) -> list[tuple[int, str]]:
    """The newest version up to 1.2 both ways, and TLS 1.3, which has tickets alone."""
    spoken = [one.version for one in versions if one.accepted]
    found = [(TLS13, TICKET)] if TLS13 in spoken else []
    older = next((one for one in spoken if SSL3 < one < TLS13), None)
    return found if older is None else [*found, (older, TICKET), (older, ID)]


def _staple(flights: Sequence[ServerFlight]) -> StapleFound | None:
    message = next((one.status for one in flights if one.status), b"")
    if not message:
        return None
    from tocsin.trust.deep.staple import read_staple  # noqa: PLC0415 -- seldom needed

    return read_staple(message)


async def _together(questions: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    return list(await asyncio.gather(*questions))
