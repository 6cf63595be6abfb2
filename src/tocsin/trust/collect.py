"""Collecting the chain that an endpoint presents, at every address of its name.

One `probe` is one connection; this module runs them for each address and folds what
they saw into one `Collection`. Failures are findings in it, never exceptions.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from tocsin.base.clock import DAY, Instant, now, rfc3339
from tocsin.faults.fault import Finding
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate
from tocsin.trust.collection import Collection, Endpoint, Oddities, distinct
from tocsin.trust.context import client_context, looking_context
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.hostname import plain_host
from tocsin.trust.javaview import java_view
from tocsin.trust.lookup import resolve
from tocsin.trust.path import arrange
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy, RefusedCiphers
from tocsin.trust.probe import Probe, Target, probe
from tocsin.trust.publicroots import begin_comparing, begin_loading, without_newest
from tocsin.trust.recommendation import recommend
from tocsin.trust.remark import remarks, warnings_of
from tocsin.trust.report import text_report
from tocsin.trust.saving import save
from tocsin.trust.verdict import Verdict, judge, readable

__all__ = ["Collection", "collect", "mode_of", "save", "text_report"]

WRAPPER_PORTS = frozenset({465, 2465})
"""Where TLS begins at once: RFC 8314 section 7.3, and the second port of SES."""

EXPIRING = 14 * DAY
"""A certificate that ends sooner is told about; SES renews its own much earlier."""

_MOST_ADDRESSES = 32
_AT_ONCE = 8
_STAGES = 3
_VERSION_TROUBLE = frozenset(
    {"tls.version-too-old", "tls.no-shared-cipher", "tls.handshake-dropped"}
)


_NOT_TRUSTED = frozenset(
    {"tls.untrusted-issuer", "tls.incomplete-chain", "tls.self-signed", "tls.intercepted"}
)


def mode_of(port: int) -> str:
    """How TLS begins on a port unless told otherwise: ``smtps`` at once, else ``starttls``."""
    return "smtps" if port in WRAPPER_PORTS else "starttls"


async def collect(
    host: str,
    port: int = 587,
    mode: str | None = None,
    *,
    anchors: Sequence[Anchor] = (),
    policy: CipherPolicy = DEFAULT_POLICY,
    timeout: float = 30.0,  # noqa: ASYNC109 -- it is shared out among the stages
) -> Collection:
    """Look at every address of the name, by STARTTLS or TLS at once.

    `timeout` (seconds) bounds the whole; one stage of one connection takes at most a
    third of it.

    Raises:
        RefusedCiphers: the policy leaves nothing to offer.
    """
    chosen = mode or mode_of(port)
    name = plain_host(host)
    begin_comparing(policy)
    until = asyncio.get_running_loop().time() + timeout
    stage = timeout / _STAGES
    try:
        addresses = (await resolve(name, port, stage))[:_MOST_ADDRESSES]
    except ProbeFailure as failure:
        return _without_endpoints(name, port, chosen, failure.finding)
    limit = asyncio.Semaphore(_AT_ONCE)
    contexts = _Contexts(anchors, policy)

    async def look(address: str) -> Endpoint:
        async with limit:
            return await _look(Target(name, address, port, chosen, stage, until), contexts)

    endpoints = await asyncio.gather(*(look(address) for address in addresses))
    return _fold(name, port, chosen, endpoints, anchors)


def _without_endpoints(host: str, port: int, mode: str, finding: Finding) -> Collection:
    verdict = Verdict(trusted=False, anchor=None, code=finding.code, finding=finding)
    return Collection(host, port, mode, now(), (), (), verdict, findings=(finding,))


class _Contexts:
    """The contexts of one run, made before or when first needed."""

    def __init__(self, anchors: Sequence[Anchor], policy: CipherPolicy) -> None:
        self.anchors, self.policy = anchors, policy
        self.strict = _strict_context(tuple(anchors), policy)

    async def system(self) -> ssl.SSLContext:
        return await _loaded(self.policy)

    async def older(self) -> ssl.SSLContext | None:
        """None where the policy wants nothing older than TLS 1.3."""
        if self.policy.minimum != "1.2":
            return None
        try:
            return await _loaded(without_newest(self.policy))
        except RefusedCiphers:
            return None

    @cached_property
    def looking(self) -> ssl.SSLContext:
        return looking_context()


@lru_cache(maxsize=8)
def _strict_context(anchors: tuple[Anchor, ...], policy: CipherPolicy) -> ssl.SSLContext:
    """Kept, because a manager looks at the same relays under the same trust store."""
    return client_context(anchors, policy)


async def _loaded(policy: CipherPolicy) -> ssl.SSLContext:
    loading = begin_loading(policy)
    return loading.result() if loading.done() else await asyncio.wrap_future(loading)


async def _look(target: Target, contexts: _Contexts) -> Endpoint:
    """All that one address shows: strictly, for comparison beside it, then what else it has."""
    try:
        strict, compared = await _look_both_ways(target, contexts)
    except ValueError as error:  # a name that cannot stand in a handshake
        finding = Finding("dns.not-found", {**target.facts, "reason": str(error)})
        return _endpoint(target, Probe(False, None, finding), contexts.anchors)
    if strict.facts is None or not strict.facts.chain:
        return _endpoint(target, await _look_again(target, strict, contexts), contexts.anchors)
    endpoint = _endpoint(target, strict, contexts.anchors)
    older = _fingerprints(compared.facts.chain) if compared.facts else ()
    return replace(
        endpoint,
        system=_system_verdict(compared),
        older_chain=older if older != endpoint.chain else (),
    )


async def _look_both_ways(target: Target, contexts: _Contexts) -> tuple[Probe, Probe]:
    """The strict look and the comparison, at the same time: each takes several round trips.

    A relay may let in one connection of ours at a time. Where only one of the two came as far
    as TLS, the other is made again alone.

    Raises:
        ValueError: the name cannot stand in a handshake.
    """
    comparing = asyncio.create_task(_compare(target, contexts))
    try:
        strict = await _probe_strictly(target, contexts)
        compared = await comparing
    finally:
        comparing.cancel()
        await asyncio.gather(comparing, return_exceptions=True)
    if _came_to_tls(strict) and not _came_to_tls(compared):
        compared = await _compare(target, contexts)
    elif _came_to_tls(compared) and not _came_to_tls(strict):
        strict = await _probe_strictly(target, contexts)
    return strict, compared


async def _probe_strictly(target: Target, contexts: _Contexts) -> Probe:
    return await probe(target, contexts.strict, contexts.anchors, goodbye=True)


def _came_to_tls(seen: Probe) -> bool:
    return seen.facts is not None and seen.facts.version is not None


async def _look_again(target: Target, strict: Probe, contexts: _Contexts) -> Probe:
    """Without the policy: what a relay has that we refuse, or whether its port is TLS at once."""
    finding = strict.finding
    code = finding.code if finding else ""
    if code == "smtp.banner-timeout":
        wrapped = await probe(replace(target, mode="smtps"), contexts.looking)
        if wrapped.facts and wrapped.facts.version:
            facts = {**target.facts, "received": "silence", "expected": "an SMTP greeting"}
            facts["reason"] = "the port answers a TLS handshake at once: use SMTPS"
            return Probe(False, None, Finding("tls.wrong-mode", facts))
    if code in _VERSION_TROUBLE:
        loose = await probe(target, contexts.looking)
        if finding and loose.established and loose.facts:
            has = {"relay_version": loose.facts.version or "", "relay_cipher": loose.facts.cipher}
            shown = {name: value for name, value in has.items() if value}
            return Probe(False, loose.facts, Finding(code, {**finding.facts, **shown}))
    return strict


async def _compare(target: Target, contexts: _Contexts) -> Probe:
    """Under this machine's public roots, and where possible under TLS 1.2.

    One connection answers two questions: whether the public would trust it, and
    whether TLS 1.2 shows another chain than TLS 1.3 does.
    """
    context = await contexts.older()
    if context is not None:
        older = await probe(target, context)
        if older.finding is None or older.finding.code not in _VERSION_TROUBLE:
            return older
    return await probe(target, await contexts.system())


def _system_verdict(compared: Probe) -> bool | None:
    if compared.established:
        return True
    code = compared.finding.code if compared.finding else None
    return False if code in _NOT_TRUSTED else None


def _endpoint(target: Target, seen: Probe, anchors: Sequence[Anchor]) -> Endpoint:
    chain = seen.facts.chain if seen.facts else ()
    facts = seen.facts if seen.facts and (seen.facts.version or chain) else None
    return Endpoint(
        address=target.address,
        facts=facts,
        verdict=_verdict(target, seen, anchors),
        finding=seen.finding,
        chain=_fingerprints(chain),
    )


def _verdict(target: Target, seen: Probe, anchors: Sequence[Anchor]) -> Verdict:
    """The handshake's word on trust; the chain's explanation of it."""
    code = seen.finding.code if seen.finding else None
    if seen.facts is None or not seen.facts.chain:
        return Verdict(trusted=False, anchor=None, code=code, finding=seen.finding)
    explained = judge(seen.facts.chain, anchors, target.host, now())
    if not seen.established or seen.facts.verified == ():
        return replace(explained, trusted=False, anchor=None, code=code, finding=seen.finding)
    anchor = _anchor_of(seen.facts.verified, anchors) or explained.anchor
    return replace(explained, trusted=True, anchor=anchor, code=code, finding=seen.finding)


def _anchor_of(verified: Sequence[bytes], anchors: Sequence[Anchor]) -> str | None:
    """The first certificate of OpenSSL's way that the trust store holds."""
    trusted = {one.certificate.sha256 for one in anchors}
    return next((one for one in _fingerprints(verified) if one in trusted), None)


