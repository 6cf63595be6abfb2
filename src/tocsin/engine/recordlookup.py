"""Where the TXT records for verifying a message come from: DNS, a file, or nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tocsin.mail.received.record import Answer, Answers


class Lookup(Protocol):
    """Gives the records of names; `source` says in words where from."""

    @property
    def source(self) -> str:
        """In words."""

    @property
    def is_dns(self) -> bool:
        """Whether what it gives is what the domains themselves publish."""

    def __call__(self, names: Collection[str]) -> Answers:
        """An answer for each name."""


@dataclass(frozen=True, slots=True)
class FromDns:
    """Asks name servers (those of this machine unless some are named), all names at once."""

    servers: Sequence[str] = ()
    seconds: float = 5.0
    """How long one question may take; all are asked together."""
    is_dns: ClassVar[bool] = True

    @property
    def source(self) -> str:
        """In words."""
        return f"DNS at {', '.join(self.servers)}" if self.servers else "DNS"

    def __call__(self, names: Collection[str]) -> Answers:
        """An answer for each name."""
        return asyncio.run(self._ask(sorted(names))) if names else {}

    async def _ask(self, names: Sequence[str]) -> Answers:
        from tocsin.doctor.zone import NoName, Silent, Zone  # noqa: PLC0415 -- start-up time

        zone = Zone(self.servers, self.seconds)

        async def one(name: str) -> Answer:
            try:
                return Answer(await zone.ask(name, "TXT"))
            except NoName:
                return Answer()
            except Silent as silence:
                return Answer(silence=f"DNS does not answer ({silence})")

        return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


@dataclass(frozen=True, slots=True)
class FromRecords:
    """Records that were given, such as those that the rehearsal relay writes; no DNS."""

    records: Answers
    source: str
    is_dns: ClassVar[bool] = False

    def __call__(self, names: Collection[str]) -> Answers:
        """An answer for each name: a name that is not among them does not exist."""
        return {name: self.records.get(name, Answer()) for name in names}


@dataclass(frozen=True, slots=True)
class Unasked:
    """Asks nobody."""

    source: str = "nobody"
    is_dns: ClassVar[bool] = False

    def __call__(self, names: Collection[str]) -> Answers:
        """Silence for each name."""
        return {name: Answer(silence="DNS was not asked") for name in names}
