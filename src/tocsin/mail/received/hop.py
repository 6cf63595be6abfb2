"""One server's word on how a message came to it: a Received field (RFC 5321 section 4.4)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tocsin.base.clock import Instant, from_datetime
from tocsin.mail.received.lexical import Piece, Token, tokens

_CLAUSES = frozenset({"from", "by", "via", "with", "id", "for", "tls"})
_IN_BRACKETS = re.compile(
    r"[\[(](?:IPv6:)?([0-9A-Fa-f:.]{2,45})(?:%[0-9a-z]+)?[\])]", re.IGNORECASE
)
_BARE = re.compile(r"(?:IPv6:)?([0-9A-Fa-f:.]{2,45})", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})\.[A-Za-z][A-Za-z0-9-]{0,62}\.?")
# RFC 3848 and its like: S for TLS, A for a sign-in.
_UNDER_TLS = re.compile(r"(?:UTF8)?(?:E?SMTP|LMTP)SA?(?![A-Za-z])|E?SMTP/TLS", re.IGNORECASE)
_VERSION = (
    re.compile(r"version=(TLS[\w.]{1,8})", re.IGNORECASE),
    re.compile(r"using (TLSv?[\w.]{1,8})", re.IGNORECASE),
    re.compile(r"^(TLSv?1[\w.]{0,6})\b", re.IGNORECASE),
)
_CIPHER = (
    re.compile(r"cipher[= ]([\w-]{4,60})", re.IGNORECASE),
    re.compile(r"TLS/([\w-]{4,60})"),
)


@dataclass(frozen=True, slots=True)
class Hop:
    """What one server wrote.

    `helo` is how the one before it called itself; `host` and `address` are what the
    server saw. `by` wrote all this. `at` is that server's clock. `encrypted` tells whether
    it says that TLS was used; `tls_version` and `cipher` stand where it says which.
    """

    helo: str = ""
    host: str = ""
    address: str = ""
    by: str = ""
    protocol: str = ""
    id: str = ""
    recipient: str = ""
    encrypted: bool = False
    tls_version: str = ""
    cipher: str = ""
    at: Instant | None = None


def read_hop(value: str) -> Hop:
    """Read the value of a Received field; what is missing or odd stays empty."""
    pieces = list(tokens(value, ";"))
    ends = [number for number, one in enumerate(pieces) if one.piece is Piece.MARK]
    end = ends[-1] if ends else len(pieces)
    clauses = _clauses(pieces[:end])
    told = [comment for _, comments in clauses.values() for comment in comments]
    words = {name: " ".join(given) for name, (given, _) in clauses.items()}
    protocol = words.get("with", "")
    version = _search(_VERSION, told)
    cipher = _search(_CIPHER, [*told, protocol]) or words.get("tls", "").partition(" ")[0]
    seen = clauses.get("from", ([], []))[1]
    helo = words.get("from", "").partition(" ")[0]
    return Hop(
        helo=helo,
        host=_host(seen),
        address=_address([*seen, helo]),
        by=words.get("by", "").partition(" ")[0].rstrip("."),
        protocol=protocol,
        id=words.get("id", "").partition(" ")[0],
        recipient=words.get("for", "").strip("<>"),
        encrypted=bool(version or cipher or _UNDER_TLS.match(protocol)),
        tls_version=version,
        cipher=cipher,
        at=read_date(value[pieces[end].start + 1 :]) if end < len(pieces) else None,
    )


def read_date(text: str) -> Instant | None:
    """A date of a header (RFC 5322 section 3.3); None where it is none."""
    try:
        return from_datetime(parsedate_to_datetime(text.strip()[:200]))
    except (ValueError, TypeError, IndexError, OverflowError):  # what strangers call a date
        return None


def _clauses(pieces: list[Token]) -> dict[str, tuple[list[str], list[str]]]:
    """Name of a clause → its words and its comments; the first of a name counts."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    current: tuple[list[str], list[str]] = ([], [])
    found[""] = current
    for one in pieces:
        name = one.text.lower()
        if one.piece is Piece.WORD and name in _CLAUSES and name not in found:
            current = found[name] = ([], [])
        elif one.piece is Piece.COMMENT:
            current[1].append(one.text)
        else:
            current[0].append(one.text)
    return found


def _search(patterns: tuple[re.Pattern[str], ...], texts: list[str]) -> str:
    for pattern in patterns:
        for text in texts:
            found = pattern.search(text)
            if found is not None:
                return found[1]
    return ""


def _host(comments: list[str]) -> str:
    """The name that the server's own look-up gave: the first word of the comment."""
    for comment in comments:
        word = comment.split(" ", 1)[0].rpartition("@")[2]
        if _HOST.fullmatch(word):
            return word.rstrip(".").lower()
    return ""


def _address(texts: list[str]) -> str:
    for text in texts:
        candidates = [found[1] for found in _IN_BRACKETS.finditer(text)]
        whole = _BARE.match(text)
        if whole is not None and whole.end() == len(text.split(" ", 1)[0]):
            candidates.append(whole[1])
        for one in candidates:
            try:
                return str(ipaddress.ip_address(one))
            except ValueError:
                continue
    return ""
