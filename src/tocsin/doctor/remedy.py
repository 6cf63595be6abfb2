"""What Tocsin itself could do about a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RemedyKind(StrEnum):
    """The changes that Tocsin can make for a person who confirms them."""

    ADD_ANCHOR = "add-anchor"
    """Facts: ``name``, ``sha256``, ``subject``, ``pem``."""
    DROP_DHE = "drop-dhe"
    CHANGE_MODE = "change-mode"
    """Facts: ``port``, ``encryption``."""
    CHANGE_SERVER = "change-server"
    """Facts: ``server``."""
    SET_SENDER = "set-sender"
    """Facts: ``identities``, which mail may be from, where the account told them; ``sender``
    where that is a single address, else it is asked for."""
    DERIVE_PASSWORD = "derive-password"  # noqa: S105 -- a kind
    """Facts: ``region``; it is asked for where the server's name does not tell it. What was
    entered as the password is the secret; it is asked anew where it is not."""
    TRIM_PASSWORD = "trim-password"  # noqa: S105 -- a kind
    """Blanks, quotes or URL encoding around a password that is right otherwise."""
    SET_SIGN_IN = "set-sign-in"
    """Facts: ``sign_in``."""
    LOWER_RATE = "lower-rate"
    """Facts: ``max_send_rate``."""
    AWAIT_PRODUCTION = "await-production"
    """Hold what goes to recipients that the sandbox refuses, until it is left."""
    TRY_NOW = "try-now"
    """The relay is paused, and what caused it is over: look again at once."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that is offered for a finding; nothing is done before a person confirms it."""

    kind: RemedyKind
    code: str
    """The finding's code."""
    facts: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    """What the person has to enter: ``sender``, ``secret``, ``region``."""
