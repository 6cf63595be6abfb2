"""A certificate issued under one that may issue none."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, INTERMEDIATE, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class IssuerNoAuthority(Fault):
    """A certificate issued under one that may issue none."""

    name = "issuer-no-authority"
    summary = "presents an intermediate that is no certificate authority"
    code = "tls.invalid-chain"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer",))

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """An intermediate of the same name and key, without the right to issue."""
        intermediate = issue_authority(
            INTERMEDIATE,
            chain.root,
            life=365 * DAY,
            key=chain.intermediate.key,
            authority=False,
        )
        return replace(presented, issuer=intermediate, above=(intermediate, *presented.above[1:]))
