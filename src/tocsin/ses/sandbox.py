"""What an account may send from and to, judged by its identities and whether it is in the sandbox.

Source: SES developer guide, "Request production access" and "Creating and verifying
identities": in the sandbox a recipient must be verified too, or be the mailbox simulator.
A verified domain covers its addresses and those of its subdomains. Domains are compared
without regard to case; local parts, which may differ by it, as they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tocsin.ses.account import Identity

SIMULATOR = "simulator.amazonses.com"
"""Its addresses (``success@``, ``bounce@`` …) may be sent to from any account."""
_ADDRESS = "EMAIL_ADDRESS"
_VERIFIED = "SUCCESS"


def may_send_from(address: str, identities: Iterable[Identity]) -> bool:
    """Whether an identity that is verified, and not switched off, covers the sender."""
    able = [one for one in _verified(identities) if one.sending_enabled]
    return any(covers(one, address) for one in able)


def unverified(addresses: Iterable[str], identities: Collection[Identity]) -> tuple[str, ...]:
    """The recipients that an account in the sandbox may not send to, in the order given."""
    able = list(_verified(identities))
    return tuple(
        one
        for one in dict.fromkeys(addresses)
        if _domain(one) != SIMULATOR and not any(covers(each, one) for each in able)
    )


def closest(address: str, identities: Iterable[Identity]) -> Identity | None:
    """The identity that mail from an address goes out by: a verified one first, then the nearest.

    None where none covers the address, verified or not.
    """
    able = [one for one in identities if covers(one, address)]
    able.sort(key=lambda one: (one.verification != _VERIFIED, "@" not in one.name, -len(one.name)))
    return able[0] if able else None


def _verified(identities: Iterable[Identity]) -> Iterable[Identity]:
    return (one for one in identities if one.verification == _VERIFIED)


def covers(identity: Identity, address: str) -> bool:
    """Whether an identity, verified or not, speaks for an address."""
    domain = _domain(address)
    if identity.kind == _ADDRESS:
        local = address.rpartition("@")[0]
        own = identity.name.rpartition("@")[0]
        # "soc+night@" is covered by "soc@": labels need no verification of their own.
        return domain == _domain(identity.name) and own in {local, local.partition("+")[0]}
    name = identity.name.lower()
    return domain == name or domain.endswith(f".{name}")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
