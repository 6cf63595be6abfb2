"""The relays that mail goes to, from the configuration or the rehearsal of this run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.base.home import Home, node_name
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.central.smtp import FIRST, REHEARSAL, FurtherRelay, Smtp
from tocsin.engine import rehearsal
from tocsin.engine.rehearsal import RehearsalFacts
from tocsin.engine.trusted import trusted_anchors
from tocsin.mail.address import check_address, check_domain
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.mail.relay.settings import Deadlines
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates

__all__ = ["FIRST", "NO_LIMITS", "Limits", "Relay", "relays"]

_MAX_RECIPIENTS = 50
"""Recipients of one message that the rehearsal relay takes, as Amazon SES does."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the account behind a relay is allowed, as it says itself."""

    max_send_rate: float | None = None
    """Recipients a second."""
    max_24_hour_send: int | None = None
    """Recipients in any 24 hours."""
    sent_by_others: int = 0
    """Recipients of the last 24 hours that others sent to by the account, not this relay here."""


NO_LIMITS = Limits()
"""Nothing is known of an account."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay, and what may be asked of it."""

    settings: RelaySettings
    sender: str
    """The address that mail is from, in the form that goes on the wire."""
    after_s: float
    """Seconds that all relays before it must have been paused; 0 for the first."""
    max_send_rate: float | None
    """Recipients a second, as set by a person; None: as the account says, or until learnt."""
    max_24_hour_send: int | None
    """Recipients in any 24 hours, as set by a person; None: as the account says."""
    max_recipients: int
    """Recipients of one message handed over at once."""
    account: Limits = field(default=NO_LIMITS)
    """What the account allows; it is kept to wherever nothing is set."""

    @property
    def rate(self) -> float | None:
        """Recipients a second at most; None where nobody says."""
        return self.account.max_send_rate if self.max_send_rate is None else self.max_send_rate

    @property
    def quota(self) -> int | None:
        """Recipients that this relay may send to in any 24 hours; None where nobody says.

        The account's quota is everybody's who sends by it: what others used is not ours.
        """
        if self.max_24_hour_send is not None:
            return self.max_24_hour_send
        of_account = self.account.max_24_hour_send
        return None if of_account is None else max(0, of_account - self.account.sent_by_others)


def relays(
    home: Home, configuration: Configuration, limits: Mapping[str, Limits] | None = None
) -> tuple[Relay, ...]:
    """The relays in order of preference; none when nothing is configured.

    `limits`: what the accounts behind them allow, by the relays' names.

    The rehearsal relay stands in for all of them. A run that it stands in for has no other,
    also not in the moment in which it is started again.
    """
    stand_in = rehearsal.stand_in(home)
    if stand_in is not None:
        return (_rehearsal(stand_in, configuration),)
    if rehearsal.is_stand_in_run():
        return ()
    known = limits or {}
    return tuple(
        _relay(one, configuration, known.get(one.name, NO_LIMITS))
        for one in configuration.every_relay
    )


def _relay(one: Smtp | FurtherRelay, configuration: Configuration, account: Limits) -> Relay:
    return Relay(
        settings=_settings(one, configuration),
        sender=check_address(one.sender) if one.sender else _first_sender(configuration),
        after_s=float(one.after_s) if isinstance(one, FurtherRelay) else 0.0,
        max_send_rate=one.max_send_rate,
        max_24_hour_send=one.max_24_hour_send,
        max_recipients=one.max_recipients,
        account=account,
    )


def _first_sender(configuration: Configuration) -> str:
    smtp = configuration.smtp
    return check_address(smtp.sender) if smtp is not None else ""


def _settings(one: Smtp | FurtherRelay, configuration: Configuration) -> RelaySettings:
    deadlines = Deadlines()
    return RelaySettings(
        name=one.name,
        host=one.server,
        port=one.port,
        encryption=Encryption(one.encryption),
        user=one.user or None,
        password=one.password,
        sign_in=one.sign_in,
        anchors=trusted_anchors(configuration),
        policy=configuration.ciphers.policy,
        helo=_helo(),
        deadlines=deadlines if one.timeout_s is None else deadlines.capped(one.timeout_s),
        window=one.window,
        idle_limit=float(one.idle_s),
        max_messages_per_connection=one.max_messages_per_connection,
        max_connections=one.max_connections,
    )


def _rehearsal(stand_in: RehearsalFacts, configuration: Configuration) -> Relay:
    """Trusts the rehearsal's own root and nothing else."""
    (root,) = read_certificates(stand_in.root_file.read_bytes())
    settings = RelaySettings(
        name=REHEARSAL,
        host=stand_in.host,
        port=stand_in.port,
        encryption=Encryption.STARTTLS,
        user=stand_in.user,
        password=Secret(stand_in.password_file.read_text().strip()),
        anchors=(Anchor("Rehearsal root", root),),
        policy=configuration.ciphers.policy,
        helo=_helo(),
    )
    made_up = f"tocsin@{stand_in.identities[0].rpartition('@')[2]}"
    sender = _first_sender(configuration) or made_up
    return Relay(settings, sender, 0.0, None, None, _MAX_RECIPIENTS)


def _helo() -> str:
    """Our name, where it is one; else the connection says its address (RFC 5321 4.1.1.1)."""
    try:
        return check_domain(node_name())
    except ValueError:
        return ""
