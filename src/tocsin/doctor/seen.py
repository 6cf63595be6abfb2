"""What a walk has seen beside its findings, for the remedies that could be offered."""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.mail.smtp.opening import Encryption


@dataclass(slots=True)
class Seen:
    """Filled in while the walk goes on."""

    chain: tuple[bytes, ...] = ()
    """The chain that was presented, DER, leaf first."""
    ways: list[tuple[int, Encryption]] = field(default_factory=list)
    """Other ports and modes of the host that were found to work up to the certificate."""
    works_without_dhe: bool = False
    """Without DHE in the list the handshake comes to a strictly verified end."""
    mechanisms: tuple[str, ...] = ()
    """How one can sign in, as the relay offers it under TLS."""
    identities: tuple[str, ...] = ()
    """What the account at Amazon SES lets mail be from: addresses and domains."""
    max_send_rate: float | None = None
    """Recipients a second that this account allows."""
