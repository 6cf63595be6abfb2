"""Ordering a presented chain by its signatures: from the server's certificate upwards.

Servers send certificates out of order, twice, or with strangers among them, and
OpenSSL verifies such chains all the same (RFC 8446 section 4.4.2 lets it). So
positions say nothing; only who signed whom does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from tocsin.trust.certificate import Certificate, load
from tocsin.trust.signature import holds

_DEEPEST = 12
_MOST_SIGNATURES = 200
_MOST_WAYS = 200


@dataclass(frozen=True, slots=True)
class Path:
    """A way from the server's certificate up. `anchor` is where trust begins, if it does.

    `certificates` begins with the server's own; the anchor is its last member when it
    was presented, and stands beside it when it came from the trust store alone.
    """

    certificates: tuple[Certificate, ...]
    anchor: Certificate | None

    @property
    def top(self) -> Certificate:
        """The highest certificate that was reached."""
        return self.certificates[-1]

    @property
    def whole(self) -> tuple[Certificate, ...]:
        """All certificates of the path, the anchor included."""
        if self.anchor is None or self.anchor == self.top:
            return self.certificates
        return (*self.certificates, self.anchor)


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether name and signature say so; a signature that cannot be computed passes."""
    if certificate.issuer_id != issuer.subject_id:
        return False
    return _may_hold(certificate.der, issuer.der)


@lru_cache(maxsize=4096)
def _may_hold(certificate: bytes, issuer: bytes) -> bool:
    """Computed once for a pair: one look at a chain asks for it several times."""
    return holds(load(certificate), load(issuer)) is not False


def find_path(chain: Sequence[Certificate], anchors: Sequence[Certificate]) -> Path | None:
    """The best way up from the first certificate; None when the chain is empty.

    A way that ends at an anchor wins, the shortest of those first met, as OpenSSL
    prefers trusted issuers over presented ones; else the longest way is given.
    """
    if not chain:
        return None
    search = _Search(chain, {one.sha256: one for one in anchors})
    best: Path | None = None
    for found in islice(search.ways((chain[0],)), _MOST_WAYS):
        if found.anchor is not None:
            return found
        if best is None or len(found.certificates) > len(best.certificates):
            best = found
    return best


class _Search:
    """Goes up all ways, the most promising first, computing so many signatures at most.

    Without that bound a hostile chain of equal names would keep the machine busy.
    """

    def __init__(self, presented: Sequence[Certificate], trusted: dict[str, Certificate]) -> None:
        self._presented = list({one.sha256: one for one in presented}.values())
        self._trusted = trusted
        self._computed: dict[tuple[str, str], bool] = {}

    def ways(self, path: tuple[Certificate, ...]) -> Iterator[Path]:
        top = path[-1]
        if top.sha256 in self._trusted:
            yield Path(path, top)
            return
        for anchor in self._trusted.values():
            if self._is_issued_by(top, anchor):
                yield Path(path, anchor)
                return
        if not top.self_signed and len(path) < _DEEPEST:
            for issuer in self._presented:
                if issuer not in path and self._is_issued_by(top, issuer):
                    yield from self.ways((*path, issuer))
        yield Path(path, None)

    def _is_issued_by(self, certificate: Certificate, issuer: Certificate) -> bool:
        if certificate.issuer_id != issuer.subject_id:
            return False
        pair = (certificate.sha256, issuer.sha256)
        if pair not in self._computed:
            if len(self._computed) >= _MOST_SIGNATURES:
                return False
            self._computed[pair] = is_issued_by(certificate, issuer)
        return self._computed[pair]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is odd about the way a chain was presented. All harmless to OpenSSL.

    `doubled`: sent more than once. `unused`: no part of the way up. `twins`: pairs of
    one name and key under different issuers (a root and its cross-signed form), of which
    the first at least was presented.
    """

    out_of_order: bool
    doubled: tuple[Certificate, ...]
    unused: tuple[Certificate, ...]
    twins: tuple[tuple[Certificate, Certificate], ...]


def arrange(chain: Sequence[Certificate], anchors: Sequence[Certificate]) -> Arrangement | None:
    """Compare a presented chain with the longest way up through it; None when it is empty."""
    path = find_path(chain, ())
    if path is None:
        return None
    first = {one.sha256: at for at, one in reversed(list(enumerate(chain)))}
    positions = [first[one.sha256] for one in path.certificates]
    distinct = [one for at, one in enumerate(chain) if first[one.sha256] == at]
    used = {one.sha256 for one in path.certificates}
    repeated = {one.sha256: one for at, one in enumerate(chain) if first[one.sha256] != at}
    return Arrangement(
        out_of_order=positions != sorted(positions),
        doubled=tuple(repeated.values()),
        unused=tuple(one for one in distinct if one.sha256 not in used),
        twins=tuple(_twins(distinct, anchors)),
    )


def _twins(
    presented: Sequence[Certificate], anchors: Sequence[Certificate]
) -> Iterator[tuple[Certificate, Certificate]]:
    known = {one.sha256: one for one in (*presented, *anchors)}
    for at, one in enumerate(presented):
        for other in list(known.values())[at + 1 :]:
            same_key = one.key_sha256 == other.key_sha256 and one.subject_id == other.subject_id
            if same_key and one.is_ca and one.issuer_id != other.issuer_id:
                yield one, other
