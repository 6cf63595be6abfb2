"""What the setup assistant found out and proposes, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.secret import Secret
from tocsin.faults.fault import Explained
from tocsin.ses.account import Identity, Overview
from tocsin.trust.certificate import Certificate
from tocsin.trust.collection import Collection


@dataclass(frozen=True, slots=True)
class ActionCheck:
    """An email action that is configured, against the rules of the sandbox."""

    action: str
    refused: tuple[str, ...]
    """Its recipients that SES would refuse from this account as it is."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What applying would come to. Nothing was changed, and no mail was sent."""

    host: str
    port: int
    encryption: str
    user: str
    password: Secret
    """The SMTP password: as it was entered, or as it was derived. Never shown."""
    shape: tuple[Explained, ...]
    """What is wrong with the credentials by their shape; then nothing was asked of anybody."""
    collection: Collection | None
    """The chain that the endpoint presents; None when `shape` stopped it."""
    anchor: Certificate | None
    """The certificate that should be trusted; None when the chain is trusted, or nothing helps."""
    anchor_reason: str
    """Why that one; or why none is proposed."""
    sign_in: Explained | None
    """Why the relay refused the sign-in; None when it took it, or was not asked."""
    signed_in: bool
    """Whether the relay took the credentials, over a connection whose chain was verified."""
    account: Overview | None
    """What the API says of the account; None without API credentials."""
    api: Explained | None
    """Why the API could not be asked."""
    senders: tuple[Identity, ...]
    """Verified identities that may be sent from."""
    actions: tuple[ActionCheck, ...]
    """Email actions with recipients that the sandbox refuses; empty out of it, or not known."""
    agreed: tuple[Certificate, ...] = ()
    """What this look was told to count as trusted, though it is in no trust store yet."""

    @property
    def in_sandbox(self) -> bool | None:
        """Whether the account is in the sandbox; None when that is not known."""
        seen = self.account.account if self.account is not None else None
        return None if seen is None else not seen.production_access
