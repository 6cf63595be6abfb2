"""What a fault can change, from the door to the octets of one answer."""

# ruff: noqa: ARG002 -- by default each place leaves things as they are

from __future__ import annotations

from typing import ClassVar

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.door import Doors
from tocsin.rehearsal.presentation import Presentation
from tocsin.rehearsal.script import Script
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.rehearsal.terms import Terms


class Fault:
    """A misbehaviour. Each method is a place to misbehave in; by default nothing is changed.

    Several may be played together: each gets what the one before it made. An instance
    lives until the faults of its relay are changed.
    """

    name: ClassVar[str]
    """How it is asked for; kebab-case."""
    summary: ClassVar[str]
    """What the relay then does, in one line."""
    code: ClassVar[str]
    """The fault code that a diagnosis should come to."""
    at: ClassVar[Step]
    """The step at which a client meets it first."""
    bars: ClassVar[bool]
    """No client, however willing, gets past that step."""
    spoils: ClassVar[frozenset[str]] = frozenset()
    """What of TLS it spoils, where a client that only looks sees it beside other faults:
    ``dates``, ``names``, ``purpose``, ``key``, ``signature``, ``issuer``, ``parameters``,
    ``client``. Nothing secret may pass such a session."""

    def admit(self, doors: Doors) -> Doors:
        """Other manners at the addresses that the relay listens on."""
        return doors

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Another endpoint or account."""
        return settings

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """Other certificates; the chain can issue what is needed."""
        return presented

    def secure(self, terms: Terms) -> Terms:
        """Another TLS."""
        return terms

    def play(self, step: Step | None, script: Script) -> Script:
        """Other acts for the answer to a step; `Step.TLS` is each flight of the handshake."""
        return script
