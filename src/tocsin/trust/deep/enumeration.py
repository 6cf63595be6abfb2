"""What a server takes of a version, found by leaving out what it took and asking again.

Each answer is one more suite (or group), and the answers come in the server's own order if
it has one: n suites cost n + 2 connections, not one for each suite there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tocsin.faults.fault import Finding
from tocsin.trust.deep.asking import Answer, Asker
from tocsin.trust.deep.found import CLIENT, SERVER, AcceptedSuite, VersionFound
from tocsin.trust.deep.offer import CURVES, FINITE_FIELDS, HYBRIDS, Offer
from tocsin.trust.deep.suites import BY_NUMBER, TLS13, suites_of
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.wire import NAMED_GROUPS, ServerFlight, TemporaryKey

_NUMBERS = {key: number for number, key in NAMED_GROUPS.items()}


@dataclass(slots=True)
class Enumeration:
    """The suites and groups of one version; `flights` keeps what the answers showed."""

    asker: Asker
    version: int
    flights: list[ServerFlight] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    async def suites(self, first: Answer | None = None) -> VersionFound:
        """Every suite that the server takes; `first` is the answer to all of them, if known."""
        asked = [one.number for one in suites_of(self.version)]
        taken: list[AcceptedSuite] = []
        found = VersionFound(self.version)
        try:
            answer = first or await self._offer(asked)
            while answer.agrees_on(self.version) and self._take(answer, asked, taken):
                if not asked:
                    break
                answer = await self._offer(asked)
            found = replace(found, refusal=self._refusal(answer), complete=not answer.silence)
            preference = await self._suite_preference(taken)
        except ProbeFailure as failure:
            self.findings.append(failure.finding)
            return replace(found, suites=tuple(taken), complete=False)
        return replace(found, suites=tuple(taken), preference=preference)

    async def groups(self, found: VersionFound) -> VersionFound:
        """The same with every group of the key exchange that goes with these suites."""
        asked = [*CURVES]
        if self.version == TLS13:
            asked += [*FINITE_FIELDS, *HYBRIDS]
        suites = tuple(
            one.suite.number
            for one in found.suites
            if one.suite.exchange in {"any", "ECDHE", "AECDH"}
        )
        taken: list[int] = []
        if not suites:
            return found
        try:
            while asked and (group := await self._group(suites, asked)) in asked:
                asked.remove(group)
                taken.append(group)
            preference = None
            if len(taken) > 1:
                again = await self._group(suites, taken[::-1])
                preference = SERVER if again == taken[0] else CLIENT
        except ProbeFailure as failure:
            self.findings.append(failure.finding)
            return replace(found, complete=False, groups=_named(taken))
        return replace(found, groups=_named(taken), group_preference=preference)

    def offer(self, suites: Sequence[int]) -> Offer:
        """An offer of these suites in this version."""
        groups = (*CURVES, *FINITE_FIELDS, *HYBRIDS) if self.version == TLS13 else CURVES
        return Offer(self.version, tuple(suites), self.asker.target.host, groups)

    async def _offer(self, suites: Sequence[int]) -> Answer:
        return await self.asker.ask(self.offer(suites))

    def _take(self, answer: Answer, asked: list[int], taken: list[AcceptedSuite]) -> bool:
        """Note what was taken; False when the server chose something that was not offered."""
        suite = answer.flight.suite
        if suite is None or suite not in asked:
            facts = {"reason": "the server chose a suite that it was not offered"}
            target = self.asker.target.facts
            self.findings.append(Finding("tls.handshake-dropped", {**target, **facts}))
            return False
        asked.remove(suite)
        key = None if self.version == TLS13 else answer.flight.temporary_key
        taken.append(AcceptedSuite(BY_NUMBER[suite], key))
        self.flights.append(answer.flight)
        return True

    def _refusal(self, answer: Answer) -> str:
        return "" if answer.agrees_on(self.version) else answer.refusal

    async def _suite_preference(self, taken: Sequence[AcceptedSuite]) -> str | None:
        if len(taken) < 2:  # noqa: PLR2004 -- one suite is no order
            return None
        first = taken[0].suite.number
        again = await self._offer([one.suite.number for one in reversed(taken)])
        return SERVER if again.flight.suite == first else CLIENT

    async def _group(self, suites: tuple[int, ...], groups: Sequence[int]) -> int | None:
        answer = await self.asker.ask(
            Offer(self.version, suites, self.asker.target.host, tuple(groups))
        )
        key = answer.flight.temporary_key
        return _NUMBERS.get(key) if key is not None and answer.agrees_on(self.version) else None


def _named(groups: Sequence[int]) -> tuple[TemporaryKey, ...]:
    return tuple(NAMED_GROUPS[one] for one in groups)
