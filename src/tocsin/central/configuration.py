"""The configuration as values: one immutable document."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tocsin.base.clock import Instant
from tocsin.central.arrival import Arrival
from tocsin.central.part import Line, Name, Part, WholeNumber
from tocsin.central.ses import Ses
from tocsin.central.smtp import FurtherRelay, Smtp
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.policy import DEFAULT_POLICY, PRESETS, CipherPolicy

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-_\[\]:]+(/[A-Za-z0-9.\-_~/]*)?")


def _page_address(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value and not _ADDRESS.fullmatch(value):
        raise ValueError("is no address such as https://tocsin.example.com:8443")
    return value.rstrip("/")


class Outbox(Part):
    """What becomes of deliveries that the relay did not take at once."""

    in_doubt: Literal["again", "hold"] = "again"
    """When it is not known whether the relay took one: send it again, or hold it."""
    keep_trying_h: WholeNumber = Field(default=24, ge=1, le=240)
    page_address: Annotated[str, BeforeValidator(_page_address)] = ""
    """Where people reach the pages, for the links in mails; empty: there are none."""


class TrustEntry(Part):
    """An anchor of the trust store, and who put it there."""

    name: Name
    pem: str
    knowingly: bool = False
    """Somebody said to trust it although it is out of time, or no authority."""
    added_at: Instant = 0
    added_by: str = ""
    origin: Annotated[Line, Field(max_length=300)] = ""
    """Where it came from: the file, the server it was collected from, a document."""

    @property
    def anchor(self) -> Anchor:
        """The entry as the verification takes it."""
        return _anchor(self.name, self.pem)


@lru_cache(maxsize=4096)
def _anchor(name: str, pem: str) -> Anchor:
    (certificate,) = read_certificates(pem.encode())
    return Anchor(name, certificate)


class Ciphers(Part):
    """The cipher policy: a preset by its name, or a list."""

    preset: str | None = None
    list: str | None = None
    minimum: Literal["1.2", "1.3"] | None = None
    maximum: Literal["1.2", "1.3"] | None = None

    @property
    def policy(self) -> CipherPolicy:
        """The policy as the handshake takes it."""
        base = PRESETS[self.preset] if self.preset is not None else DEFAULT_POLICY
        return CipherPolicy(
            self.list if self.list is not None else base.ciphers,
            self.minimum or base.minimum,
            self.maximum or base.maximum,
        )


class RuleEntry(Part):
    """A response rule."""

    name: Name
    description: str = Field(default="", max_length=1000)
    enabled: bool = True
    type: Literal["any"] = "any"
    when: dict[str, Any] = Field(default_factory=dict)
    active: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()


class Configuration(Part):
    """The whole document. `sources` and `actions` hold the settings of their kinds."""

    smtp: Smtp | None = None
    relays: tuple[FurtherRelay, ...] = ()
    outbox: Outbox = Outbox()
    ses: Ses | None = None
    arrival: Arrival | None = None
    trust: tuple[TrustEntry, ...] = ()
    trust_system_roots: bool = False
    """Whether the roots of the operating system are trusted too."""
    ciphers: Ciphers = Ciphers(preset="tocsin")
    sources: tuple[Any, ...] = ()
    actions: tuple[Any, ...] = ()
    rules: tuple[RuleEntry, ...] = ()

    @property
    def every_relay(self) -> tuple[Smtp | FurtherRelay, ...]:
        """The first relay, where there is one, and the further ones in their order."""
        return (*(() if self.smtp is None else (self.smtp,)), *self.relays)


EMPTY = Configuration()
"""A manager that nothing was said to yet."""

PARTS = tuple(Configuration.model_fields)
