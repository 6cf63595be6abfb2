"""One look at a relay: what each address of its name presents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from tocsin.base.clock import Instant
from tocsin.faults.fault import Finding
from tocsin.mail.relay import RelaySettings
from tocsin.store.queries.chains import Chain
from tocsin.trust.collect import collect
from tocsin.trust.collection import Endpoint

ROUNDS = 3
"""How often each address is asked in one look: behind it may be several machines, some of
which have the new chain already."""

_LONGEST_S = 30.0
"""Of one round."""
_ABOUT_CHAINS = frozenset(
    f"tls.{name}"
    for name in (
        "untrusted-issuer",
        "incomplete-chain",
        "self-signed",
        "intercepted",
        "expired",
        "not-yet-valid",
        "name-mismatch",
        "weak-key",
        "weak-signature",
        "wrong-purpose",
        "invalid-chain",
        "revoked",
    )
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A chain as it was presented, and the handshake's word on it.

    `refused` says why the handshake did not take it. When neither is known, because the
    handshake failed for another reason, the chain is judged by itself.
    """

    ders: tuple[bytes, ...]
    verified: bool
    refused: Finding | None = None

    @property
    def chain(self) -> Chain:
        """The fingerprints."""
        return tuple(hashlib.sha256(der).hexdigest() for der in self.ders)


@dataclass(slots=True)
class Sight:
    """What one look saw. `finding`: why no address was known or reached."""

    at: Instant
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    failed: dict[str, Finding] = field(default_factory=dict)
    finding: Finding | None = None

    def note(self, endpoint: Endpoint) -> None:
        """Add what an address presented; what it presented before, it has only presented again."""
        ders = endpoint.facts.chain if endpoint.facts else ()
        if not ders:
            self.failed[endpoint.address] = endpoint.finding or Finding("unknown")
            return
        line = self.shown.setdefault(endpoint.address, [])
        if all(one.ders != ders for one in line):
            finding = endpoint.finding
            refused = finding if finding and finding.code in _ABOUT_CHAINS else None
            line.append(Shown(ders, endpoint.verdict.trusted, refused))


async def look(settings: RelaySettings, at: Instant) -> Sight:
    """Ask every address of the relay's name for its chain, several times.

    What fails is part of what was seen. No mail, user or password is sent.
    """
    sight = Sight(at)
    for _ in range(ROUNDS):
        found = await collect(
            settings.host,
            settings.port,
            settings.encryption.value,
            anchors=settings.anchors,
            policy=settings.policy,
            timeout=_LONGEST_S,
        )
        for endpoint in found.endpoints:
            sight.note(endpoint)
        if not sight.shown:
            sight.finding = next(iter(found.findings), Finding("unknown"))
            break
        sight.finding = None
    for address in sight.shown:
        sight.failed.pop(address, None)
    return sight
