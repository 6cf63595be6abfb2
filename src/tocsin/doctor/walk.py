"""The walk: every step of the way to a relay, past a failure as far as is safe.

The password goes to a relay that was verified strictly, and nowhere else. What is looked at
behind a refused certificate is looked at without saying anything but EHLO.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.base.clock import Instant, now
from tocsin.doctor.clock import by_certificates, by_greeting
from tocsin.doctor.diagnosis import diagnose
from tocsin.doctor.diary import Diary
from tocsin.doctor.domain import SenderDomain, is_looked_up
from tocsin.doctor.envelope import ask_about_envelope
from tocsin.doctor.errand import Errand
from tocsin.doctor.evidence import evidence_of
from tocsin.doctor.further import Further
from tocsin.doctor.passage import OF_THE_CERTIFICATE, Passage, Way
from tocsin.doctor.remedies import NEIGHBOURS_ASKED, remedies
from tocsin.doctor.report import Report
from tocsin.doctor.seen import Seen
from tocsin.doctor.sight import Sight
from tocsin.doctor.step import Step
from tocsin.doctor.zone import Zone
from tocsin.faults.fault import Finding, Seriousness
from tocsin.mail.relay.dial import Address, resolve
from tocsin.mail.relay.fault import LocalTrouble, TlsTrouble, finding_of
from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.opening import Encryption
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.step import Step as SmtpStep
from tocsin.ses.credentials import judge_credentials
from tocsin.ses.host import judge_host
from tocsin.ses.region import region_of_host
from tocsin.trust.collect import expiring
from tocsin.trust.context import client_context
from tocsin.trust.policy import RefusedCiphers
from tocsin.trust.verdict import readable

if TYPE_CHECKING:
    from tocsin.doctor.account import AccountLook

_MOST_ADDRESSES = 8
_PATIENT_S = 30.0
"""How long a greeting is waited for that did not come in time."""
_DNS_S = 5.0
"""How long one question about the sender's domain may take."""


async def walk(errand: Errand, on_step: Callable[[Step], None] | None = None) -> Report:
    """Walk the way that a mail would take; `on_step` is told of each step as it ends.

    Never raises for what is wrong with the way: that is what the report is for.
    """
    began_at, began = now(), time.monotonic()
    walker = _Walker(errand, Diary(on_step))
    try:
        async with asyncio.timeout(errand.timeout_s):
            await walker.go()
    except TimeoutError:
        walker.run_out()
    return walker.report(began_at, round((time.monotonic() - began) * 1000, 3))


