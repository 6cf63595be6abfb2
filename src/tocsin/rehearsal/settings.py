"""What the rehearsal relay is told to be."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.secret import Secret


@dataclass(frozen=True, slots=True)
class RehearsalSettings:
    """The endpoint and the account behind it. None means no limit, unless it says otherwise.

    `bind` is an address, or "localhost" for 127.0.0.1 and, where there is one, ::1. Port 0
    picks a free one. `identities` are verified domains (with their subdomains) and addresses.
    `user` and `secret` are an access key id and its secret access key; when None, a pair is
    made up and kept in the folder of the relay.
    """

    bind: str = "localhost"
    port: int = 2587
    smtps_port: int = 2465
    region: str = "us-east-1"
    user: str | None = None
    secret: Secret | None = None
    identities: tuple[str, ...] = ("example.com", "example.net", "example.org")
    sandbox: bool = False
    """In the sandbox recipients must be verified too (SES developer guide)."""
    max_send_rate: float | None = None
    """Recipients a second."""
    max_24_hour_send: int | None = None
    """Recipients in any 24 hours."""
    max_message_bytes: int = 40 * 1024 * 1024
    idle_seconds: float = 10
    max_connections: int | None = 100
    max_messages_per_connection: int | None = 500
    """SES closes a connection after some number of messages that it does not publish."""
    configuration_sets: tuple[str, ...] = ()
    default_configuration_set: str | None = None
    """The identities' default; when it is not among `configuration_sets`, no mail passes."""
    subscribed: bool = True
    key_active: bool = True
    """An access key that was deactivated or deleted signs in no more."""
    password_outdated: bool = False
    """Every password counts as one made before January 2019."""
    sign_in_available: bool = True
    service_available: bool = True
    sending_paused: bool = False
    access_denied: bool = False
    """The policy of the IAM user does not allow ses:SendRawEmail."""
    mail_from_broken: bool = False
    """The MX record of the custom MAIL FROM domain is missing."""
    offers_starttls: bool = True
    greets_again: bool = True
    """Whether EHLO is taken once more after STARTTLS, as RFC 3207 section 4.2 wants it."""
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    proves_itself: bool = True
    """With SCRAM, whether it shows that it knows the password too."""
    refuses_content: bool = False
    """A filter, as relays other than SES have them, refuses every message."""
    suppressed: bool = False
    """Every recipient but the simulator's is on the suppression list."""
    sign: bool = True
    """Whether DKIM and ARC signatures are made, about a millisecond a mail."""
    sync: bool = False
    """Whether each mail is synced to disk before its 250."""
