"""A certificate that was signed as in 2010."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation
from tocsin.rehearsal.terms import Terms


class WeakSignature(Fault):
    """A certificate that was signed as in 2010."""

    name = "weak-signature"
    summary = "presents a certificate signed over SHA-1"
    code = "tls.weak-signature"
    at = Step.TLS
    bars = False
    spoils = frozenset(("signature",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The same leaf over a hash that collides."""
        return replace(presented, leaf=replace(presented.leaf, sha1=True))

    def secure(self, terms: Terms) -> Terms:
        """At an honest security level it does not load."""
        return replace(terms, level=0)
