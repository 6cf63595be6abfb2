"""The relay: what is known of it, one connection to it, and what became of each message."""

from tocsin.mail.relay.connection import RelayConnection
from tocsin.mail.relay.fault import RelayFailure
from tocsin.mail.relay.health import AddressHealth
from tocsin.mail.relay.limit import Limits
from tocsin.mail.relay.memory import RelayMemory
from tocsin.mail.relay.outcome import SendOutcome
from tocsin.mail.relay.results import Told
from tocsin.mail.relay.settings import Deadlines, RelaySettings
from tocsin.mail.smtp.opening import Encryption

__all__ = [
    "AddressHealth",
    "Deadlines",
    "Encryption",
    "Limits",
    "RelayConnection",
    "RelayFailure",
    "RelayMemory",
    "RelaySettings",
    "SendOutcome",
    "Told",
]