def _fingerprints(chain: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(hashlib.sha256(der).hexdigest() for der in chain)


def _fold(
    host: str, port: int, mode: str, endpoints: Sequence[Endpoint], anchors: Sequence[Anchor]
) -> Collection:
    seen = [der for one in endpoints if one.facts for der in one.facts.chain]
    certificates = distinct(readable(seen))
    reached = [one for one in endpoints if one.chain]
    verdict = _common_verdict(reached or list(endpoints))
    chain = readable(reached[0].facts.chain) if reached and reached[0].facts else []
    answers = {one.system for one in reached}
    carrier = next((one for one in anchors if one.certificate.sha256 == verdict.anchor), None)
    found = Collection(
        host,
        port,
        mode,
        now(),
        tuple(endpoints),
        certificates,
        verdict,
        findings=(*_failures(endpoints), *expiring(host, certificates, now())),
        system=answers.pop() if len(answers) == 1 else None,
        oddities=_oddities(chain, anchors),
        recommendation=recommend(chain, verdict, anchors),
        warnings=warnings_of(certificates, endpoints),
        anchor_name=carrier.name if carrier else None,
        anchor_of_system=carrier is not None and carrier.system,
        java=java_view(chain, anchors, host, now()),
    )
    found.remarks = remarks(found)
    return found


def _common_verdict(endpoints: Sequence[Endpoint]) -> Verdict:
    """That of the first address that is not trusted, else that of the first."""
    refused = [one.verdict for one in endpoints if not one.verdict.trusted]
    return (refused or [one.verdict for one in endpoints])[0]


def _failures(endpoints: Sequence[Endpoint]) -> list[Finding]:
    return [one.finding for one in endpoints if one.finding is not None]


def expiring(host: str, certificates: Sequence[Certificate], at: Instant) -> list[Finding]:
    """A warning for each certificate that ends within `EXPIRING`."""
    return [
        Finding(
            "tls.expiring",
            {"host": host, "subject": one.subject, "expires": rfc3339(one.not_after)[:19] + "Z"},
        )
        for one in certificates
        if at <= one.not_after < at + EXPIRING
    ]


def _oddities(chain: Sequence[Certificate], anchors: Sequence[Anchor]) -> Oddities | None:
    odd = arrange(chain, [one.certificate for one in anchors])
    if odd is None:
        return None
    return Oddities(
        odd.out_of_order,
        tuple(one.sha256 for one in odd.doubled),
        tuple(one.sha256 for one in odd.unused),
        tuple((one.sha256, other.sha256) for one, other in odd.twins),
    )
