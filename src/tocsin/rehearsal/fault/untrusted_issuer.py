"""A chain under roots that no trust store here holds."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import DAY, Chain, Issued, issue_authority, issue_leaf, names_of
from tocsin.rehearsal.fault.base import Fault


class UntrustedIssuer(Fault):
    """A chain under roots that no trust store here holds."""

    name = "untrusted-issuer"
    summary = "presents a whole chain of another house"
    code = "tls.untrusted-issuer"

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Sequence[Issued],
    ) -> Sequence[Issued]:
        """A leaf and its issuer, neither of which is known."""
        root = issue_authority("Example Root CA 7", None, life=365 * DAY)
        issuing = issue_authority("Example Issuing CA 3", root, life=365 * DAY, path_length=0)
        return (issue_leaf(names_of(presented[0]), issuing), issuing)
