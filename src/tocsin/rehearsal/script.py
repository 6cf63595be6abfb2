"""What is done on the wire for one answer, act by act. Honest answers are one act long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Say:
    """Octets of the conversation, under TLS once TLS stands."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """Octets as they are, past TLS."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing, for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hear:
    """Nothing, until so many more octets of the client came."""

    octets: int


class End(Enum):
    """What ends a script."""

    SECURE = "secure"
    """The TLS handshake begins: what comes next is ciphertext."""
    CLOSE = "close"
    """An orderly end: under TLS with a farewell."""
    DROP = "drop"
    """The end of the TCP connection without any farewell."""
    RESET = "reset"
    """A TCP reset."""
    SILENCE = "silence"
    """Nothing is said any more; the connection stays open until the client leaves."""


Act = Say | Wire | Pause | Hear | End
Script = Sequence[Act]


def drip(octets: bytes, seconds: float) -> list[Act]:
    """Say it one octet at a time."""
    acts: list[Act] = []
    for place in range(len(octets)):
        acts += [Say(octets[place : place + 1]), Pause(seconds)]
    return acts


def dated(script: Script, ahead: timedelta) -> Script:
    """The same line with a date behind it (RFC 5322), so far ahead of this machine's clock."""
    date = format_datetime(datetime.now(UTC) + ahead).encode()
    return [
        Say(act.octets.replace(b"\r\n", b"; " + date + b"\r\n", 1)) if isinstance(act, Say) else act
        for act in script
    ]
