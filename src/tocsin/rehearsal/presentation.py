"""What the endpoint is to present: the leaf as a plan, its issuer, and what is sent above it.

Faults change the plan; the leaf is issued once, after the last of them. So each spoils what it
is about and leaves what others have spoilt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tocsin.rehearsal.altered import with_broken_signature, with_sha1
from tocsin.rehearsal.chain import DAY, LEAF_LIFE, Chain, Issued, issue_leaf, make_key, names_of

_HONEST_BITS = 2048


@dataclass(frozen=True, slots=True)
class Leaf:
    """The server's certificate as it is wanted; `starts` and `ends` count from now."""

    names: tuple[str, ...]
    starts: timedelta = -DAY
    ends: timedelta = LEAF_LIFE
    bits: int = _HONEST_BITS
    server: bool = True
    """Else its extended key usage is for clients only."""
    sha1: bool = False
    """Signed over SHA-1."""
    broken: bool = False
    """Its signature does not fit."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """Leaf, what signs it (None: its own key), and the certificates that are sent with it."""

    leaf: Leaf
    issuer: Issued | None
    above: tuple[Issued, ...]

    def issue(self, chain: Chain) -> tuple[Issued, ...]:
        """The certificates, leaf first; the chain's own leaf where nothing is to be different."""
        if self == honest(chain):
            return chain.presented
        leaf = self.leaf
        key = chain.leaf.key if leaf.bits == _HONEST_BITS else make_key(leaf.bits)
        issued = issue_leaf(
            leaf.names,
            self.issuer,
            starts=leaf.starts,
            ends=leaf.ends,
            key=key,
            server=leaf.server,
        )
        signer = self.issuer or issued
        if leaf.sha1:
            issued = with_sha1(issued, signer.key)
        if leaf.broken:
            issued = with_broken_signature(issued)
        return (issued, *self.above)


def honest(chain: Chain) -> Presentation:
    """What an endpoint without faults presents."""
    return Presentation(Leaf(names_of(chain.leaf)), chain.intermediate, chain.presented[1:])
