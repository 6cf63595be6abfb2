"""A certificate of another server."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import Chain, Issued, issue_leaf
from tocsin.rehearsal.fault.base import Fault


class WrongName(Fault):
    """A certificate of another server."""

    name = "wrong-name"
    summary = "presents a certificate for mail.example.org"
    code = "tls.name-mismatch"

    def present(self, chain: Chain, presented: Sequence[Issued]) -> Sequence[Issued]:
        """A leaf for another name."""
        return (issue_leaf(("mail.example.org",), chain.intermediate), *presented[1:])
