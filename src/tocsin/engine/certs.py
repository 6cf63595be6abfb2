"""Collecting a chain on behalf of somebody, judged by the trust store in force."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tocsin.base.clock import now
from tocsin.base.home import Home
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, Refused
from tocsin.engine.relay import relays
from tocsin.engine.target import bounded, check_target
from tocsin.engine.trusted import trusted_anchors
from tocsin.faults.fault import Finding
from tocsin.mail.relay import Encryption
from tocsin.trust.anchor import Anchor, check_anchor, warn_of
from tocsin.trust.collect import Collection
from tocsin.trust.collect import collect as look


def collect(
    principal: Principal,
    host: str,
    port: int,
    mode: str | None = None,
    *,
    timeout: float = 30.0,
) -> Collection:
    """The chain that a server presents at every address of its name.

    Raises:
        NotPermitted: the role may not: connections are made from this machine.
        Refused: host, port or mode cannot be one.
    """
    require(principal, Permission.ADMINISTER)
    check_target(host, port, mode)
    configuration = current().configuration
    return asyncio.run(
        look(
            host,
            port,
            mode,
            anchors=trusted_anchors(configuration),
            policy=configuration.ciphers.policy,
            timeout=bounded(timeout),
        )
    )


@dataclass(frozen=True, slots=True)
class CheckedAnchor:
    """An entry of the trust store, as the relay presents itself now."""

    name: str
    sha256: str
    carries: bool
    """Whether the relay's chain rests on it, at any of its addresses."""
    presented: bool
    problems: tuple[str, ...]
    """Why it verifies nothing (any more)."""
    warnings: tuple[str, ...]
    """What whoever trusts it must know."""
    system: bool
    """Whether it is a root of the operating system; of those only what carries is told."""


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """What the configured relay presents, against the trust store."""

    relay: str
    collection: Collection
    anchors: tuple[CheckedAnchor, ...]

    @property
    def ok(self) -> bool:
        """Whether a mail's connection would verify, at every address."""
        return self.collection.verdict.trusted


def check_trust(principal: Principal, *, timeout: float = 30.0) -> TrustCheck:
    """Look at the first configured relay as a delivery would, at every address of its name.

    Raises:
        NotPermitted: the role may not: connections are made from this machine.
        Refused: no relay is configured.
        Conflict: mail goes there without encryption, so that nothing is verified.
    """
    require(principal, Permission.ADMINISTER)
    found_relays = relays(Home.of_environment(), current().configuration)
    if not found_relays:
        raise Refused(Finding("smtp.not-configured"))
    relay = found_relays[0].settings
    if relay.encryption is Encryption.NONE:
        raise Conflict(f"mail goes to {relay.host} without encryption: there is nothing to verify")
    found = asyncio.run(
        look(
            relay.host,
            relay.port,
            relay.encryption.value,
            anchors=relay.anchors,
            policy=relay.policy,
            timeout=bounded(timeout),
        )
    )
    return TrustCheck(
        f"{relay.host}:{relay.port}",
        found,
        tuple(
            checked
            for checked in (_checked(one, found) for one in relay.anchors)
            if checked.carries or not checked.system
        ),
    )


def _checked(anchor: Anchor, found: Collection) -> CheckedAnchor:
    sha256 = anchor.certificate.sha256
    return CheckedAnchor(
        anchor.name,
        sha256,
        carries=any(one.verdict.anchor == sha256 for one in found.endpoints),
        presented=found.certificate(sha256) is not None,
        problems=tuple(check_anchor(anchor.certificate, now())),
        warnings=tuple(warn_of(anchor.certificate)),
        system=anchor.system,
    )
