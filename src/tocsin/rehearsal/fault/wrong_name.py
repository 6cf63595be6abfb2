"""A certificate of another server."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class WrongName(Fault):
    """A certificate of another server."""

    name = "wrong-name"
    summary = "presents a certificate for mail.example.org"
    code = "tls.name-mismatch"
    at = Step.TLS
    bars = False
    spoils = frozenset(("names",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """A leaf for another name."""
        return replace(presented, leaf=replace(presented.leaf, names=("mail.example.org",)))