class _Walker:
    def __init__(self, errand: Errand, diary: Diary) -> None:
        self._errand = errand
        self._settings = errand.relay
        self._diary = diary
        self._sights: list[Sight] = []
        self._entered: list[Sight] = []
        """What is wrong with what was entered, by its form alone."""
        self._good: set[str] = set()
        self._seen = Seen()
        self._under_way: Passage | None = None
        self._signed_in = False
        self._visited = False
        """The way to the relay was gone through, well or not."""

    async def go(self) -> None:
        """All of it."""
        self._judge_entered()
        domain, account = self._sender_domain(), self._account()
        beside = (one for one in (domain, account) if one is not None)
        looking = [asyncio.create_task(one.look()) for one in beside]
        try:
            addresses = await self._resolve()
            if addresses:
                await self._visit(addresses)
            self._visited = True
            for one in looking:
                await one
        finally:
            for one in looking:
                one.cancel()
            await asyncio.gather(*looking, return_exceptions=True)
            if domain is not None:
                self._sights += domain.sights
            if account is not None:
                self._judge_account(account)

    def run_out(self) -> None:
        """The time for the whole walk is over: what was being waited for is what failed."""
        if self._visited:
            return  # only what stands beside the way was still looked at: that stops no mail
        passage, seconds = self._under_way, self._errand.timeout_s
        if passage is None:
            words = f"the walk was not over within {seconds:g} s"
            self._diary.note("dns", False, self._settings.host, words)
            self._sights.append(Sight(self._finding("dns.timeout"), "dns"))
        elif passage.address not in self._good:
            passage.interrupt(seconds)
            self._meet(passage)

    def report(self, began_at: Instant, ms: float) -> Report:
        """What came of it."""
        findings = diagnose((*self._sights, *self._remaining_entered()), self._good)
        return Report(
            host=self._settings.host,
            port=self._settings.port,
            encryption=self._settings.encryption.value,
            began_at=began_at,
            ms=ms,
            steps=tuple(self._diary.steps),
            findings=findings,
            remedies=remedies(findings, self._errand, self._seen, began_at),
        )

    # ------------------------------------------------------------------ what was entered

    def _judge_entered(self) -> None:
        settings = self._settings
        region = region_of_host(settings.host)
        found = judge_host(settings.host, settings.user or "")
        if found is not None:
            self._entered.append(Sight(found, "host"))
        if settings.user is None or settings.password is None:
            return
        shapes = judge_credentials(settings.user, settings.password, region)
        self._entered += [Sight(one, "credentials") for one in shapes]
        amazons = region is not None or settings.user.startswith("AKIA")
        if shapes or amazons:
            words = ", ".join(one.code for one in shapes) or "the form is right"
            self._diary.note("credentials", not shapes, "user name and password", words)

    def _remaining_entered(self) -> list[Sight]:
        """Who was let in was right, whatever the form; an old password will end all the same."""
        if not self._signed_in:
            return self._entered
        old = [one for one in self._entered if one.finding.code == "ses.old-password"]
        return [replace(one, at_most=Seriousness.WARNING) for one in old]

    def _sender_domain(self) -> SenderDomain | None:
        domain = (self._errand.sender or "").rpartition("@")[2]
        # Whoever names a server means that one, which may know more than the public does.
        named = bool(self._errand.nameservers) and "." in domain and not domain.startswith("[")
        if not named and not is_looked_up(domain):
            return None
        zone = Zone(self._errand.nameservers, min(_DNS_S, self._errand.timeout_s))
        ses = region_of_host(self._settings.host) is not None
        return SenderDomain(domain, zone, self._diary, ses=ses)

    def _account(self) -> AccountLook | None:
        if self._errand.aws is None:
            return None
        from tocsin.doctor.account import AccountLook  # noqa: PLC0415 -- with HTTP, seldom needed

        return AccountLook(self._errand.aws, self._errand, self._diary)

    def _judge_account(self, account: AccountLook) -> None:
        taken = any(one.name == "body" and one.ok for one in self._diary.steps)
        self._sights += account.sights(signed_in=self._signed_in, taken=taken)
        account.tell(self._seen)

    # ------------------------------------------------------------------ the way

    async def _resolve(self) -> list[Address]:
        settings, since = self._settings, asyncio.get_running_loop().time()
        try:
            found = await resolve(settings.host, settings.port, settings.deadlines.dns)
        except LocalTrouble as trouble:
            self._diary.note("dns", False, settings.host, trouble.words, since=since)
            facts = {"host": settings.host, "port": str(settings.port)}
            self._sights.append(Sight(finding_of(trouble, facts), "dns"))
            return []
        told = ", ".join(one.text for one in found)
        self._diary.note("dns", True, settings.host, told, since=since)
        return found[:_MOST_ADDRESSES]

    async def _visit(self, addresses: Sequence[Address]) -> None:
        """The first address as the sender takes it; the others up to their encryption.

        Where the first does not do, the others are looked at side by side, and the sign-in
        is tried at the first of them that does.
        """
        first, *others = addresses
        chief = await self._open(first, self._login())
        if chief is None:
            return
        await self._go_on(chief)
        chief = await self._wait_longer(chief)
        if others:
            seen = await asyncio.gather(*(self._open(one, None) for one in others))
            opened = [one for one in seen if one is not None]
            await asyncio.gather(*(self._go_on(one, envelope=False) for one in opened))
            stand_in = next((one for one in opened if one.failure is None), None)
            if stand_in is not None and not _came_to_sign_in(chief):
                # It is good once it has let us in, too.
                self._good.discard(stand_in.address)
                again = await self._open(stand_in.way.address, self._login())
                if again is not None:
                    await self._go_on(again)
        if not self._good:
            await self._ask_neighbours(addresses)

    async def _wait_longer(self, late: Passage) -> Passage:
        """A greeting that the sender would not wait for may come all the same."""
        finding = late.finding
        if finding is None or finding.code != "smtp.banner-timeout" or self._seen.ways:
            return late
        usual = self._settings.deadlines
        deadlines = replace(usual, greeting=_PATIENT_S, opening=usual.opening + _PATIENT_S)
        patient = replace(self._settings, deadlines=deadlines)
        again = await self._open(late.way.address, self._login(), patient)
        if again is None or (again.finding is not None and again.finding.code == finding.code):
            return late
        await self._go_on(again)
        return again

    async def _open(
        self, address: Address, login: Login | None, patient: RelaySettings | None = None
    ) -> Passage | None:
        """A strict connection up to the sign-in; None when our own policy offers nothing."""
        settings = patient or self._settings
        context = None
        if settings.encryption is not Encryption.NONE:
            try:
                context = client_context(settings.anchors, settings.policy)
            except RefusedCiphers as refused:
                facts = {"reason": str(refused), "stage": "tls"}
                self._sights.append(Sight(self._finding("tls.no-shared-cipher", facts), "tls"))
                return None
        way = Way(settings, address, settings.encryption, context, login)
        self._under_way = passage = Passage(way, self._diary)
        await passage.open()
        return passage

    async def _go_on(self, passage: Passage, *, envelope: bool = True) -> None:
        """What can be asked over an open connection; what can still be seen of one that failed."""
        if passage.tls is not None and passage.tls.chain:
            self._seen.chain = self._seen.chain or passage.tls.chain
        if passage.ready and passage.talks and envelope:
            self._signed_in |= passage.way.login is not None
            self._sights += await ask_about_envelope(passage, self._errand)
        opened = passage.ready
        before = passage.failure
        await passage.close()
        if passage.failure is not None and (before is None or not opened):
            self._meet(passage)
            opened = False
        if opened:
            self._good.add(passage.address)
            self._look_at_clock(passage)
            self._look_ahead(passage)
            return
        if before is not None and passage.ready:
            return  # told with the envelope
        if passage.secured:
            self._look_ahead(passage)
        further = Further(passage, self._seen, self._diary)
        self._sights += await further.look()
        self._look_at_clock(passage)

    def _meet(self, passage: Passage) -> None:
        finding, failure = passage.finding, passage.failure
        assert finding is not None
        assert failure is not None
        step = "certificate" if finding.code in OF_THE_CERTIFICATE else failure.step.value
        if isinstance(failure, TlsTrouble) and step != "certificate":
            step = "tls"
        self._sights.append(Sight(finding, step, passage.address, evidence_of(passage)))

    def _look_at_clock(self, passage: Passage) -> None:
        if passage.greeted_at is not None:
            ahead, sight = by_greeting(passage.greeting, passage.greeted_at)
            if ahead is not None:
                words = (
                    f"the relay's clock is {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'back'}"
                )
                self._diary.note("clock", sight is None, "the date in the greeting", words)
            if sight is not None:
                self._sights.append(sight)
        chain = readable(self._seen.chain)
        by_chain = by_certificates(chain, now()) if passage.address not in self._good else None
        if by_chain is not None:
            self._diary.note("clock", False, "the certificates", str(by_chain.evidence["seen"]))
            self._sights.append(by_chain)

    def _look_ahead(self, passage: Passage) -> None:
        chain = readable(passage.tls.chain) if passage.tls is not None else []
        for finding in expiring(self._settings.host, chain, now()):
            evidence = evidence_of(passage)
            self._sights.append(Sight(finding, "certificate", passage.address, evidence))

    async def _ask_neighbours(self, addresses: Sequence[Address]) -> None:
        """Whether another port of the host would do, for whoever wants to change to it."""
        codes = {one.finding.code for one in self._sights}
        settings = self._settings
        if (
            self._seen.ways
            or not codes & NEIGHBOURS_ASKED
            or settings.encryption is Encryption.NONE
        ):
            return
        further = Further.at(settings, addresses[0], self._seen, self._diary)
        await further.ask(one for one in self._errand.neighbours if one[0] != settings.port)

    def _login(self) -> Login | None:
        settings = self._settings
        if settings.user is None or settings.password is None:
            return None
        return Login(settings.user, settings.password, settings.sign_in)

    def _finding(self, code: str, facts: dict[str, str] | None = None) -> Finding:
        place = {"host": self._settings.host, "port": str(self._settings.port)}
        return Finding(code, {**place, **(facts or {})})


def _came_to_sign_in(passage: Passage) -> bool:
    """A sign-in is tried once: a second refusal may lock the user out."""
    failure = passage.failure
    return passage.ready or (failure is not None and failure.step is SmtpStep.AUTH)
