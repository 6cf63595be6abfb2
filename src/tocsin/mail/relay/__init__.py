"""The relay: what is known of it, one connection to it, and what became of each message."""

from tocsin.mail.relay.connection import RelayConnection
from tocsin.mail.relay.fault import RelayFailure
from tocsin.mail.relay.outcome import SendOutcome
from tocsin.mail.relay.settings import Deadlines, RelaySettings
from tocsin.mail.smtp.opening import Encryption

__all__ = [
    "Deadlines",
    "Encryption",
    "RelayConnection",
    "RelayFailure",
    "RelaySettings",
    "SendOutcome",
]
