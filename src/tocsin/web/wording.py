"""The fixed words of the field, translated."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as _noop

from tocsin.central.appliance import Status
from tocsin.domain.alarm import AlarmState
from tocsin.domain.delivery import DeliveryState
from tocsin.domain.principal import Role
from tocsin.domain.severity import Severity
from tocsin.web.path import Station

_SEVERITIES = {
    Severity.CRITICAL: _noop("Critical"),
    Severity.MAJOR: _noop("Major"),
    Severity.MINOR: _noop("Minor"),
    Severity.TRIVIAL: _noop("Trivial"),
    Severity.INFORMATIONAL: _noop("Informational"),
}
_DELIVERY_STATES = {
    DeliveryState.QUEUED: _noop("Queued"),
    DeliveryState.SENDING: _noop("Sending"),
    DeliveryState.RETRYING: _noop("Retrying"),
    DeliveryState.HELD: _noop("Held"),
    DeliveryState.DELIVERED: _noop("Delivered"),
    DeliveryState.FAILED: _noop("Failed"),
    DeliveryState.CANCELLED: _noop("Cancelled"),
    DeliveryState.UNKNOWN: _noop("Unknown"),
}
_STATIONS = {
    Station.NAME: _noop("Name"),
    Station.CONNECTION: _noop("Connection"),
    Station.GREETING: _noop("Greeting"),
    Station.ENCRYPTION: _noop("Encryption"),
    Station.CERTIFICATE: _noop("Certificate"),
    Station.SIGN_IN: _noop("Sign-in"),
    Station.SENDER: _noop("Sender"),
    Station.RECIPIENT: _noop("Recipient"),
    Station.ACCEPTED: _noop("Accepted"),
}
_ROLES = {
    Role.VIEWER: _noop("Viewer"),
    Role.ANALYST: _noop("Analyst"),
    Role.RESPONDER: _noop("Responder"),
    Role.ADMINISTRATOR: _noop("Administrator"),
}
# What other packages say in English, because programs read it too.
_FROM_ENGINE = (
    _noop("the rule is switched off"),
    _noop("it names no action"),
    _noop("every action that it names is switched off"),
    _noop("no SMTP server is configured"),
    _noop("Root: trusts every certificate issued under it."),
    _noop(
        "Server certificate: trusts this one server, and only until it renews its certificate. "
        "The root above it lasts longer."
    ),
    _noop("The default: forward secrecy, authenticated encryption, and no DHE."),
    _noop("The hardened list known from appliances that work around a relay's weak DHE keys."),
    _noop("Mozilla's Server Side TLS guidelines 5.7, intermediate: ends in DHE."),
    _noop("Mozilla's Server Side TLS guidelines 5.7, modern: TLS 1.3 alone."),
    _noop("For old private relays: RSA key exchange and CBC are offered too."),
    _noop("DHE first, so that weak DHE keys of a relay are met: to find them, not for mail."),
    _noop("TLS 1.3 alone."),
    _noop("it encrypts nothing"),
    _noop("no certificate is needed: anybody can answer"),
    _noop("weakened for export"),
    _noop("RC4 is broken"),
    _noop("its cipher is small or old"),
    _noop("without forward secrecy"),
    _noop("its encryption is not authenticated"),
    _noop("its temporary key is too small"),
    _noop("severity"),
    _noop("type"),
    _noop("category"),
    _noop("source"),
    _noop("source type"),
    _noop("source host"),
    _noop("source port"),
    _noop("source user"),
    _noop("source MAC"),
    _noop("source group"),
    _noop("target host"),
    _noop("target port"),
    _noop("target user"),
    _noop("target MAC"),
    _noop("target group"),
    _noop("protocol"),
)


def engine(words: str) -> str:
    """Words of the engine; those that are not known stay as they are."""
    return gettext(words) if words in _FROM_ENGINE else words


def severity(one: Severity) -> str:
    """A severity's word."""
    return gettext(_SEVERITIES[one])


def delivery_state(one: DeliveryState) -> str:
    """A delivery state's word."""
    return gettext(_DELIVERY_STATES[one])


def station(name: str) -> str:
    """A station's word."""
    return gettext(_STATIONS[Station(name)])


def role(one: Role) -> str:
    """A role's word."""
    return gettext(_ROLES[one])


def severities() -> list[tuple[str, str]]:
    """Choices: at least this grave."""
    return [(one.value, severity(one)) for one in Severity]


def alarm_states() -> list[tuple[str, str]]:
    """Choices of an alarm's state."""
    return [
        (AlarmState.ACTIVE.value, pgettext("of an alarm", "active")),
        (AlarmState.INACTIVE.value, pgettext("of an alarm", "inactive")),
    ]


def delivery_states() -> list[tuple[str, str]]:
    """Choices of a delivery's state."""
    return [(one.value, delivery_state(one)) for one in DeliveryState]


def roles() -> list[tuple[str, str]]:
    """Choices of a role."""
    return [(one.value, role(one)) for one in Role]


def yes_no() -> list[tuple[str, str]]:
    """Choices of a truth."""
    return [("yes", gettext("yes")), ("no", gettext("no"))]


def status_class(status: Status) -> str:
    """Which look an appliance's status has."""
    return {
        Status.UP: "good",
        Status.CHANGES_PENDING: "busy",
        Status.INITIALIZING: "busy",
        Status.CHANNEL_DOWN: "bad",
        Status.APPLY_FAILED: "bad",
    }[status]
