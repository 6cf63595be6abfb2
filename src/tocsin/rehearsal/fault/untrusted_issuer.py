"""A chain under roots that no trust store here holds."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class UntrustedIssuer(Fault):
    """A chain under roots that no trust store here holds."""

    name = "untrusted-issuer"
    summary = "presents a whole chain of another house"
    code = "tls.untrusted-issuer"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """A leaf and its issuer, neither of which is known."""
        root = issue_authority("Example Root CA 7", None, life=365 * DAY)
        issuing = issue_authority("Example Issuing CA 3", root, life=365 * DAY, path_length=0)
        return replace(presented, issuer=issuing, above=(issuing,))
