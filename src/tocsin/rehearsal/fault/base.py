"""What a fault can change, from the chain to the octets of one answer."""

# ruff: noqa: ARG002 -- by default each place leaves things as they are

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain, Issued
from tocsin.rehearsal.script import Script
from tocsin.rehearsal.settings import RehearsalSettings


class Fault:
    """A misbehaviour. Each method is a place to misbehave in; by default nothing is changed.

    Several may be played together: each gets what the one before it made. An instance
    lives as long as one run of the relay.
    """

    name: ClassVar[str]
    """How it is asked for; kebab-case."""
    summary: ClassVar[str]
    """What the relay then does, in one line."""
    code: ClassVar[str]
    """The fault code that a diagnosis should come to."""

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Another endpoint or account."""
        return settings

    def present(self, chain: Chain, presented: Sequence[Issued]) -> Sequence[Issued]:
        """Other certificates, leaf first; the chain can issue what is needed."""
        return presented

    def secure(self, certificates: Path, key: Path) -> ssl.SSLContext | None:
        """Another TLS; None leaves the choice to others."""
        return None

    def play(self, step: Step | None, script: Script) -> Script:
        """Other acts for the answer to a step; `Step.TLS` is each flight of the handshake."""
        return script
