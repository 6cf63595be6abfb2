"""What authorities of a chain are not allowed: too many below them, or names (RFC 5280)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tocsin.trust.certificate import Certificate

if TYPE_CHECKING:  # long to load; a chain that is trusted at once needs none of it
    from cryptography import x509


def violation(path: Sequence[Certificate]) -> tuple[Certificate, str] | None:
    """The first authority of a path (leaf first) whose limits the rest oversteps, and how.

    Path length as in RFC 5280 section 4.2.1.9, constraints of DNS names as in 4.2.1.10.
    """
    from cryptography import x509  # noqa: PLC0415

    leaf, below = path[0], 0
    for one in path[1:]:
        loaded = x509.load_der_x509_certificate(one.der)
        most = _path_length(loaded)
        if most is not None and below > most:
            return one, f"it allows {most} authorities below it, and there are {below}"
        if not _allows(loaded, leaf.names):
            return one, "it may not vouch for the names of the relay"
        # An authority that issued itself a new certificate does not count.
        below += one.subject_id != one.issuer_id
    return None


def _path_length(loaded: x509.Certificate) -> int | None:
    from cryptography import x509  # noqa: PLC0415

    try:
        return loaded.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    except (x509.ExtensionNotFound, ValueError):
        return None


def _allows(loaded: x509.Certificate, names: Iterable[str]) -> bool:
    from cryptography import x509  # noqa: PLC0415

    try:
        limits = loaded.extensions.get_extension_for_class(x509.NameConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        return True
    permitted = _dns(limits.permitted_subtrees)
    excluded = _dns(limits.excluded_subtrees)
    return all(
        (not permitted or any(_below(name, one) for one in permitted))
        and not any(_below(name, one) for one in excluded)
        for name in names
    )


def _dns(subtrees: Iterable[x509.GeneralName] | None) -> list[str]:
    from cryptography import x509  # noqa: PLC0415

    return [one.value.casefold() for one in subtrees or () if isinstance(one, x509.DNSName)]


def _below(name: str, domain: str) -> bool:
    name = name.casefold().removeprefix("*.")
    return not domain or name == domain.lstrip(".") or name.endswith("." + domain.lstrip("."))
