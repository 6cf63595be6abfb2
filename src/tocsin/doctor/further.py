"""A further look past a failure: at what is behind it, without ever saying a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from tocsin.base.clock import now
from tocsin.doctor.diary import Diary, quiet
from tocsin.doctor.evidence import evidence_of
from tocsin.doctor.passage import OF_THE_CERTIFICATE, Passage, Way
from tocsin.doctor.remedies import other_mode
from tocsin.doctor.seen import Seen
from tocsin.doctor.sight import Sight
from tocsin.faults.fault import Finding
from tocsin.mail.relay.dial import Address
from tocsin.mail.relay.fault import LocalTrouble, finding_of
from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.failure import ConversationFailure
from tocsin.mail.smtp.opening import Encryption
from tocsin.mail.smtp.sasl import Login, choose
from tocsin.mail.smtp.step import Step
from tocsin.trust.anchor import SMALLEST_KEY
from tocsin.trust.collect import expiring
from tocsin.trust.context import client_context, looking_context, offered_ciphers
from tocsin.trust.policy import CipherPolicy, RefusedCiphers
from tocsin.trust.verdict import judge_all, readable

_BEFORE_TLS = frozenset({Step.EHLO, Step.STARTTLS, Step.TLS})
_DHE = ("DHE-", "EDH-")
_MISUNDERSTOOD = frozenset({"smtp.banner-timeout", "tls.wrong-mode", "smtp.closed-early"})


_STEP = "look"


class Further:
    """The look behind one failed connection; what it learns goes to `seen` as well.

    Each connection of it is one step, without a verdict: none of them is the way of a mail.
    """

    def __init__(self, failed: Passage, seen: Seen, diary: Diary) -> None:
        self._failed = failed
        self._diary = diary
        self._settings = failed.way.settings
        self._address = failed.way.address
        self._seen = seen

    @classmethod
    def at(cls, settings: RelaySettings, address: Address, seen: Seen, diary: Diary) -> Further:
        """For a look at other ports alone."""
        passage = Passage(Way(settings, address, settings.encryption, None), quiet())
        return cls(passage, seen, diary)

    async def look(self) -> list[Sight]:
        """What else is wrong, as far as it can be seen without trusting the relay."""
        failure, finding = self._failed.failure, self._failed.finding
        if failure is None or finding is None or isinstance(failure, LocalTrouble):
            return []
        if self._settings.encryption is Encryption.NONE:
            return []
        sights: list[Sight] = []
        if finding.code in _MISUNDERSTOOD:
            sights += await self._try_other_mode(finding)
        before_tls = failure.step in _BEFORE_TLS and not self._failed.secured
        if before_tls and finding.code != "tls.wrong-mode":
            sights += await self._look_behind()
        if finding.code == "tls.dh-too-small":
            await self._try_without_dhe()
        return sights

    async def ask(self, ways: Iterable[tuple[int, Encryption]]) -> None:
        """Which other ports of the host work, up to a certificate that is trusted."""
        found = list(ways)
        answers = await asyncio.gather(*(self._works(*one) for one in found))
        self._seen.ways += [one for one, works in zip(found, answers, strict=True) if works]

    # ------------------------------------------------------------------ looks

    async def _try_other_mode(self, finding: Finding) -> list[Sight]:
        """Whether TLS begins at another moment here than the settings say."""
        mode = other_mode(self._settings.encryption)
        port = int(str(self._address.target[1]))
        loose = await self._loosely(mode, self._address)
        if loose.tls is None or loose.tls.version is None:
            return []
        self._seen.ways.append((port, mode))
        sights = []
        if finding.code != "tls.wrong-mode":
            words = "an SMTP greeting" if mode is Encryption.SMTPS else "a TLS handshake"
            facts = {"stage": "tls", "expected": words, "received": "silence"}
            facts["reason"] = f"the port answers as {mode.value} is spoken"
            wrong = Finding("tls.wrong-mode", {**self._failed.facts, **facts})
            sights.append(Sight(wrong, "tls", self._failed.address, evidence_of(loose)))
        return sights + self._of_chain(loose)

    async def _look_behind(self) -> list[Sight]:
        loose = await self._loosely(self._settings.encryption, self._address)
        failed = self._failed.failure
        assert failed is not None
        sights = []
        if loose.injected and failed.step is not Step.STARTTLS:
            facts = {**loose.facts, "stage": "starttls"}
            found = Finding("smtp.starttls-injection", facts)
            sights.append(Sight(found, "starttls", loose.address, evidence_of(loose)))
        sights += self._of_chain(loose)
        sights += self._of_exchange(loose)
        own, found_loosely = self._failed.finding, loose.finding
        if not loose.secured:
            if found_loosely is not None and _was_hidden(found_loosely, behind=own):
                sights.append(Sight(found_loosely, "tls", loose.address, evidence_of(loose)))
            return sights
        if loose.failure is not None and loose.finding is not None:
            step = loose.failure.step.value
            sights.append(Sight(loose.finding, step, loose.address, evidence_of(loose)))
        elif loose.ready:
            sights += self._of_sign_in(loose)
        return sights

    def _of_chain(self, loose: Passage) -> list[Sight]:
        """Everything that is wrong with the certificates: the refusal named one thing alone."""
        chain = loose.tls.chain if loose.tls is not None else ()
        if not chain:
            return []
        self._seen.chain = chain
        settings = self._settings
        own = self._failed.finding
        strictly = own is not None and own.code in OF_THE_CERTIFICATE
        found = [
            *judge_all(chain, settings.anchors, settings.host, now()),
            *expiring(settings.host, readable(chain), now()),
        ]
        evidence = evidence_of(loose)
        place = {**loose.facts, "stage": "tls"}
        return [
            Sight(Finding(one.code, {**one.facts, **place}), "certificate", loose.address, evidence)
            for one in found
            if not (strictly and own is not None and one.code == own.code)
        ]

    def _of_exchange(self, loose: Passage) -> list[Sight]:
        """A weak Diffie-Hellman, which a strict handshake comes to after the certificates."""
        facts, policy = loose.tls, self._settings.policy
        bits = facts.temp_key_bits if facts is not None and facts.temp_key_kind == "DH" else None
        met = any(one.startswith(_DHE) for one in offered_ciphers(policy))
        if bits is None or bits >= SMALLEST_KEY["RSA"] or not met:
            return []
        said = {"stage": "tls", "bits": str(bits), "limit": str(SMALLEST_KEY["RSA"])}
        finding = Finding("tls.dh-too-small", {**loose.facts, **said})
        return [Sight(finding, "tls", loose.address, evidence_of(loose))]

    def _of_sign_in(self, loose: Passage) -> list[Sight]:
        settings = self._settings
        self._seen.mechanisms = tuple(loose.capabilities.mechanisms)
        if settings.user is None or settings.password is None:
            return []
        login = Login(settings.user, settings.password, settings.sign_in)
        try:
            choose(login, loose.capabilities.mechanisms)
        except ConversationFailure as failure:
            finding = finding_of(failure, loose.facts)
            return [Sight(finding, "auth", loose.address, evidence_of(loose))]
        return []

    async def _try_without_dhe(self) -> None:
        policy = self._settings.policy
        bare = CipherPolicy(f"{policy.ciphers}:!DHE:!EDH", policy.minimum, policy.maximum)
        try:
            context = client_context(self._settings.anchors, bare)
        except RefusedCiphers:
            return
        way = Way(self._settings, self._address, self._settings.encryption, context)
        works = await self._secures(way, "the handshake without DHE")
        self._seen.works_without_dhe = works

    async def _works(self, port: int, encryption: Encryption) -> bool:
        family = self._address.target
        address = replace(self._address, target=(family[0], port, *family[2:]))
        try:
            context = client_context(self._settings.anchors, self._settings.policy)
        except RefusedCiphers:
            return False
        way = Way(self._settings, address, encryption, context)
        return await self._secures(way, f"port {port} with {encryption.value}")

    async def _secures(self, way: Way, asked: str) -> bool:
        """Whether it comes to a certificate that is trusted; nothing more is said there."""
        since = asyncio.get_running_loop().time()
        passage = Passage(way, quiet())
        await passage.open()
        secured = passage.secured
        await passage.close()
        answered = "works up to the certificate" if secured else _failure_of(passage)
        self._diary.note(_STEP, None, asked, answered, address=passage.address, since=since)
        return secured

    async def _loosely(self, encryption: Encryption, address: Address) -> Passage:
        since = asyncio.get_running_loop().time()
        way = Way(self._settings, address, encryption, looking_context(), loose=True)
        passage = Passage(way, quiet())
        await passage.open()
        await passage.close()
        asked = f"{encryption.value} without trust, saying EHLO alone"
        self._diary.note(
            _STEP, None, asked, _found_behind(passage), address=passage.address, since=since
        )
        return passage


def _found_behind(loose: Passage) -> str:
    """What a look without trust came to, in a line."""
    facts = loose.tls
    if facts is None or facts.version is None:
        return _failure_of(loose)
    words = [facts.version, f"{len(facts.chain)} certificates"]
    if loose.ready:
        offered = " ".join(loose.capabilities.mechanisms)
        words.append(f"sign-in by {offered}" if offered else "no sign-in is offered")
    elif loose.finding is not None:
        words.append(loose.finding.code)
    return ", ".join(words)


def _failure_of(passage: Passage) -> str:
    return "nothing" if passage.finding is None else passage.finding.code


def _was_hidden(found: Finding, *, behind: Finding | None) -> bool:
    """TLS fails also for whoever accepts anything, and for a reason that the first one hid."""
    wanted = found.code == "tls.client-certificate-required"
    return wanted and (behind is None or behind.code != found.code)
