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
class Fault:
    """One entry of the catalogue.

    `title`, `cause` and each step of `fix` are templates: ``{issuer}`` is filled
    with the fact of that name; `defaults` says what stands there when it is not known.
    """

    code: str
    title: str
    cause: str
    fix: tuple[str, ...]
    severity: Seriousness
    retry: Retry
    scope: Scope
    defaults: Mapping[str, str] = field(default_factory=dict)


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
