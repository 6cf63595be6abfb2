"""What a remedy comes to on a configuration: the parts of the document that it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.base.clock import Instant
from tocsin.central.configuration import Configuration
from tocsin.central.difference import Difference
from tocsin.central.shown import show_relay
from tocsin.central.smtp import FIRST, FurtherRelay, Smtp
from tocsin.doctor.remedy import Remedy
from tocsin.engine.errors import Conflict
from tocsin.engine.remedies.words import Words
from tocsin.trust.certificate import Certificate


class Moot(Conflict):
    """The remedy does not fit the configuration as it is (any more); the message says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """A remedy, what it is applied to, and what a person entered for it."""

    configuration: Configuration
    relay: str | None
    """Name of the configured relay that was walked to; None: a host that somebody entered."""
    remedy: Remedy
    given: Mapping[str, str]
    at: Instant
    host: str = ""
    port: int = 0
    """Where the walk went; empty and 0 where that is not known."""

    def entered(self, name: str) -> str:
        """What was entered under that name, without blanks around it; empty: nothing."""
        return self.given.get(name, "").strip()

    def fact(self, name: str) -> str:
        """A fact of the remedy.

        Raises:
            Moot: the walk did not find it out.
        """
        value = self.remedy.facts.get(name, "")
        if not value:
            raise Moot(f"the walk did not find out the {name} that this needs")
        return value

    def configured(self) -> Smtp | FurtherRelay:
        """The relay as it is configured now.

        Raises:
            Moot: there is none of that name, or it has been given another server since.
        """
        for one in self.configuration.every_relay:
            if one.name == self.relay:
                return self._unmoved(one)
        if self.relay is None:
            raise Moot("the walk was to a server that is not configured: there is nothing to set")
        raise Moot(f"the relay {self.relay} is not configured")

    def _unmoved(self, one: Smtp | FurtherRelay) -> Smtp | FurtherRelay:
        if self.host and (self.host, self.port) != (one.server, one.port):
            raise Moot(
                f"the relay {one.name} is at {one.server}:{one.port} now, and the walk went to "
                f"{self.host}:{self.port}; let the doctor walk again"
            )
        return one


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done; `parts` is the change of the document, in the form it is applied in."""

    says: Words
    """What it does, in a sentence with numbers and names."""
    note: str
    """What was done, for the history: ``added the anchor …``."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """Empty while something has to be entered first."""
    asks: tuple[str, ...] = ()
    """What is still to be entered."""
    foreseen: tuple[Difference, ...] = ()
    """What will differ, where that is known before everything is entered."""
    warnings: tuple[Words, ...] = ()
    certificate: Certificate | None = None
    """The one that would be trusted, for a person to compare its fingerprint."""


def edited(case: Case, one: Smtp | FurtherRelay, **changes: Any) -> dict[str, Any]:
    """The part of the document in which `one` has these fields; its password stays."""
    fields = {**show_relay(one), **changes}
    if isinstance(one, Smtp):
        return {FIRST: fields}
    others = case.configuration.relays
    return {"relays": [fields if each.name == one.name else show_relay(each) for each in others]}


def path_of(one: Smtp | FurtherRelay) -> str:
    """What its settings are told under, as in a difference."""
    return FIRST if isinstance(one, Smtp) else f"relays {one.name}"
