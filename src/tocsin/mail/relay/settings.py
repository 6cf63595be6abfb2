"""What must be known to reach a relay, and how long each step may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from tocsin.base.secret import Secret
from tocsin.mail.smtp.command import check_greeting_name
from tocsin.mail.smtp.opening import Encryption
from tocsin.mail.smtp.sasl import MECHANISMS
from tocsin.mail.smtp.step import Step
from tocsin.trust.anchor import Anchor
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that each step may take as a whole, however slowly its bytes drip.

    RFC 5321 section 4.5.3.2 suggests minutes; most of these are shorter, because a later
    try is cheap. `body_reply` is not: giving up there leaves a message in doubt.
    """

    dns: float = 10.0
    connect: float = 10.0
    """For one address."""
    greeting: float = 30.0
    ehlo: float = 30.0
    starttls: float = 30.0
    handshake: float = 30.0
    auth: float = 30.0
    mail: float = 60.0
    rcpt: float = 60.0
    data: float = 60.0
    body: float = 120.0
    """For each 64 KiB of content to leave."""
    body_reply: float = 300.0
    quit: float = 2.0
    opening: float = 120.0
    """For everything up to the sign-in, all addresses of the name together."""
    envelope: float = 300.0
    """For MAIL, all RCPT and DATA of one message together."""

    def capped(self, seconds: float) -> Deadlines:
        """The same, but no step longer than so many seconds."""
        return replace(
            self, **{each.name: min(getattr(self, each.name), seconds) for each in fields(self)}
        )

    def of(self, step: Step) -> float:
        """The deadline of a step."""
        return float(getattr(self, _FIELD[step]))


_FIELD: Mapping[Step, str] = {
    Step.DNS: "dns",
    Step.TCP: "connect",
    Step.GREETING: "greeting",
    Step.EHLO: "ehlo",
    Step.STARTTLS: "starttls",
    Step.TLS: "handshake",
    Step.AUTH: "auth",
    Step.MAIL: "mail",
    Step.RCPT: "rcpt",
    Step.DATA: "data",
    Step.BODY: "body_reply",
    Step.RSET: "mail",
    Step.QUIT: "quit",
}


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """One relay as configured.

    Raises:
        ValueError: a password without encryption, a user without password or the
            reverse, an unknown way to sign in, a `helo` that is neither domain nor address
            literal, or a bound that lets nothing through.
    """

    name: str
    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: Secret | None = None
    sign_in: str = "auto"
    """How: one of `tocsin.mail.smtp.sasl.MECHANISMS`."""
    anchors: tuple[Anchor, ...] = ()
    """The only certificates trusted; with none, no relay is."""
    policy: CipherPolicy = DEFAULT_POLICY
    helo: str = ""
    """Our name for EHLO; without one, the address the connection comes from as a literal."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    window: int = 64
    """Most messages handed to one `deliver` call."""
    idle_limit: float = 8.0
    """Seconds a connection may rest. Amazon SES ends one after about 10."""
    connection_age: float = 3600.0
    """Seconds after which a connection is replaced: the relay behind a name changes."""
    max_messages_per_connection: int | None = None
    """Most messages on one connection; None leaves it to the relay to say."""
    max_connections: int = 20
    """Most connections at the same time."""

    def __post_init__(self) -> None:
        if (self.user is None) != (self.password is None):
            raise ValueError("a user and a password go together")
        if self.password is not None and self.encryption is Encryption.NONE:
            raise ValueError("a password is never sent without encryption")
        if self.sign_in not in MECHANISMS:
            raise ValueError(f"{self.sign_in[:40]!a} is no way to sign in")
        if self.helo:
            check_greeting_name(self.helo)
        most = self.max_messages_per_connection
        if self.max_connections < 1 or (most is not None and most < 1):
            raise ValueError("at least one connection, and one message on it")
