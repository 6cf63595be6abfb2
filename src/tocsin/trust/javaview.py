"""What a Java client (PKIX) with the same anchors would make of a chain.

Appliances that send by Java judge a chain by other rules than OpenSSL, and complain in
other words. Differences that matter (measured with OpenJDK 17 and 25): any certificate of
the key store ends a chain, self-signed or not; the anchor itself may be out of time, and
its name constraints and path length count for nothing; a server certificate in the store
is accepted whatever it says but for the name; a name in the subject alone still counts;
RSA from 1,024 bits on and SHA-1 under private roots pass (jdk.certpath.disabledAlgorithms).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tocsin.base.clock import Instant
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate, load
from tocsin.trust.hostname import plain_host
from tocsin.trust.path import Path, find_path
from tocsin.trust.published import published_root

_BUILDING = (
    "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "
    "unable to find valid certification path to requested target"
)
_VALIDATION = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
_EMPTY = (
    "Unexpected error: java.security.InvalidAlgorithmParameterException: "
    "the trustAnchors parameter must be non-empty"
)
_NOT_A_CA = "PKIX path validation failed: sun.security.validator.ValidatorException: TrustAnchor"
_SERVER_PURPOSES = {"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"}
_SMALLEST_KEY = {"RSA": 1024, "DSA": 1024, "EC": 224}
"""Bits, of jdk.certpath.disabledAlgorithms in OpenJDK 17."""


@dataclass(frozen=True, slots=True)
class JavaView:
    """A Java client's answer. `message` is what it prints, empty when it accepts."""

    accepted: bool
    message: str
    reason: str
    """Why, in a sentence."""

    def to_json(self) -> Mapping[str, object]:
        """Additional field `java` of the collection."""
        return {"accepted": self.accepted, "message": self.message, "reason": self.reason}


def java_view(
    chain: Sequence[Certificate], anchors: Sequence[Anchor], host: str, now: Instant
) -> JavaView | None:
    """What Java says of a presented chain (leaf first); None when there is none."""
    if not chain:
        return None
    if not anchors:
        return _refused(_EMPTY, "Its key store is empty.")
    leaf = chain[0]
    trusted = [one.certificate for one in anchors]
    if any(one.sha256 == leaf.sha256 for one in trusted):
        return _wrong_name(leaf, host) or _accepted(
            "The server's own certificate is in the key store, and nothing else is looked at."
        )
    ordered = _is_ordered(chain)
    usable = chain if ordered else [leaf, *(one for one in chain[1:] if _in_time(one, now))]
    path = find_path(usable, trusted)
    if path is None or path.anchor is None:
        return _no_path(chain, trusted, ordered=ordered)
    problem = _problem_of_path(path, now)
    if problem is not None:
        return problem if ordered else _refused(_BUILDING, problem.reason)
    if leaf.purposes and not _SERVER_PURPOSES & set(leaf.purposes):
        return _refused(
            "Extended key usage does not permit use for TLS server authentication",
            "The certificate is not made out for servers.",
        )
    return _wrong_name(leaf, host) or _accepted(_why(path.anchor, now))


def _accepted(reason: str) -> JavaView:
    return JavaView(True, "", reason)


def _refused(message: str, reason: str) -> JavaView:
    return JavaView(False, message, reason)


def _why(anchor: Certificate, now: Instant) -> str:
    if not _in_time(anchor, now):
        return f"{anchor.title} is out of time, but Java does not look at the dates of an anchor."
    if not anchor.self_signed:
        return f"The chain leads to {anchor.title}: to Java an intermediate is an anchor too."
    return f"The chain leads to {anchor.title}."


def _is_ordered(chain: Sequence[Certificate]) -> bool:
    """Each name the issuer of the one before; else Java searches among all of them."""
    return all(below.issuer_id == above.subject_id for below, above in pairwise(chain))


def _in_time(certificate: Certificate, now: Instant) -> bool:
    return certificate.not_before <= now <= certificate.not_after


def _no_path(
    chain: Sequence[Certificate], trusted: Sequence[Certificate], *, ordered: bool
) -> JavaView:
    if ordered and any(one.subject_id == chain[-1].issuer_id for one in trusted):
        return _refused(
            _VALIDATION + "Path does not chain with any of the trust anchors",
            "The key store holds a certificate of the issuer's name, but with another key.",
        )
    return _refused(_BUILDING, "No certificate that was presented leads to its key store.")


def _problem_of_path(path: Path, now: Instant) -> JavaView | None:
    """The first thing wrong, from the anchor downwards, which is Java's order."""
    anchor = path.anchor
    if anchor is None:
        return None
    if not anchor.is_ca:
        return _refused(
            f'{_NOT_A_CA} with subject "{anchor.subject}" is not a CA certificate',
            f"{anchor.title} issued the certificate, but is no certification authority.",
        )
    used = [one for one in path.certificates if one.sha256 != anchor.sha256]
    for below in range(len(used) - 1, -1, -1):
        found = next(_problems(used, below, anchor, now), None)
        if found is not None:
            return found
    return None


