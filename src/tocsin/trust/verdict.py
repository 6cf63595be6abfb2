"""Why a chain is or is not trusted, in fault codes.

The verdict that counts is that of the live handshake. This module explains it: it
orders the chain, names the issuer that is missing and the anchor that carries it, and
tells an incomplete chain from an unknown authority, which OpenSSL reports alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.clock import Instant, rfc3339
from tocsin.faults.fault import Finding
from tocsin.trust.anchor import SMALLEST_KEY, Anchor
from tocsin.trust.certificate import Certificate, NotCertificates, parse_certificate
from tocsin.trust.constraint import violation
from tocsin.trust.hostname import covers, plain_host
from tocsin.trust.path import Path, find_path
from tocsin.trust.published import AMAZON_ORGANIZATIONS, any_of_amazon, is_amazon_host, is_impostor

_SERVER_PURPOSES = {"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"}
_WEAK_SIGNATURES = ("md5", "sha1")
_MOST_NAMES = 12

# Error numbers of X509_STORE_CTX_get_error(3) that do not need the chain to tell.
_CODES = {
    7: "tls.invalid-chain",
    9: "tls.not-yet-valid",
    10: "tls.expired",
    18: "tls.self-signed",
    23: "tls.revoked",
    26: "tls.wrong-purpose",
    62: "tls.name-mismatch",
    64: "tls.name-mismatch",
    66: "tls.weak-key",
    67: "tls.weak-key",
    68: "tls.weak-signature",
}
_NO_PATH = frozenset({2, 19, 20, 21})

# Words in the names of authorities that inspecting devices bring with them.
_INSPECTORS = (
    "zscaler",
    "fortinet",
    "fortigate",
    "palo alto",
    "netskope",
    "blue coat",
    "bluecoat",
    "forcepoint",
    "websense",
    "sophos",
    "check point",
    "watchguard",
    "barracuda",
    "sonicwall",
    "mcafee web gateway",
    "kaspersky",
    "bitdefender",
    "avast",
    "mitmproxy",
    "squid",
    "untangle",
    "umbrella",
    "tls inspection",
    "ssl inspection",
    "tls interception",
    "ssl interception",
    "proxy ca",
    "web proxy",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a chain leads to an anchor, and what stands in the way if not.

    `anchor` is the SHA-256 of the anchor that carries it; `missing` names the issuers
    that were neither presented nor trusted; `path` the way found, leaf first.
    """

    trusted: bool
    anchor: str | None
    code: str | None
    missing: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    finding: Finding | None = None


def readable(chain: Sequence[bytes]) -> list[Certificate]:
    """The certificates of a chain that can be parsed; OpenSSL takes a few that cannot."""
    found = []
    for der in chain:
        try:
            found.append(parse_certificate(der))
        except NotCertificates:
            continue
    return found


def judge(
    chain: Sequence[bytes],
    anchors: Sequence[Anchor],
    host: str,
    now: Instant,
    *,
    refused: int | None = None,
    reason: str = "",
    known: Sequence[Certificate] = (),
) -> Verdict:
    """Explain a presented chain (DER, leaf first) against the trust store.

    `refused` is OpenSSL's error number when a handshake was refused: it decides, and the
    chain only says which certificate and why. Without it the chain is checked here, in
    OpenSSL's order. `known` are certificates seen earlier that might fill a gap.
    """
    certificates = readable(chain)
    path = find_path(certificates, [one.certificate for one in anchors])
    if path is None:
        finding = Finding("tls.invalid-chain", {"host": host, "problem": "no readable certificate"})
        return Verdict(False, None, finding.code, finding=finding)
    case = _Case(path, certificates, anchors, plain_host(host), now, known)
    finding_or_none = case.check() if refused is None else case.explain(refused, reason)
    code = finding_or_none.code if finding_or_none else None
    trusted = finding_or_none is None and path.anchor is not None
    return Verdict(
        trusted=trusted,
        anchor=path.anchor.sha256 if path.anchor and trusted else None,
        code=code,
        missing=() if path.anchor or path.top.self_signed else (path.top.issuer,),
        path=tuple(one.sha256 for one in path.whole),
        finding=finding_or_none,
    )


