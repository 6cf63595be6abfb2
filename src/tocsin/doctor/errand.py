"""What the doctor is asked to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.opening import Encryption

if TYPE_CHECKING:
    from tocsin.ses.aws import Aws

SUBMISSION = (
    (587, Encryption.STARTTLS),
    (2587, Encryption.STARTTLS),
    (465, Encryption.SMTPS),
    (2465, Encryption.SMTPS),
)
"""Ports that take mail from its authors: RFC 8314 section 7.3, and the second ones of SES."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One mail path, as the sender would take it."""

    relay: RelaySettings
    """Host, port, encryption, credentials, anchors, cipher policy, and how long to wait."""
    sender: str | None = None
    """The envelope's sender; without one the walk ends after the sign-in."""
    recipients: tuple[str, ...] = ()
    """The envelope's recipients; without one the walk ends after MAIL FROM."""
    message: bytes | None = None
    """A whole message to hand over (``--send``); None: it stops before DATA."""
    timeout_s: float = 60.0
    """The whole walk is over by then."""
    nameservers: tuple[str, ...] = ()
    """Name servers to ask, as ``address`` or ``address:port``; none: those of this machine."""
    neighbours: tuple[tuple[int, Encryption], ...] = SUBMISSION
    """Other ports of the host that are tried where its own is closed or has no TLS."""
    aws: Aws | None = None
    """A key to the account at Amazon SES that the relay's mail goes into; None: it is not asked."""
    max_send_rate: float | None = None
    """Recipients a second that this account allows, as far as it was seen before."""