def _problems(
    used: Sequence[Certificate], below: int, anchor: Certificate, now: Instant
) -> Iterator[JavaView]:
    """What is wrong with one certificate, which has `below` certificates under it."""
    one = used[below]
    weakness = _weakness(one, anchor)
    if weakness:
        yield _refused(
            f"{_VALIDATION}Algorithm constraints check failed on {weakness}",
            f"Key or signature of {one.title} is disabled in Java.",
        )
    if below > 0 and not one.is_ca:
        yield _refused(
            _VALIDATION + "basic constraints check failed: this is not a CA certificate",
            f"{one.title} issued a certificate, but is no certification authority.",
        )
    between = sum(not other.self_signed for other in used[1:below])
    longest = _path_length(one) if below > 0 else None
    if longest is not None and between > longest:
        yield _refused(
            _VALIDATION + "basic constraints check failed: pathLenConstraint violated - "
            "this cert must be the last cert in the certification path",
            f"{one.title} allows fewer intermediates below it than there are.",
        )
    if any(not _permits(other, one) for other in used[below + 1 :]):
        yield _refused(
            _VALIDATION + "name constraints check failed",
            f"An issuer may not issue for the names of {one.title}.",
        )
    if not _in_time(one, now):
        word = "has expired" if one.not_after < now else "is not valid yet"
        yield _refused(_VALIDATION + "validity check failed", f"{one.title} {word}.")


def _weakness(one: Certificate, anchor: Certificate) -> str:
    """Algorithms that are off by default (jdk.certpath.disabledAlgorithms)."""
    signature = one.signature.casefold()
    for digest in ("md2", "md5"):
        if digest in signature:
            return f"signature algorithm: {digest.upper()}"
    if "sha1" in signature and published_root(anchor) is not None:
        return "certificate anchor limits"  # SHA-1 is off under the roots that Java brings along
    kind = one.key.split(" ")[0]
    if 0 < one.key_bits < _SMALLEST_KEY.get(kind, 0):
        return f"keysize limits: {kind} {one.key_bits} bit key"
    return ""


def _path_length(certificate: Certificate) -> int | None:
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    extensions = load(certificate.der).extensions
    return extensions.get_extension_for_class(x509.BasicConstraints).value.path_length


def _permits(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether the issuer's name constraints allow the DNS names (RFC 5280 section 4.2.1.10)."""
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    try:
        found = load(issuer.der).extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    names = [one for one in certificate.names if not _is_address(one)]
    permitted, excluded = (
        [one.value for one in trees or () if isinstance(one, x509.DNSName)]
        for trees in (found.permitted_subtrees, found.excluded_subtrees)
    )
    return all(
        (not permitted or any(_lies_in(name, tree) for tree in permitted))
        and not any(_lies_in(name, tree) for tree in excluded)
        for name in names
    )


def _lies_in(name: str, tree: str) -> bool:
    name, tree = name.casefold(), tree.casefold().lstrip(".")
    return not tree or name == tree or name.endswith("." + tree)


def _wrong_name(leaf: Certificate, host: str) -> JavaView | None:
    """As `sun.security.util.HostnameChecker` for TLS; JavaMail asks it only if told to."""
    host = plain_host(host)
    if _is_address(host):
        if any(_is_address(one) and _same_address(one, host) for one in leaf.names):
            return None
        message = (
            f"No subject alternative names matching IP address {host} found"
            if leaf.names
            else "No subject alternative names present"
        )
        return _refused(message, f"The certificate is not made out for {host}.")
    names = [one for one in leaf.names if not _is_address(one)]
    if any(_covers(one, host) for one in names or [leaf.common_name]):
        return None
    message = (
        f"No subject alternative DNS name matching {host} found."
        if names
        else f"No name matching {host} found"
    )
    return _refused(message, f"The certificate is not made out for {host}.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _same_address(one: str, other: str) -> bool:
    return ipaddress.ip_address(one) == ipaddress.ip_address(other)


def _covers(pattern: str, host: str) -> bool:
    """Label by label; a star stands for any part of one, but never for what is below a TLD."""
    labels, wanted = pattern.casefold().split("."), host.casefold().split(".")
    if len(labels) != len(wanted) or not all(labels):
        return False
    if "*" in pattern and ("*" in "".join(labels[-2:]) or len(labels) < 3):  # noqa: PLR2004
        return False
    return all(map(_matches, labels, wanted))


def _matches(label: str, wanted: str) -> bool:
    """Piece after piece between the stars, each at its first place: no going back."""
    first, *pieces = label.split("*")
    if not pieces:
        return label == wanted
    last = pieces.pop()
    if not wanted.startswith(first) or len(wanted) < len(first) + len(last):
        return False
    rest = wanted[len(first) : len(wanted) - len(last)]
    if not wanted.endswith(last):
        return False
    for piece in pieces:
        at = rest.find(piece)
        if at < 0:
            return False
        rest = rest[at + len(piece) :]
    return True
