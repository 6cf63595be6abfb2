"""The tables. Every time column is an `Instant` (integer microseconds, UTC)."""

from tocsin.store.models.access import Person, Token
from tocsin.store.models.alarm import Alarm, Transition
from tocsin.store.models.chain import ChainLook, ChainSeen
from tocsin.store.models.configuration import ConfigurationVersion, StoredSecret
from tocsin.store.models.delivery import (
    Attempt,
    Connection,
    Delivery,
    DeliveryTally,
    Gathering,
    MailSlot,
    SeenCertificate,
    Telling,
)
from tocsin.store.models.operation import (
    Counter,
    RelayState,
    RelayUsage,
    RoleState,
    SourcePosition,
)

__all__ = [
    "Alarm",
    "Attempt",
    "ChainLook",
    "ChainSeen",
    "ConfigurationVersion",
    "Connection",
    "Counter",
    "Delivery",
    "DeliveryTally",
    "Gathering",
    "MailSlot",
    "Person",
    "RelayState",
    "RelayUsage",
    "RoleState",
    "SeenCertificate",
    "SourcePosition",
    "StoredSecret",
    "Telling",
    "Token",
    "Transition",
]
