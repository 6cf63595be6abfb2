"""The roots that Amazon Trust Services publishes, known by their fingerprints.

Source: https://www.amazontrust.com/repository/ (also in the root lists of the
browsers). `key_sha256` is the SHA-256 of the root's public key, which a
cross-signed certificate of the same root shares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.trust.certificate import Certificate


@dataclass(frozen=True, slots=True)
class PublishedRoot:
    """One published root: its common name and the SHA-256 of certificate and key."""

    name: str
    sha256: str
    key_sha256: str


AMAZON_ROOTS = (
    PublishedRoot(
        "Amazon Root CA 1",
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    ),
    PublishedRoot(
        "Amazon Root CA 2",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    ),
    PublishedRoot(
        "Amazon Root CA 3",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    ),
    PublishedRoot(
        "Amazon Root CA 4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    ),
    PublishedRoot(
        "Starfield Services Root Certificate Authority - G2",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
    ),
)

AMAZON_ORGANIZATIONS = ("amazon", "starfield technologies, inc.")
"""The organizations in the names of the certificates above Amazon's services, in small letters."""

AMAZON_DOMAIN = "amazonaws.com"

_BY_NAME = {root.name.casefold(): root for root in AMAZON_ROOTS}
_BY_KEY = {root.key_sha256: root for root in AMAZON_ROOTS}


def published_root(certificate: Certificate) -> PublishedRoot | None:
    """The published root whose key the certificate holds: itself or a cross-signed twin."""
    return _BY_KEY.get(certificate.key_sha256)


def is_impostor(certificate: Certificate) -> bool:
    """Whether it bears the name of a published root over another key."""
    root = _BY_NAME.get(certificate.common_name.casefold())
    return root is not None and root.key_sha256 != certificate.key_sha256


def is_amazon_host(host: str) -> bool:
    """Whether the name lies in the domain that AWS serves its endpoints under."""
    name = host.casefold().rstrip(".")
    return name == AMAZON_DOMAIN or name.endswith("." + AMAZON_DOMAIN)


def any_of_amazon(chain: Iterable[Certificate]) -> bool:
    """Whether any certificate says that Amazon's authorities issued it."""
    return any(one.issuer_organization.casefold() in AMAZON_ORGANIZATIONS for one in chain)
