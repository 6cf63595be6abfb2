"""A certificate whose key was long enough twenty years ago."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation
from tocsin.rehearsal.terms import Terms


class WeakKey(Fault):
    """A certificate whose key was long enough twenty years ago."""

    name = "weak-key"
    summary = "presents a certificate with an RSA key of 1024 bits"
    code = "tls.weak-key"
    at = Step.TLS
    bars = False
    spoils = frozenset(("key",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The same leaf over a short key."""
        return replace(presented, leaf=replace(presented.leaf, bits=1024))

    def secure(self, terms: Terms) -> Terms:
        """At an honest security level it does not load."""
        return replace(terms, level=0)
