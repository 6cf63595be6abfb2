"""What a fault is: a stable code with what it means and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Seriousness(StrEnum):
    """How bad a finding is. Only an error makes a mail path "not ok"."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Retry(StrEnum):
    """Whether trying the same again, unchanged, can help."""

    FINAL = "final"
    TRANSIENT = "transient"


class Scope(StrEnum):
    """What a failure concerns, and so what else must wait because of it."""

    MESSAGE = "message"
    RECIPIENT = "recipient"
    ACTION = "action"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program prints for a fault.

    `words` are its own, in order: ``{host}`` stands for something that is drawn out as a
    fact, ``{}`` for something that is not. Without words the line is told by the SMTP reply
    or the code in it, and only `example` is kept.
    """

    program: str
    code: str
    words: str
    example: str
    also: tuple[str, ...] = ()
    """Other codes for which the program prints the same."""
    vague: bool = False
    """A consequence rather than a cause: it counts only where no cause is told beside it."""
    anywhere: bool = False
    """Said of any connection, not of mail alone: it counts only where nothing else is meant."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What Tocsin can change for a fault, and where a person has it done."""

    kind: str
    """The kind of the remedy, as the doctor calls it."""
    place: str
    """The page or command."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the catalogue.

    `title`, `cause` and each step of `fix` are templates: ``{issuer}`` is filled
    with the fact of that name; `defaults` says what stands there when it is not known.
    `doubt` takes the place of `cause` where a text alone does not tell this fault from
    those of its fact ``also``.
    """

    code: str
    title: str
    cause: str
    fix: tuple[str, ...]
    severity: Seriousness
    retry: Retry
    scope: Scope
    defaults: Mapping[str, str] = field(default_factory=dict)
    doubt: str = ""
    references: tuple[str, ...] = ()
    """Where it is written down: an RFC's section, the title of a manual's page."""
    printed: tuple[Printed, ...] = ()
    remedy: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """A fault told about one case: the templates filled with its facts."""

    code: str
    title: str
    cause: str
    fix: tuple[str, ...]
    severity: Seriousness
    retry: Retry
    scope: Scope
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault code observed, with the facts seen; what is stored and passed about."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
