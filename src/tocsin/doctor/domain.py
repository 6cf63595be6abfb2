"""What DNS says about the domain that mail is from: its records, as far as they can be known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from tocsin.doctor.diary import Diary
from tocsin.doctor.dmarc import is_dmarc, is_mta_sts, mta_sts_problem, places, read_dmarc
from tocsin.doctor.sight import Sight
from tocsin.doctor.spf import MOST_LOOKUPS, Record, is_spf, read_spf
from tocsin.doctor.zone import NoName, Silent, Zone
from tocsin.faults.fault import Finding, Seriousness

SES_DOMAIN = "amazonses.com"

Look = Callable[[], Awaitable[tuple[bool | None, str]]]
"""Gives whether it is as it should be, and what was answered."""

_SPECIAL = frozenset({"test", "invalid", "localhost", "local", "internal", "example", "onion"})
_DOCUMENTATION = frozenset({"com", "net", "org"})


def is_looked_up(domain: str) -> bool:
    """Whether the public DNS can know the name: no address, no single label, nothing reserved.

    RFC 2606, RFC 6761, RFC 6762 and RFC 7686 reserve names that are nobody's.
    """
    name = domain.casefold().removesuffix(".")
    labels = name.split(".")
    if name.startswith("[") or len(labels) == 1 or labels[-1] in _SPECIAL:
        return False
    if labels[-2] == "example" and labels[-1] in _DOCUMENTATION:
        return False
    try:
        ip_address(name)
    except ValueError:
        return True
    return False


class SenderDomain:
    """The look at one domain. `sights` holds what was found; nothing is worse than a warning.

    Args:
        ses: mail goes by Amazon SES, which brings an SPF domain and signatures of its own.
    """

    def __init__(self, domain: str, zone: Zone, diary: Diary, *, ses: bool) -> None:
        self._domain = domain
        self._zone = zone
        self._diary = diary
        self._ses = ses
        self.sights: list[Sight] = []

    async def look(self) -> None:
        """Ask for everything at once."""
        self._tell_dkim()
        await asyncio.gather(
            self._guarded("spf", self._domain, self._spf),
            self._guarded("dmarc", f"_dmarc.{self._domain}", self._dmarc),
            self._guarded("mta-sts", f"_mta-sts.{self._domain}", self._mta_sts),
            self._guarded("mx", self._domain, self._return_path),
        )

    async def _guarded(self, step: str, asked: str, look: Look) -> None:
        since = asyncio.get_running_loop().time()
        ok: bool | None
        try:
            ok, answered = await look()
        except Silent as silent:
            ok, answered = None, str(silent)
        self._diary.note(step, ok, asked, answered, since=since)

    def _found(self, step: str, code: str, most: Seriousness, **facts: str) -> None:
        finding = Finding(code, {"domain": self._domain, **facts})
        self.sights.append(Sight(finding, step, at_most=most))

    def _tell_dkim(self) -> None:
        words = (
            "the keys of Amazon SES have names that only its API and console tell"
            if self._ses
            else "which keys the relay signs with is known to the relay alone"
        )
        self._diary.note("dkim", None, self._domain, f"not looked at: {words}")

    # ------------------------------------------------------------------ SPF

    async def _spf(self) -> tuple[bool | None, str]:
        try:
            records = [one for one in await self._zone.ask(self._domain, "TXT") if is_spf(one)]
        except NoName:
            self._found("spf", "sender.domain-not-found", Seriousness.WARNING)
            return False, "the domain does not exist"
        if not records:
            # Mail by SES passes under SES's own domain, or a custom MAIL FROM domain.
            most = Seriousness.NOTE if self._ses else Seriousness.WARNING
            self._found("spf", "sender.spf-missing", most)
            return None if self._ses else False, "no record of SPF"
        if len(records) > 1:
            return self._bad_spf(records, f"there are {len(records)} records, one is allowed")
        record = read_spf(records[0])
        problem, lookups = await self._follow(record)
        if problem:
            return self._bad_spf(records, problem)
        return True, f"{record.text} ({lookups} lookups{self._mention_ses(record)})"

    def _mention_ses(self, record: Record) -> str:
        if not self._ses or record.takes_in(SES_DOMAIN):
            return ""
        return f"; without include:{SES_DOMAIN}, so SPF passes for the domain of SES alone"

    def _bad_spf(self, records: Sequence[str], problem: str) -> tuple[bool, str]:
        self._found("spf", "sender.spf-invalid", Seriousness.WARNING, problem=problem)
        return False, f"{' | '.join(records)} ({problem})"

    async def _follow(self, first: Record) -> tuple[str, int]:
        """The first problem of the record and those that it takes in, and all its lookups."""
        waiting, seen, lookups = [first], {self._domain}, 0
        while waiting:
            record = waiting.pop(0)
            lookups += record.lookups
            if record.problem:
                return record.problem, lookups
            if lookups > MOST_LOOKUPS:
                return f"it takes more than {MOST_LOOKUPS} lookups", lookups
            for domain in record.follows:
                if domain in seen:
                    continue
                seen.add(domain)
                below = await self._record_of(domain)
                if below is None:
                    return f"{domain} has no single record of SPF to take in", lookups
                waiting.append(below)
        return "", lookups

    async def _record_of(self, domain: str) -> Record | None:
        try:
            found = [one for one in await self._zone.ask(domain, "TXT") if is_spf(one)]
        except NoName:
            return None
        return read_spf(found[0]) if len(found) == 1 else None

    # ------------------------------------------------------------------ DMARC, MTA-STS, return path

    async def _dmarc(self) -> tuple[bool | None, str]:
        for place in places(self._domain):
            try:
                found = list(await self._zone.ask(f"_dmarc.{place}", "TXT"))
            except NoName:
                continue
            records = [one for one in found if is_dmarc(one)]
            if len(records) > 1:
                return self._bad_dmarc(records[0], f"there are {len(records)} records")
            if records:
                read = read_dmarc(records[0])
                if read.problem:
                    return self._bad_dmarc(records[0], read.problem)
                return True, f"{records[0]} (at {place}: {read.policy})"
            broken = [one for one in found if "dmarc1" in one.casefold()]
            if broken:
                return self._bad_dmarc(broken[0], "it does not begin with v=DMARC1")
        self._found("dmarc", "sender.dmarc-missing", Seriousness.NOTE)
        return None, "no record of DMARC"

    def _bad_dmarc(self, record: str, problem: str) -> tuple[bool, str]:
        self._found("dmarc", "sender.dmarc-invalid", Seriousness.WARNING, problem=problem)
        return False, f"{record} ({problem})"

    async def _mta_sts(self) -> tuple[bool | None, str]:
        try:
            found = await self._zone.ask(f"_mta-sts.{self._domain}", "TXT")
        except NoName:
            found = ()
        records = [one for one in found if is_mta_sts(one)]
        if not records:
            return None, "no record of MTA-STS; only mail to the domain would need it"
        problem = mta_sts_problem(records[0]) if len(records) == 1 else "more than one record"
        return (None if problem else True), f"{records[0]}{f' ({problem})' if problem else ''}"

    async def _return_path(self) -> tuple[bool | None, str]:
        """Whether notices about mail that was not delivered could come back."""
        try:
            exchangers = await self._zone.ask(self._domain, "MX")
            if exchangers and not all(one.endswith(" .") for one in exchangers):
                return True, ", ".join(sorted(exchangers))
            if exchangers:
                problem = "its MX says that it takes no mail (RFC 7505)"
            elif await self._zone.ask(self._domain, "A") or await self._zone.ask(
                self._domain, "AAAA"
            ):
                return True, "no MX; the domain's own address takes mail"
            else:
                problem = "it has neither MX nor an address"
        except NoName:
            return None, "the domain does not exist"
        self._found("mx", "sender.no-return-path", Seriousness.NOTE, problem=problem)
        return None, problem
