"""What is worth a remark about a presented chain, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.trust.certificate import Certificate
from tocsin.trust.collection import Collection, Endpoint
from tocsin.trust.published import is_impostor


def remarks(collection: Collection) -> tuple[str, ...]:
    """Warnings first, then what is missing, out of order, doubled, unused, cross-signed."""
    return (*collection.warnings, *_missing(collection), *_oddities(collection))


def warnings_of(
    certificates: Sequence[Certificate], endpoints: Sequence[Endpoint]
) -> tuple[str, ...]:
    """What somebody should look at before trusting anything of it."""
    legible = {one.sha256 for one in certificates}
    shown = dict.fromkeys(sha256 for one in endpoints for sha256 in one.chain)
    return (
        *(
            f"{one.title}: bears the name of a published root, but its key is another one. "
            f"Do not trust it (SHA-256 {one.sha256})."
            for one in certificates
            if is_impostor(one)
        ),
        *(
            f"A presented certificate cannot be read (SHA-256 {sha256})."
            for sha256 in shown
            if sha256 not in legible
        ),
        *_differing(certificates, endpoints),
        *(
            f"{one.address} shows another chain in TLS 1.2 than in TLS 1.3."
            for one in endpoints
            if one.older_chain
        ),
    )


def _differing(certificates: Sequence[Certificate], endpoints: Sequence[Endpoint]) -> Iterator[str]:
    """Which addresses show which chain, where they do not all show the same."""
    by_chain: dict[tuple[str, ...], list[str]] = {}
    for one in endpoints:
        if one.chain:
            by_chain.setdefault(one.chain, []).append(one.address)
    if len(by_chain) < 2:  # noqa: PLR2004 -- all alike
        return
    titles = {one.sha256: one.title for one in certificates}
    groups = []
    for chain, addresses in by_chain.items():
        shown = ", ".join(f"{titles.get(one, 'unreadable')} {one[:8]}" for one in chain)
        groups.append(f"{', '.join(addresses)} ({shown})")
    yield f"The addresses show different chains: {'; '.join(groups)}."


def _missing(collection: Collection) -> Iterator[str]:
    for name in collection.verdict.missing:
        yield f"Neither presented nor in the trust store: {name}"


def _oddities(collection: Collection) -> Iterator[str]:
    odd = collection.oddities
    if odd is None:
        return
    if odd.out_of_order:
        yield "The certificates are not sent in the order of their signatures (harmless)."
    for sha256 in odd.doubled:
        yield f"{title_of(collection, sha256)} is sent more than once (harmless)."
    for sha256 in odd.unused:
        yield f"{title_of(collection, sha256)} is sent, but is no part of the way up."
    for one, other in odd.cross_signed:
        where = "" if collection.certificate(other) else ", held by the trust store"
        yield (
            f"{title_of(collection, one)} has two forms with one key: cross-signed "
            f"({one[:8]}) and {other[:8]}{where}."
        )


def title_of(collection: Collection, sha256: str) -> str:
    """The shortest name of a collected certificate, or a piece of its fingerprint."""
    found = collection.certificate(sha256)
    return found.title if found else f"the certificate {sha256[:8]}"
