"""Which TLS versions and cipher suites Tocsin offers to a relay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.trust.name import printable

VERSIONS = ("1.2", "1.3")
"""The TLS versions a policy may name; older ones are withdrawn (RFC 8996)."""

TLS13_SUITES = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)
"""The suites of TLS 1.3 (RFC 8446 appendix B.4). A list cannot choose among them:
OpenSSL offers its first three whenever TLS 1.3 is allowed."""


@dataclass(frozen=True, slots=True)
class CipherPolicy:
    """An OpenSSL cipher list (for TLS 1.2) and the versions between which to agree.

    `maximum` None means whatever OpenSSL speaks at most.
    """

    ciphers: str
    minimum: str = "1.2"
    maximum: str | None = None


DEFAULT_POLICY = CipherPolicy(
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
"""Forward secrecy and authenticated encryption; no DHE, whose strength the relay decides."""

PRESETS: Mapping[str, CipherPolicy] = {
    "tocsin": DEFAULT_POLICY,
    "guide": CipherPolicy(
        "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:"
        "TLS_AES_128_CCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        "AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:AES256-GCM-SHA384"
    ),
    "mozilla-intermediate": CipherPolicy(
        f"{DEFAULT_POLICY.ciphers}:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
        "DHE-RSA-CHACHA20-POLY1305"
    ),
    "mozilla-modern": CipherPolicy(
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
        minimum="1.3",
    ),
    "compatible": CipherPolicy(
        "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:AESGCM:AES:!aNULL:!eNULL:!PSK:!SRP:!DHE:!aDSS"
    ),
    "with-dhe": CipherPolicy(
        "DHE+AESGCM:DHE+AES:ECDHE+AESGCM:ECDHE+CHACHA20:AESGCM:!aNULL:!eNULL:!PSK:!SRP:!aDSS"
    ),
    "tls13": CipherPolicy(DEFAULT_POLICY.ciphers, minimum="1.3"),
}
"""Policies with a name; `PRESET_SOURCES` says what each is and where it comes from."""

PRESET_SOURCES: Mapping[str, str] = {
    "tocsin": "The default: forward secrecy, authenticated encryption, and no DHE.",
    "guide": "The hardened list known from appliances that work around a relay's weak DHE keys.",
    "mozilla-intermediate": "Mozilla's Server Side TLS guidelines 5.7, intermediate: ends in DHE.",
    "mozilla-modern": "Mozilla's Server Side TLS guidelines 5.7, modern: TLS 1.3 alone.",
    "compatible": "For old private relays: RSA key exchange and CBC are offered too.",
    "with-dhe": "DHE first, so that weak DHE keys of a relay are met: to find them, not for mail.",
    "tls13": "TLS 1.3 alone.",
}
"""What each preset is, in a sentence; Mozilla publishes its lists at ssl-config.mozilla.org."""

LEVEL = re.compile(r"@SECLEVEL=([0-9]+)")
LOWEST_LEVEL, HIGHEST_LEVEL = 2, 5


class RefusedCiphers(ValueError):
    """A cipher list that will not do; `names` are the entries at fault."""

    def __init__(self, message: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.names = names


class UnknownCiphers(RefusedCiphers):
    """Entries that OpenSSL does not know. It would drop them without a word."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(
            f"Unknown cipher names: {', '.join(map(printable, names))}. Names are case-sensitive "
            "and those of OpenSSL (ECDHE-RSA-AES128-GCM-SHA256), not those of the IANA "
            "(TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256).",
            names,
        )


def entries_of(ciphers: str) -> list[str]:
    """The entries of a list; OpenSSL separates them by colons, commas or spaces."""
    return [entry for entry in re.split(r"[:,\s;]+", ciphers) if entry]


def security_level(entries: list[str]) -> int:
    """The OpenSSL security level that a list asks for; never below 2 (112 bits)."""
    asked = [int(level[1]) for level in map(LEVEL.fullmatch, entries) if level]
    return max((*asked[-1:], LOWEST_LEVEL))
