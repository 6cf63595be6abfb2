"""What a deep probe found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.base.clock import Instant, rfc3339
from tocsin.faults.fault import Finding
from tocsin.trust.anchor import SMALLEST_KEY
from tocsin.trust.deep.suites import TLS12, Suite
from tocsin.trust.wire import VERSION_NAMES, TemporaryKey

SERVER, CLIENT = "server", "client"
"""Whose order of preference decides."""


@dataclass(frozen=True, slots=True)
class AcceptedSuite:
    """A suite that the server took, with the temporary key that it then showed.

    `key` is None where RSA carries the secret, and in TLS 1.3, where suites and groups are
    chosen apart.
    """

    suite: Suite
    key: TemporaryKey | None = None

    @property
    def is_small(self) -> bool:
        """Whether its Diffie-Hellman key is one that our own connections refuse."""
        key = self.key
        return key is not None and key.kind == "DH" and key.bits < SMALLEST_KEY["RSA"]

    @property
    def weakness(self) -> str:
        """Why nobody should use it; empty when there is no reason."""
        return "its temporary key is too small" if self.is_small else self.suite.weakness

    def to_json(self) -> dict[str, object]:
        """An element of `suites`."""
        return {
            "name": self.suite.name,
            "number": f"0x{self.suite.number:04x}",
            "exchange": self.suite.exchange,
            "temp_key": _key(self.key),
            "weakness": self.weakness or None,
        }


@dataclass(frozen=True, slots=True)
class VersionFound:
    """One version of the protocol and what the server takes in it.

    `suites` stand in the server's order when `preference` is `SERVER`, else in ours.
    `preference` is None with fewer than two. `refusal` says how it ended. `groups` are
    those of the key exchange, in the order of `group_preference`.
    """

    version: int
    suites: tuple[AcceptedSuite, ...] = ()
    preference: str | None = None
    refusal: str = ""
    complete: bool = True
    groups: tuple[TemporaryKey, ...] = ()
    group_preference: str | None = None

    @property
    def name(self) -> str:
        """The version in OpenSSL's words."""
        return VERSION_NAMES[self.version]

    @property
    def accepted(self) -> bool:
        """Whether anything can be agreed on in it."""
        return bool(self.suites)

    @property
    def withdrawn(self) -> bool:
        """Whether nobody should speak it any more (RFC 8996, RFC 7568)."""
        return self.version < TLS12

    def to_json(self) -> dict[str, object]:
        """An element of `versions`."""
        return {
            "version": self.name,
            "accepted": self.accepted,
            "complete": self.complete,
            "refusal": self.refusal or None,
            "preference": self.preference,
            "suites": [one.to_json() for one in self.suites],
            "groups": [_key(one) for one in self.groups],
            "group_preference": self.group_preference,
        }


@dataclass(frozen=True, slots=True)
class KeyFound:
    """The temporary key of one way of exchange, and the versions in which it was seen."""

    exchange: str
    key: TemporaryKey
    versions: tuple[str, ...]

    @property
    def is_small(self) -> bool:
        """Whether our own connections refuse it."""
        return self.key.kind == "DH" and self.key.bits < SMALLEST_KEY["RSA"]

    def to_json(self) -> dict[str, object]:
        """An element of `temp_keys`."""
        versions = list(self.versions)
        return {"exchange": self.exchange, **(_key(self.key) or {}), "versions": versions}


@dataclass(frozen=True, slots=True)
class ResumptionFound:
    """Whether a session can be taken up again; `works` None: it could not be tried.

    `by` is ``id`` (the server remembers) or ``ticket`` (the client keeps it).
    """

    version: str
    by: str
    works: bool | None

    def to_json(self) -> dict[str, object]:
        """An element of `resumption`."""
        return {"version": self.version, "by": self.by, "works": self.works}


@dataclass(frozen=True, slots=True)
class StapleFound:
    """An OCSP answer that came with the handshake (RFC 6066 section 8)."""

    status: str
    """``good``, ``revoked``, ``unknown``, ``no answer`` of the responder, or ``unreadable``."""
    produced_at: Instant | None = None
    next_update: Instant | None = None

    def to_json(self) -> dict[str, object]:
        """The field `stapling`."""
        return {
            "status": self.status,
            "produced_at": None if self.produced_at is None else rfc3339(self.produced_at),
            "next_update": None if self.next_update is None else rfc3339(self.next_update),
        }


@dataclass(frozen=True, slots=True)
class Extras:
    """What else the handshakes of TLS 1.2 and older show; None: there were none to look at.

    `stapled` False: asked for, and none came. TLS 1.3 hides the answer.
    """

    staple: StapleFound | None = None
    stapled: bool | None = None
    compression: bool | None = None
    secure_renegotiation: bool | None = None
    extended_master_secret: bool | None = None
    fallback_refused: bool | None = None
    """Whether a fall back to an older version is noticed (RFC 7507)."""


@dataclass(frozen=True, slots=True)
class DeepProbe:
    """All of it, about one address of the name. `complete`: nothing was left unasked."""

    host: str
    port: int
    mode: str
    at: Instant
    address: str = ""
    other_addresses: tuple[str, ...] = ()
    versions: tuple[VersionFound, ...] = ()
    resumption: tuple[ResumptionFound, ...] = ()
    extras: Extras = field(default_factory=Extras)
    chains: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    """The versions that showed a chain, by the SHA-256 of its certificates as presented."""
    findings: tuple[Finding, ...] = ()
    connections: int = 0

    @property
    def reached(self) -> bool:
        """Whether any version was agreed on."""
        return any(one.accepted for one in self.versions)

    @property
    def complete(self) -> bool:
        """Whether every question was answered."""
        return bool(self.versions) and all(one.complete for one in self.versions)

    @property
    def temporary_keys(self) -> tuple[KeyFound, ...]:
        """Each temporary key that was shown, by the way of its exchange."""
        seen: dict[tuple[str, TemporaryKey], list[str]] = {}
        for version in self.versions:
            for one in version.suites:
                if one.key is None:
                    continue
                names = seen.setdefault((one.suite.exchange, one.key), [])
                if version.name not in names:
                    names.append(version.name)
        return tuple(KeyFound(way, key, tuple(names)) for (way, key), names in seen.items())

    def to_json(self) -> dict[str, object]:
        """One document, for the command line and the API."""
        extras = self.extras
        return {
            "host": self.host,
            "port": self.port,
            "mode": self.mode,
            "at": rfc3339(self.at),
            "address": self.address or None,
            "other_addresses": list(self.other_addresses),
            "complete": self.complete,
            "connections": self.connections,
            "versions": [one.to_json() for one in self.versions],
            "temp_keys": [one.to_json() for one in self.temporary_keys],
            "resumption": [one.to_json() for one in self.resumption],
            "stapled": extras.stapled,
            "stapling": None if extras.staple is None else extras.staple.to_json(),
            "compression": extras.compression,
            "secure_renegotiation": extras.secure_renegotiation,
            "extended_master_secret": extras.extended_master_secret,
            "fallback_refused": extras.fallback_refused,
            "chains": [
                {"chain": list(chain), "versions": list(versions)}
                for chain, versions in self.chains.items()
            ],
            "findings": [{"code": one.code, "facts": dict(one.facts)} for one in self.findings],
        }


def _key(key: TemporaryKey | None) -> dict[str, object] | None:
    if key is None:
        return None
    return {"kind": key.kind, "group": key.group or None, "bits": key.bits}
