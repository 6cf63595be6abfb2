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
    "compatible": CipherPolicy(
        "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:AESGCM:AES:!aNULL:!eNULL:!PSK:!SRP:!DHE:!aDSS"
    ),
    "with-dhe": CipherPolicy(
        "DHE+AESGCM:DHE+AES:ECDHE+AESGCM:ECDHE+CHACHA20:AESGCM:!aNULL:!eNULL:!PSK:!SRP:!aDSS"
    ),
    "tls13": CipherPolicy(DEFAULT_POLICY.ciphers, minimum="1.3"),
}
"""Policies with a name: `tocsin`, the default; `guide`, the list known from appliances that
work around weak DHE keys of a relay; `compatible`, for old private relays; `with-dhe`, which
prefers DHE and so meets a relay's weak DHE keys; `tls13`, TLS 1.3 alone."""

# Names that stand for sets of suites (openssl-ciphers(1)) although this OpenSSL may
# have none of them: excluding what is not there is no mistake.
_EMPTY_SETS = frozenset(
    {"3DES", "ADH", "AECDH", "ARIA", "CAMELLIA", "DES", "DSS", "EXP", "EXPORT", "IDEA", "LOW"}
    | {"MD5", "MEDIUM", "NULL", "PSK", "RC2", "RC4", "SEED", "SRP", "SSLv2", "SSLv3", "aDH"}
    | {"aDSS", "aECDH", "aGOST", "aNULL", "aPSK", "aSRP", "eNULL", "kDH", "kDHd", "kDHr"}
    | {"kECDH", "kECDHe", "kECDHr", "kGOST", "kPSK", "kRSAPSK", "kSRP"}
)
_LEVEL = re.compile(r"@SECLEVEL=([0-9]+)")
_LOWEST_LEVEL, _HIGHEST_LEVEL = 2, 5


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


@dataclass(frozen=True, slots=True)
class CheckedCiphers:
    """What a cipher list comes to.

    `offered`: every suite that would be offered, TLS 1.3 first. `without_effect`: TLS 1.3
    names of the list, which cannot choose or order those suites. `weak_exchange`: offered
    suites whose key exchange strength the relay decides (DHE).
    """

    offered: tuple[str, ...]
    without_effect: tuple[str, ...]
    weak_exchange: tuple[str, ...]


def entries_of(ciphers: str) -> list[str]:
    """The entries of a list; OpenSSL separates them by colons, commas or spaces."""
    return [entry for entry in re.split(r"[:,\s;]+", ciphers) if entry]


def security_level(entries: list[str]) -> int:
    """The OpenSSL security level that a list asks for; never below 2 (112 bits)."""
    asked = [int(level[1]) for level in map(_LEVEL.fullmatch, entries) if level]
    return max((*asked[-1:], _LOWEST_LEVEL))


def check_ciphers(ciphers: str, minimum: str = "1.2", maximum: str | None = None) -> CheckedCiphers:
    """Compare a cipher list with what OpenSSL makes of it.

    Raises:
        UnknownCiphers: an entry is unknown to OpenSSL.
        RefusedCiphers: it lowers the security level, leaves nothing to offer, or the
            versions are none or out of order.
    """
    from tocsin.trust.context import offered_ciphers  # noqa: PLC0415 -- it imports this module

    _check_versions(minimum, maximum)
    entries = entries_of(ciphers)
    if not entries:
        raise RefusedCiphers("The cipher list is empty.")
    unknown = tuple(entry for entry in entries if not _is_known(entry))
    if unknown:
        raise UnknownCiphers(unknown)
    offered = offered_ciphers(CipherPolicy(":".join(entries), minimum, maximum))
    return CheckedCiphers(
        offered,
        tuple(entry for entry in entries if entry in TLS13_SUITES),
        tuple(name for name in offered if name.startswith(("DHE-", "EDH-"))),
    )


def check_policy(policy: CipherPolicy) -> CheckedCiphers:
    """`check_ciphers` for a whole policy."""
    return check_ciphers(policy.ciphers, policy.minimum, policy.maximum)


def _check_versions(minimum: str, maximum: str | None) -> None:
    for version in (minimum, maximum):
        if version is not None and version not in VERSIONS:
            raise RefusedCiphers(f"TLS version {version!r} is not one of {', '.join(VERSIONS)}.")
    if maximum is not None and maximum < minimum:
        raise RefusedCiphers(f"TLS {maximum} at most and {minimum} at least leave no version.")


def _is_known(entry: str) -> bool:
    from tocsin.trust.context import knows_cipher  # noqa: PLC0415 -- it imports this module

    if entry.startswith("@"):
        level = _LEVEL.fullmatch(entry)
        if level and int(level[1]) < _LOWEST_LEVEL:
            raise RefusedCiphers(
                f"{entry} lowers the security level: keys below 112 bits of strength would "
                "pass. Leave DHE out of the list instead.",
                (entry,),
            )
        return entry == "@STRENGTH" or (level is not None and int(level[1]) <= _HIGHEST_LEVEL)
    bare = entry.lstrip("!-+")
    if bare in TLS13_SUITES or knows_cipher(bare):
        return True
    return all(part in _EMPTY_SETS or knows_cipher(part) for part in bare.split("+"))
