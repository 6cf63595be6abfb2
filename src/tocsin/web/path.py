"""The path of a message as stations: of an attempt, of a fault, of a walk of the doctor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.delivery import DeliveryState, Exchange
from tocsin.engine.deliveries import AttemptView, DeliveryView
from tocsin.faults.fault import Explained
from tocsin.web.spoken import spoken


class Station(StrEnum):
    """The stations of the way to a relay, in the order of STARTTLS."""

    NAME = "name"
    CONNECTION = "connection"
    GREETING = "greeting"
    ENCRYPTION = "encryption"
    CERTIFICATE = "certificate"
    SIGN_IN = "sign-in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    ACCEPTED = "accepted"


class Progress(StrEnum):
    """How far a station is."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    TURNING = "turning"
    SKIPPED = "skipped"
    """The conversation went past without it: no encryption, no sign-in."""
    WAITING = "waiting"
    """Not reached."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A station with how far it is and, in a few words, what was seen there."""

    station: Station
    progress: Progress
    seen: str = ""


# With TLS at once nothing is said before the certificate is verified (RFC 8314).
_SMTPS = (
    Station.NAME,
    Station.CONNECTION,
    Station.ENCRYPTION,
    Station.CERTIFICATE,
    Station.GREETING,
    Station.SIGN_IN,
    Station.SENDER,
    Station.RECIPIENT,
    Station.ACCEPTED,
)
STATION_OF_STEP = {
    "dns": Station.NAME,
    "tcp": Station.CONNECTION,
    "greeting": Station.GREETING,
    "ehlo": Station.GREETING,
    "starttls": Station.ENCRYPTION,
    "tls": Station.ENCRYPTION,
    "certificate": Station.CERTIFICATE,
    "auth": Station.SIGN_IN,
    "mail": Station.SENDER,
    "rcpt": Station.RECIPIENT,
    "data": Station.ACCEPTED,
    "body": Station.ACCEPTED,
}
"""Where a step of the conversation is taken."""
_STATION_OF_AREA = {
    "dns": Station.NAME,
    "tcp": Station.CONNECTION,
    "tls": Station.CERTIFICATE,
    "auth": Station.SIGN_IN,
}
# The handshake itself failed; all other faults of TLS are found on the certificates.
_HANDSHAKE = frozenset(
    {
        "tls.client-certificate-required",
        "tls.dh-too-small",
        "tls.handshake-dropped",
        "tls.no-shared-cipher",
        "tls.version-too-old",
        "tls.wrong-mode",
    }
)
# These never came to a relay: no station is to blame.
_BEFORE_THE_WAY = frozenset({"smtp.not-configured", "message.template", "smtp.no-recipients"})


def stops(attempt: AttemptView) -> tuple[Stop, ...]:
    """The path of one attempt that is over."""
    lines = attempt.connection_transcript + attempt.transcript
    order = order_of(smtps=_is_smtps(lines))

    def passed(station: Station) -> Stop:
        return _passed_stop(station, attempt, lines)

    if attempt.ok:
        return tuple(map(passed, order))
    failed = failed_station(attempt)
    if failed is None:
        return tuple(Stop(one, Progress.WAITING) for one in order)
    told = attempt.explained
    worst = Progress.WARNED if attempt.in_doubt else Progress.FAILED
    stop = Stop(failed, worst, spoken(told).title if told else (attempt.reply or ""))
    return up_to(stop, order, passed)


def stops_of_delivery(delivery: DeliveryView) -> tuple[Stop, ...]:
    """The path of a delivery: that of its last attempt, or the one it is about to take."""
    if delivery.state is DeliveryState.SENDING:
        return up_to(Stop(Station.NAME, Progress.TURNING))
    if delivery.attempts:
        return stops(delivery.attempts[-1])
    return tuple(Stop(one, Progress.WAITING) for one in Station)


def stops_of_fault(told: Explained) -> tuple[Stop, ...]:
    """The path to a relay that is paused, as far as its fault tells."""
    failed = station_of(told.code, told.facts.get("stage"))
    if failed is None:
        return ()
    return up_to(Stop(failed, Progress.FAILED, spoken(told).title))


def order_of(*, smtps: bool) -> tuple[Station, ...]:
    """The stations in the order in which they are reached."""
    return _SMTPS if smtps else tuple(Station)


def up_to(
    stop: Stop,
    order: Sequence[Station] = tuple(Station),
    passed: Callable[[Station], Stop] = lambda station: Stop(station, Progress.PASSED),
) -> tuple[Stop, ...]:
    """A path that ends at a stop: what lies before it is passed, the rest not reached."""
    at = order.index(stop.station)
    return (
        *map(passed, order[:at]),
        stop,
        *(Stop(one, Progress.WAITING) for one in order[at + 1 :]),
    )


def failed_station(attempt: AttemptView) -> Station | None:
    """Where an attempt failed; None when it ended before the way began."""
    told = attempt.explained
    lines = attempt.connection_transcript + attempt.transcript
    if told is None:
        return _last_reached(lines)
    if told.code in _BEFORE_THE_WAY:
        return None
    return station_of(told.code, told.facts.get("stage")) or _last_reached(lines)


def station_of(code: str, stage: str | None) -> Station | None:
    """The station that a fault belongs to, by its code and the step it was seen at."""
    if code in _HANDSHAKE:
        return Station.ENCRYPTION
    area = code.partition(".")[0]
    if area == "tls":
        return Station.CERTIFICATE
    if stage is not None and stage in STATION_OF_STEP:
        return STATION_OF_STEP[stage]
    return _STATION_OF_AREA.get(area)


def _last_reached(lines: Sequence[Exchange]) -> Station | None:
    reached = [STATION_OF_STEP[one.step] for one in lines if one.step in STATION_OF_STEP]
    return reached[-1] if reached else None


def _is_smtps(lines: Sequence[Exchange]) -> bool:
    steps = [one.step for one in lines]
    if "tls" not in steps:
        return False
    return "starttls" not in steps and (
        "greeting" not in steps or steps.index("tls") < steps.index("greeting")
    )


def _passed_stop(station: Station, attempt: AttemptView, lines: Sequence[Exchange]) -> Stop:
    progress = _passed(station, attempt, lines)
    passed = progress is Progress.PASSED
    return Stop(station, progress, _seen(station, attempt, lines) if passed else "")


def _passed(station: Station, attempt: AttemptView, lines: Sequence[Exchange]) -> Progress:
    if station in {Station.ENCRYPTION, Station.CERTIFICATE} and attempt.tls_version is None:
        return Progress.SKIPPED
    if station is Station.SIGN_IN and not any(one.step == "auth" for one in lines):
        return Progress.SKIPPED
    return Progress.PASSED


def _seen(station: Station, attempt: AttemptView, lines: Sequence[Exchange]) -> str:
    match station:
        case Station.NAME:
            return attempt.host or ""
        case Station.CONNECTION:
            return f"{attempt.address} port {attempt.port}" if attempt.address else ""
        case Station.ENCRYPTION:
            return " ".join(filter(None, (attempt.tls_version, attempt.cipher)))
        case Station.CERTIFICATE:
            return ""
        case Station.ACCEPTED:
            return attempt.reply or ""
    said = [one.received for one in lines if STATION_OF_STEP.get(one.step) is station]
    # A greeting is what came first; of a sign-in or of recipients, the last word counts.
    said = [one for one in said if one]
    return (said[0] if station is Station.GREETING else said[-1]) if said else ""
