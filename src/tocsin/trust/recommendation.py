"""Which certificate of a chain to add to a trust store."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate
from tocsin.trust.collection import Recommendation
from tocsin.trust.path import Path, find_path
from tocsin.trust.published import is_impostor, published_root
from tocsin.trust.verdict import Verdict

_CURED_BY_TRUST = frozenset({"tls.untrusted-issuer", "tls.incomplete-chain", "tls.self-signed"})


def recommend(
    chain: Sequence[Certificate], verdict: Verdict, anchors: Sequence[Anchor]
) -> Recommendation | None:
    """The highest certificate that was presented: it changes least often.

    None when the chain is trusted already (but for trust in the server's own
    certificate), when trust is not what is wrong, or when the chain looks like somebody
    else's (tls.intercepted): then nothing should be added.
    """
    path = find_path(chain, [one.certificate for one in anchors])
    if path is None:
        return None
    if verdict.trusted:
        return _above_a_pin(chain, path)
    if verdict.code not in _CURED_BY_TRUST:
        return None
    if any(is_impostor(one) for one in path.certificates):
        return None
    return _of_top(path.top)


def _of_top(top: Certificate) -> Recommendation:
    if not top.is_ca and not top.self_signed:
        fetch = f" It can be fetched from {top.issuer_urls[0]}." if top.issuer_urls else ""
        return Recommendation(
            top.issuer,
            None,
            "The server sent only its own certificate. Add the certificate of its issuer (or the "
            "root above that) rather than the server's, which ends with the next renewal." + fetch,
        )
    return Recommendation(top.title, top.sha256, _reason_for(top))


def _reason_for(top: Certificate) -> str:
    if published_root(top) is not None:
        return (
            "Its key is the one that Amazon Trust Services publishes for this root. Server and "
            "intermediate certificates are renewed without notice; the root stays."
        )
    if not top.is_ca:
        return (
            "The server signed its own certificate, so there is no root above it. Compare the "
            "fingerprint on the server itself; it must be added anew at each renewal."
        )
    kind = "the root" if top.self_signed else "the highest certificate presented"
    return (
        f"It is {kind}, so it outlasts the renewals below it. Compare its fingerprint "
        "with what the operator of the relay says before adding it."
    )


def _above_a_pin(chain: Sequence[Certificate], path: Path) -> Recommendation | None:
    """Trust in the server's own certificate works until its next renewal."""
    longest = find_path(chain, ())
    if path.anchor is None or path.anchor.is_ca or longest is None or not longest.top.is_ca:
        return None
    return Recommendation(
        longest.top.title,
        longest.top.sha256,
        "Trust rests on the server's own certificate, which ends with its next renewal. This "
        "one stands above it and outlasts that.",
    )
