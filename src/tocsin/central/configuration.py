"""The configuration as values: one immutable document."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.base.clock import Instant
from tocsin.base.secret import Secret
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.policy import DEFAULT_POLICY, PRESETS, CipherPolicy

_MOST_NAME = 100


def _name(value: object) -> object:
    if isinstance(value, str) and not (
        value == value.strip() and value.isprintable() and 0 < len(value) <= _MOST_NAME
    ):
        raise ValueError(
            f"a name has 1 to {_MOST_NAME} printable characters and no blanks at its ends"
        )
    return value


def _printable(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():
        raise ValueError("holds control characters")
    return value


def _no_truth_value(value: object) -> object:
    # Python takes true for 1: "port: yes" would be port 1.
    if isinstance(value, bool):
        raise ValueError("is no whole number")  # noqa: TRY004 -- pydantic asks for it
    return value


Name = Annotated[str, BeforeValidator(_name)]
_Line = Annotated[str, BeforeValidator(_printable)]


class Part(BaseModel):
    """A part of the document: unknown names are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Smtp(Part):
    """The relay that mail goes to."""

    server: _Line = Field(min_length=1, max_length=253)
    port: Annotated[int, BeforeValidator(_no_truth_value)] = Field(ge=1, le=65_535)
    encryption: Literal["starttls", "smtps", "none"]
    sender: str = Field(alias="from")
    user: _Line | None = Field(default=None, min_length=1, max_length=320)
    password: Secret | None = None


class TrustEntry(Part):
    """An anchor of the trust store, and who put it there."""

    name: Name
    pem: str
    added_at: Instant = 0
    added_by: str = ""

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

    @property
    def policy(self) -> CipherPolicy:
        """The policy as the handshake takes it."""
        base = PRESETS[self.preset] if self.preset is not None else DEFAULT_POLICY
        return CipherPolicy(
            self.list if self.list is not None else base.ciphers,
            self.minimum or base.minimum,
            base.maximum,
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
    trust: tuple[TrustEntry, ...] = ()
    ciphers: Ciphers = Ciphers(preset="tocsin")
    sources: tuple[Any, ...] = ()
    actions: tuple[Any, ...] = ()
    rules: tuple[RuleEntry, ...] = ()


EMPTY = Configuration()
"""A manager that nothing was said to yet."""

PARTS = tuple(Configuration.model_fields)
