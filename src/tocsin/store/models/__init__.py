"""The tables. Every time column is an `Instant` (integer microseconds, UTC)."""

from tocsin.store.models.access import Person, Token
from tocsin.store.models.alarm import Alarm, Transition
from tocsin.store.models.arrival import ArrivalCanary, ArrivalProbe
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
from tocsin.store.models.doctor import DoctorRun
from tocsin.store.models.feedback import (
    FeedbackChannel,
    FeedbackQuarantined,
    FeedbackSeen,
    FeedbackWaiting,
    RecipientFlag,
    RecipientReceipt,
    RelayMessage,
    SnsSubscription,
)
from tocsin.store.models.operation import (
    Counter,
    RelayState,
    RelayUsage,
    RoleState,
    SourcePosition,
)
from tocsin.store.models.ses import SesLook

__all__ = [
    "Alarm",
    "ArrivalCanary",
    "ArrivalProbe",
    "Attempt",
    "ChainLook",
    "ChainSeen",
    "ConfigurationVersion",
    "Connection",
    "Counter",
    "Delivery",
    "DeliveryTally",
    "DoctorRun",
    "FeedbackChannel",
    "FeedbackQuarantined",
    "FeedbackSeen",
    "FeedbackWaiting",
    "Gathering",
    "MailSlot",
    "Person",
    "RecipientFlag",
    "RecipientReceipt",
    "RelayMessage",
    "RelayState",
    "RelayUsage",
    "RoleState",
    "SeenCertificate",
    "SesLook",
    "SnsSubscription",
    "SourcePosition",
    "StoredSecret",
    "Telling",
    "Token",
    "Transition",
]
