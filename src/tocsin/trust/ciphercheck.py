"""A cipher list held against what this OpenSSL makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.trust.context import knows_cipher, offered_ciphers
from tocsin.trust.policy import (
    HIGHEST_LEVEL,
    LEVEL,
    LOWEST_LEVEL,
    TLS13_SUITES,
    VERSIONS,
    CipherPolicy,
    RefusedCiphers,
    UnknownCiphers,
    entries_of,
    security_level,
)

# Names that stand for sets of suites (openssl-ciphers(1)) although this OpenSSL may
# have none of them: excluding what is not there is no mistake.
_EMPTY_SETS = frozenset(
    {"3DES", "ADH", "AECDH", "ARIA", "CAMELLIA", "DES", "DSS", "EXP", "EXPORT", "IDEA", "LOW"}
    | {"MD5", "MEDIUM", "NULL", "PSK", "RC2", "RC4", "SEED", "SRP", "SSLv2", "SSLv3", "aDH"}
    | {"aDSS", "aECDH", "aGOST", "aNULL", "aPSK", "aSRP", "eNULL", "kDH", "kDHd", "kDHr"}
    | {"kECDH", "kECDHe", "kECDHr", "kGOST", "kPSK", "kRSAPSK", "kSRP"}
)


@dataclass(frozen=True, slots=True)
class CheckedCiphers:
    """What a cipher list comes to.

    `offered`: every suite that would be offered, TLS 1.3 first. `without_effect`: TLS 1.3
    names of the list, which cannot choose or order those suites. `weak_exchange`: offered
    suites whose key exchange strength the relay decides (DHE). `level`: the security level
    (SSL_CTX_set_security_level(3)), never below 2.
    """

    offered: tuple[str, ...]
    without_effect: tuple[str, ...]
    weak_exchange: tuple[str, ...]
    level: int = LOWEST_LEVEL

    @property
    def fixed(self) -> tuple[str, ...]:
        """The offered suites of TLS 1.3: OpenSSL's own choice, which no list alters."""
        return tuple(name for name in self.offered if name in TLS13_SUITES)

    @property
    def ordered(self) -> tuple[str, ...]:
        """The offered suites of TLS 1.2, in the order of the list."""
        return tuple(name for name in self.offered if name not in TLS13_SUITES)


def check_ciphers(ciphers: str, minimum: str = "1.2", maximum: str | None = None) -> CheckedCiphers:
    """Compare a cipher list with what OpenSSL makes of it.

    Raises:
        UnknownCiphers: an entry is unknown to OpenSSL.
        RefusedCiphers: it lowers the security level, leaves nothing to offer, or the
            versions are none or out of order.
    """
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
        security_level(entries),
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
    if entry.startswith("@"):
        level = LEVEL.fullmatch(entry)
        if level and int(level[1]) < LOWEST_LEVEL:
            raise RefusedCiphers(
                f"{entry} lowers the security level: keys below 112 bits of strength would "
                "pass. Leave DHE out of the list instead.",
                (entry,),
            )
        return entry == "@STRENGTH" or (level is not None and int(level[1]) <= HIGHEST_LEVEL)
    bare = entry.lstrip("!-+")
    if bare in TLS13_SUITES or knows_cipher(bare):
        return True
    return all(part in _EMPTY_SETS or knows_cipher(part) for part in bare.split("+"))
