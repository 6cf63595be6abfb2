"""What a cipher policy would come to at the configured relays: a real handshake each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.trust.context import client_context
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.hostname import plain_host
from tocsin.trust.lookup import resolve
from tocsin.trust.policy import CipherPolicy
from tocsin.trust.probe import Target, probe

_MOST_ADDRESSES = 4
_STAGES = 2

CHOOSES, DISTRUSTED, REFUSES, UNREACHED, PLAIN = (
    "chooses",
    "distrusted",
    "refuses",
    "unreached",
    "unencrypted",
)
"""A suite is chosen; it is, but we refuse what follows; the relay refuses; the relay could not
be asked; mail goes there without encryption, so that no policy applies."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The outcome at one address of a relay: `version` and `cipher` in OpenSSL's words."""

    relay: str
    host: str
    port: int
    outcome: str
    address: str = ""
    version: str | None = None
    cipher: str | None = None
    temporary_key: str | None = None
    code: str | None = None

    @property
    def where(self) -> str:
        """Relay, host and port, and the address where there is one."""
        at = f" at {self.address}" if self.address and self.address != self.host else ""
        return f"{self.relay} ({self.host}:{self.port}{at})"

    @property
    def words(self) -> str:
        """The outcome in a sentence."""
        chosen = ", ".join(filter(None, (self.cipher, self.version, self.temporary_key)))
        return {
            CHOOSES: f"the relay would choose {chosen}",
            DISTRUSTED: f"the relay would choose {chosen}, and we would refuse it: {self.code}",
            REFUSES: f"the relay would refuse: {self.code}",
            UNREACHED: f"the relay could not be asked: {self.code}",
            PLAIN: "mail goes there without encryption: no policy applies",
        }[self.outcome]

    def to_json(self) -> dict[str, Any]:
        """An element of `effects`."""
        return {
            "relay": self.relay,
            "host": self.host,
            "port": self.port,
            "address": self.address or None,
            "outcome": self.outcome,
            "version": self.version,
            "cipher": self.cipher,
            "temp_key": self.temporary_key,
            "code": self.code,
            "words": self.words,
        }


async def effects(
    relays: Sequence[RelaySettings],
    policy: CipherPolicy,
    *,
    timeout: float,  # noqa: ASYNC109 -- it is shared out among the stages
) -> list[Effect]:
    """The effect at each relay's addresses, asked at the same time.

    No mail and no credentials are sent. `timeout` (seconds) bounds all of it.
    """
    found = await asyncio.gather(*(_at_relay(one, policy, timeout) for one in relays))
    return [effect for each in found for effect in each]


async def _at_relay(relay: RelaySettings, policy: CipherPolicy, seconds: float) -> list[Effect]:
    nothing = Effect(relay.name, relay.host, relay.port, UNREACHED)
    if relay.encryption is Encryption.NONE:
        return [replace(nothing, outcome=PLAIN)]
    until = asyncio.get_running_loop().time() + seconds
    host = plain_host(relay.host)
    try:
        addresses = await resolve(host, relay.port, seconds / _STAGES)
    except ProbeFailure as failure:
        return [replace(nothing, code=failure.finding.code)]
    context = client_context(relay.anchors, policy)

    async def look(address: str) -> Effect:
        stage = seconds / _STAGES
        target = Target(host, address, relay.port, relay.encryption.value, stage, until)
        seen = await probe(target, context, relay.anchors, goodbye=True)
        effect = replace(nothing, address=address)
        if seen.facts is None or seen.facts.version is None:
            code = seen.finding.code if seen.finding else "tls.handshake-dropped"
            return replace(effect, outcome=_outcome(code), code=code)
        facts = seen.facts
        key = facts.temp_key_kind and f"{facts.temp_key_kind}, {facts.temp_key_bits} bits"
        return replace(
            effect,
            outcome=CHOOSES if seen.finding is None else DISTRUSTED,
            version=facts.version,
            cipher=facts.cipher,
            temporary_key=key,
            code=seen.finding.code if seen.finding else None,
        )

    return list(await asyncio.gather(*(look(one) for one in addresses[:_MOST_ADDRESSES])))


def _outcome(code: str) -> str:
    """What failed before TLS, or had another protocol, says nothing about the policy."""
    about_policy = code.startswith("tls.") and code != "tls.wrong-mode"
    return REFUSES if about_policy else UNREACHED
