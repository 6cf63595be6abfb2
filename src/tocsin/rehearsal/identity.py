"""Verified identities: who may be a sender and, in the sandbox, a recipient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SIMULATOR = "simulator.amazonses.com"
"""Its five mailboxes take mail from everybody (SES developer guide, "mailbox simulator")."""
_SIMULATED = frozenset(("success", "bounce", "ooto", "complaint", "suppressionlist"))


class Identities:
    """Domains, which verify their subdomains and all addresses in them, and single addresses.

    Domains compare without regard to case, local parts with it.
    """

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        self.domains = frozenset(one.lower().rstrip(".") for one in names if "@" not in one)
        self._addresses = frozenset(_folded(one) for one in names if "@" in one)

    def cover(self, address: str) -> bool:
        """Whether mail may be from this address."""
        return _folded(address) in self._addresses or self.signing_domain(address) is not None

    def signing_domain(self, address: str) -> str | None:
        """The verified domain that the address lies in, for DKIM; the nearest when nested."""
        return next((one for one in _domains_above(address) if one in self.domains), None)


def is_simulator(address: str) -> bool:
    """Whether it is a mailbox of the simulator; ``+label`` is allowed."""
    local, _, domain = address.rpartition("@")
    return domain.lower() == SIMULATOR and local.partition("+")[0].lower() in _SIMULATED


def _folded(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _domains_above(address: str) -> Iterator[str]:
    domain = address.rpartition("@")[2].lower()
    while domain:
        yield domain
        domain = domain.partition(".")[2]
