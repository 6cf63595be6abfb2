"""Relays as the document describes them: the first, and those that stand after it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from tocsin.base.secret import Secret
from tocsin.central.part import Line, Name, Number, Part, WholeNumber

FIRST = "smtp"
"""Name of the first relay, which is the part of that name."""

REHEARSAL = "rehearsal"
"""Name of the relay that stands in for all others in a rehearsal."""


_WRITTEN_ONLY = WithJsonSchema({"type": ["string", "null"], "writeOnly": True})


class Relay(Part):
    """How a relay is reached, and what may be asked of it."""

    server: Line = Field(min_length=1, max_length=253)
    port: WholeNumber = Field(ge=1, le=65_535)
    encryption: Literal["starttls", "smtps", "none"]
    sender: str | None = Field(default=None, alias="from")
    user: Line | None = Field(default=None, min_length=1, max_length=320)
    password: Annotated[Secret | None, _WRITTEN_ONLY] = None
    sign_in: Literal["auto", "plain", "login", "scram", "xoauth2"] = "auto"
    """The mechanism; with xoauth2 the password is the access token."""
    max_send_rate: Number | None = Field(default=None, ge=0.001, le=1_000_000)
    """Recipients a second; none until set or learnt."""
    max_24_hour_send: WholeNumber | None = Field(default=None, ge=1, le=1_000_000_000)
    """Recipients in any 24 hours; none until set or learnt."""
    max_connections: WholeNumber = Field(default=20, ge=1, le=100)
    max_messages_per_connection: WholeNumber | None = Field(default=None, ge=1, le=1_000_000)
    """None until learnt from the relay."""
    max_recipients: WholeNumber = Field(default=50, ge=1, le=1_000)
    """Recipients of one message handed over at once."""
    window: WholeNumber = Field(default=64, ge=1, le=1_000)
    """Deliveries between wire and record on one connection."""
    idle_s: WholeNumber = Field(default=8, ge=1, le=300)
    timeout_s: WholeNumber | None = Field(default=None, ge=5, le=600)
    """No step takes longer; none leaves each step its own limit."""


class Smtp(Relay):
    """The relay that mail goes to."""

    sender: str = Field(alias="from")

    @property
    def name(self) -> str:
        """What it is called beside the further ones."""
        return FIRST


class FurtherRelay(Relay):
    """A relay that is used while all before it are paused; without `from`, the first one's."""

    name: Name
    after_s: WholeNumber = Field(default=300, ge=0, le=86_400)
    """Used once all relays before it have been paused for so long."""
