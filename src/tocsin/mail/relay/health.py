"""How the addresses of one relay have done lately, and in which order to try them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from tocsin.base.clock import DAY, Clock, Instant
from tocsin.faults.fault import Finding
from tocsin.mail.relay.dial import Address

_FIRST_REST, _LONGEST_REST = 30.0, 900.0
"""Seconds an address stands back after a failure; twice as long after each further one."""
_MOST = 64


@dataclass(frozen=True, slots=True)
class AddressHealth:
    """One address of the relay's name.

    `failures` counts those since the last success; `finding` is that of the last failure,
    kept after a success. `resting` says that it is tried after the others for now.
    """

    address: str
    succeeded_at: Instant | None
    failed_at: Instant | None
    failures: int
    finding: Finding | None
    resting: bool

    @property
    def code(self) -> str | None:
        """The fault code of the last failure."""
        return None if self.finding is None else self.finding.code


@dataclass(slots=True)
class _Record:
    named_at: Instant
    succeeded_at: Instant | None = None
    failed_at: Instant | None = None
    failures: int = 0
    finding: Finding | None = None
    rests_until: float = 0.0  # monotonic


class Health:
    """What became of the connections to each address of a name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}

    def arrange(self, addresses: Sequence[Address]) -> list[Address]:
        """The order to try them in: what failed lately comes last, nothing is left out.

        The families take turns (RFC 8305 section 4), so that a broken IPv6 does not
        keep all IPv4 addresses waiting, nor the reverse.
        """
        for one in addresses:
            self._record(one.text).named_at = self._clock.now()
        arranged = sorted(_taking_turns(addresses), key=self._rest)
        self._tidy()
        return arranged

    def succeeded(self, address: str) -> None:
        """A connection to it was opened."""
        record = self._record(address)
        record.succeeded_at = self._clock.now()
        record.failures, record.rests_until = 0, 0.0

    def failed(self, address: str, finding: Finding) -> None:
        """No connection to it came about, for a reason that may be its own."""
        record = self._record(address)
        record.failed_at, record.finding = self._clock.now(), finding
        rest = min(_FIRST_REST * 2.0 ** min(record.failures, 16), _LONGEST_REST)
        record.failures += 1
        record.rests_until = self._clock.monotonic() + rest

    def snapshot(self) -> tuple[AddressHealth, ...]:
        """Each address that the name had lately, in the order they were first seen."""
        time = self._clock.monotonic()
        return tuple(
            AddressHealth(
                address,
                one.succeeded_at,
                one.failed_at,
                one.failures,
                one.finding,
                one.rests_until > time,
            )
            for address, one in self._records.items()
        )

    def _rest(self, address: Address) -> float:
        """Zero, or when it has rested enough: who failed first is tried first again."""
        until = self._records[address.text].rests_until
        return until if until > self._clock.monotonic() else 0.0

    def _record(self, address: str) -> _Record:
        known = self._records.get(address)
        if known is None:
            known = self._records[address] = _Record(self._clock.now())
        return known

    def _tidy(self) -> None:
        """Forget addresses that the name has had no more for a day; keep the newest ones."""
        oldest = self._clock.now() - DAY
        by_age = sorted(self._records, key=lambda each: -self._records[each].named_at)
        for place, address in enumerate(by_age):
            if place >= _MOST or self._records[address].named_at < oldest:
                del self._records[address]


def _taking_turns(addresses: Sequence[Address]) -> list[Address]:
    families: dict[int, list[Address]] = {}
    for one in addresses:
        families.setdefault(one.family, []).append(one)
    rows = zip_longest(*families.values())
    return [one for one in chain.from_iterable(rows) if one is not None]