def judge_all(
    chain: Sequence[bytes], anchors: Sequence[Anchor], host: str, now: Instant
) -> tuple[Finding, ...]:
    """Everything that is wrong with a presented chain, each code once, in OpenSSL's order.

    A handshake names the first of them alone: a chain of an unknown authority may have
    expired besides, and be for another name.
    """
    certificates = readable(chain)
    path = find_path(certificates, [one.certificate for one in anchors])
    if path is None:
        return ()
    case = _Case(path, certificates, anchors, plain_host(host), now, ())
    return tuple({one.code: one for one in case.check_all()}.values())


@dataclass(frozen=True, slots=True)
class _Case:
    path: Path
    presented: Sequence[Certificate]
    anchors: Sequence[Anchor]
    host: str
    now: Instant
    known: Sequence[Certificate]

    def check(self) -> Finding | None:
        """The first thing wrong, in the order in which OpenSSL looks (X509_verify_cert)."""
        return next(self.check_all(), None)

    def check_all(self) -> Iterator[Finding]:
        """Everything wrong, in that order."""
        leaf, above = self.path.certificates[0], self.path.whole[1:]
        if self.path.anchor is None:
            yield self._no_path()
        if leaf.purposes and not _SERVER_PURPOSES & set(leaf.purposes):
            yield self._about("tls.wrong-purpose", leaf)
        for issuer in above:
            if not issuer.is_ca:
                yield self._about("tls.invalid-chain", issuer, reason="its issuer is no CA")
        overstepped = violation(self.path.whole)
        if overstepped is not None:
            yield self._about("tls.invalid-chain", overstepped[0], reason=overstepped[1])
        weak = (self._weak_key(), self._weak_signature())
        yield from filter(None, (*weak, self._mismatch(leaf), self._out_of_time()))

    def explain(self, refused: int, reason: str) -> Finding:
        """The finding for an OpenSSL error number, with the certificate that it concerns."""
        if refused in _NO_PATH:
            if self.path.anchor is not None:
                # OpenSSL also compares key identifiers, which can lead it elsewhere.
                return self._about("tls.untrusted-issuer", self.path.top, reason=reason)
            return self._no_path()
        code = _CODES.get(refused, "tls.invalid-chain")
        about = {
            "tls.expired": self._out_of_time,
            "tls.not-yet-valid": self._out_of_time,
            "tls.weak-key": self._weak_key,
            "tls.weak-signature": self._weak_signature,
        }.get(code)
        found = about() if about else None
        if found is not None and found.code == code:
            return Finding(code, {**found.facts, "reason": reason})
        return self._about(code, self.path.certificates[0], reason=reason)

    def _mismatch(self, leaf: Certificate) -> Finding | None:
        return None if covers(leaf.names, self.host) else self._about("tls.name-mismatch", leaf)

    def _weak_key(self) -> Finding | None:
        for one in self.path.whole:
            if 0 < one.key_bits < SMALLEST_KEY.get(one.key.split(" ")[0], 0):
                return self._about("tls.weak-key", one)
        return None

    def _weak_signature(self) -> Finding | None:
        for one in self.path.certificates:
            trusted = self.path.anchor is not None and one.sha256 == self.path.anchor.sha256
            old = any(digest in one.signature.casefold() for digest in _WEAK_SIGNATURES)
            if old and not one.self_signed and not trusted:
                return self._about("tls.weak-signature", one)
        return None

    def _out_of_time(self) -> Finding | None:
        for one in reversed(self.path.whole):
            if one.not_before > self.now:
                return self._about("tls.not-yet-valid", one)
            if one.not_after < self.now:
                return self._about("tls.expired", one)
        return None

    def _no_path(self) -> Finding:
        path, top = self.path, self.path.top
        if top.self_signed:
            if len(path.certificates) == 1:
                return self._about("tls.self-signed", top)
            return self._unknown_authority("the root was sent, but is not in the trust store")
        if any(one.certificate.subject_id == top.issuer_id for one in self.anchors):
            return self._unknown_authority(
                "the trust store holds a certificate of this name, but another key: "
                "the authority was re-keyed, or somebody borrows its name"
            )
        if any(
            one.subject_id == top.issuer_id and one.sha256 != top.sha256 for one in self.presented
        ):
            reason = "a certificate is not signed by the one that it names as its issuer"
            return self._about("tls.invalid-chain", top, reason=reason)
        if self._gap_can_be_filled() or self._gap_is_likely():
            return self._about("tls.incomplete-chain", top)
        if len(path.certificates) == 1:
            return self._unknown_authority("the relay sent only its own certificate")
        return self._unknown_authority("")

    def _gap_can_be_filled(self) -> bool:
        if not self.known:
            return False
        trusted = [one.certificate for one in self.anchors]
        longer = find_path([*self.path.certificates, *self.known], trusted)
        return longer is not None and longer.anchor is not None

    def _gap_is_likely(self) -> bool:
        """Whether a lone certificate's issuer looks like an intermediate below an anchor.

        The name is all there is: an issuer that calls itself a root would not be left
        out; one that shares its organization, or the first word of its name, with an
        anchor belongs to it.
        """
        top = self.path.top
        if len(self.path.certificates) > 1 or not self.anchors:
            return False
        if "root" in top.issuer_common_name.casefold().split():
            return False
        return any(_same_house(top, one.certificate) for one in self.anchors)

    def _unknown_authority(self, reason: str) -> Finding:
        code = "tls.intercepted" if self._looks_intercepted() else "tls.untrusted-issuer"
        if is_impostor(self.path.top):
            reason = "it bears the name of a published root, but its key is another one"
        return self._about(code, self.path.top, reason=reason)

    def _looks_intercepted(self) -> bool:
        path = self.path.certificates
        said = " ".join(f"{one.subject} {one.issuer}" for one in path).casefold()
        if any(word in said for word in _INSPECTORS):
            return True
        return is_amazon_host(self.host) and not any_of_amazon(path)

    def _about(self, code: str, certificate: Certificate, *, reason: str = "") -> Finding:
        facts = {"host": self.host, **certificate_facts(certificate)}
        facts["presented"] = str(len(self.presented))
        if certificate.issuer_urls:
            facts["issuer_url"] = certificate.issuer_urls[0]
        if reason:
            facts["reason"] = reason
        if code == "tls.invalid-chain" and reason:
            facts["problem"] = reason
        if code in {"tls.expired", "tls.not-yet-valid"}:
            facts["now"] = _second(self.now)
        return Finding(code, facts)


def certificate_facts(certificate: Certificate) -> Mapping[str, str]:
    """What is said of a certificate in a finding."""
    names = list(certificate.names[:_MOST_NAMES])
    if len(certificate.names) > _MOST_NAMES:
        names.append(f"and {len(certificate.names) - _MOST_NAMES} more")
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": ", ".join(names) or "none",
        "not_before": _second(certificate.not_before),
        "expires": _second(certificate.not_after),
        "key": certificate.key,
        "bits": str(certificate.key_bits),
        "signature": certificate.signature,
        "sha256": certificate.sha256,
    }


def _same_house(below: Certificate, anchor: Certificate) -> bool:
    if below.issuer_organization and anchor.organization:
        same = below.issuer_organization.casefold() == anchor.organization.casefold()
        amazon = {below.issuer_organization.casefold(), anchor.organization.casefold()}
        return same or amazon <= set(AMAZON_ORGANIZATIONS)
    first = [name.casefold().split()[:1] for name in (below.issuer_common_name, anchor.common_name)]
    return first[0] == first[1] != []


def _second(instant: Instant) -> str:
    return rfc3339(instant)[:19] + "Z"
