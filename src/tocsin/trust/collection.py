"""What was collected from an endpoint: its addresses, their chains, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.base.clock import Instant, rfc3339
from tocsin.faults.fault import Finding
from tocsin.trust.certificate import Certificate
from tocsin.trust.facts import TlsFacts
from tocsin.trust.javaview import JavaView
from tocsin.trust.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the name and what it showed.

    `facts` is None when TLS was not reached. `verdict` is that of a handshake under the
    trust store and the cipher policy; `system` tells whether this machine's own public
    roots would have trusted it (None: not known). `older_chain` is what TLS 1.2 shows
    where it differs from what TLS 1.3 shows.
    """

    address: str
    facts: TlsFacts | None
    verdict: Verdict
    finding: Finding | None = None
    system: bool | None = None
    older_chain: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    """SHA-256 of each presented certificate, in the order of presentation."""

    def to_json(self) -> dict[str, object]:
        """CONTRACT: an element of `endpoints`."""
        facts = self.facts
        return {
            "address": self.address,
            "tls_version": facts.version if facts else None,
            "cipher": facts.cipher if facts else None,
            "temp_key": _temp_key(facts),
            "chain": list(self.chain),
            "chain_tls12": list(self.older_chain),
            "trusted": self.verdict.trusted,
            "anchor": self.verdict.anchor,
            "path": list(self.verdict.path),
            "system_trusted": self.system,
            "finding": _finding(self.finding),
        }


@dataclass(frozen=True, slots=True)
class Oddities:
    """What is unusual about a presented chain, by SHA-256. None of it breaks anything."""

    out_of_order: bool
    doubled: tuple[str, ...]
    unused: tuple[str, ...]
    cross_signed: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, object]:
        """Additional field `arrangement` of the collection."""
        return {
            "out_of_order": self.out_of_order,
            "doubled": list(self.doubled),
            "unused": list(self.unused),
            "cross_signed": [list(pair) for pair in self.cross_signed],
        }


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which certificate to add to the trust store, and why that one.

    `sha256` is None when it was not presented: then `name` says what to look for.
    """

    name: str
    sha256: str | None
    reason: str

    def to_json(self) -> dict[str, object]:
        """Additional field `recommendation` of the collection."""
        return {"name": self.name, "sha256": self.sha256, "reason": self.reason}


@dataclass(slots=True)
class Collection:
    """All that one run of `collect` found. `files` is filled by `save`."""

    host: str
    port: int
    mode: str
    collected_at: Instant
    endpoints: tuple[Endpoint, ...]
    certificates: tuple[Certificate, ...]
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    system: bool | None = None
    oddities: Oddities | None = None
    recommendation: Recommendation | None = None
    warnings: tuple[str, ...] = ()
    anchor_name: str | None = None
    """What the trust store calls the anchor that carries the chain."""
    anchor_of_system: bool = False
    """Whether that anchor is a root of the operating system, and not of the trust store."""
    java: JavaView | None = None
    """What a Java client with the same anchors would say of the first address's chain."""
    remarks: tuple[str, ...] = ()
    """The warnings, and what is missing, out of order, doubled or cross-signed, in words."""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def differing(self) -> bool:
        """Whether the addresses show different chains."""
        return len({one.chain for one in self.endpoints if one.chain}) > 1

    def certificate(self, sha256: str) -> Certificate | None:
        """The collected certificate of that fingerprint."""
        return next((one for one in self.certificates if one.sha256 == sha256), None)

    def to_json(self) -> dict[str, object]:
        """CONTRACT: the document of ``tocsin certs collect --json``."""
        verdict = self.verdict
        return {
            "host": self.host,
            "port": self.port,
            "mode": self.mode,
            "collected_at": rfc3339(self.collected_at),
            "endpoints": [one.to_json() for one in self.endpoints],
            "certificates": [self._certificate_json(one) for one in self.certificates],
            "verdict": {
                "trusted": verdict.trusted,
                "anchor": verdict.anchor,
                "anchor_name": self.anchor_name,
                "anchor_of_system": self.anchor_of_system,
                "code": verdict.code,
                "missing": list(verdict.missing),
            },
            "system_trusted": self.system,
            "differing": self.differing,
            "arrangement": self.oddities.to_json() if self.oddities else None,
            "recommendation": self.recommendation.to_json() if self.recommendation else None,
            "java": self.java.to_json() if self.java else None,
            "warnings": list(self.warnings),
            "remarks": list(self.remarks),
            "findings": [_finding(one) for one in self.findings],
        }

    def _certificate_json(self, one: Certificate) -> Mapping[str, object]:
        return {
            "sha256": one.sha256,
            "subject": one.subject,
            "issuer": one.issuer,
            "common_name": one.common_name,
            "serial": one.serial,
            "not_before": rfc3339(one.not_before),
            "not_after": rfc3339(one.not_after),
            "key": one.key,
            "signature": one.signature,
            "ca": one.is_ca,
            "self_signed": one.self_signed,
            "names": list(one.names),
            "ca_issuers": list(one.issuer_urls),
            "ocsp": list(one.ocsp_urls),
            "file": self.files.get(one.sha256),
        }


def _temp_key(facts: TlsFacts | None) -> dict[str, object] | None:
    if facts is None or facts.temp_key_kind is None:
        return None
    return {
        "kind": facts.temp_key_kind,
        "bits": facts.temp_key_bits,
        "group": facts.temp_key_group,
    }


def _finding(finding: Finding | None) -> dict[str, object] | None:
    return {"code": finding.code, "facts": dict(finding.facts)} if finding else None


def distinct(certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """Each certificate once, in the order of first sight."""
    return tuple({one.sha256: one for one in certificates}.values())
