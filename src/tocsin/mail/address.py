"""Mail addresses as they may stand in an envelope (RFC 5321 section 4.1.2, RFC 6531)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

from tocsin.mail.mark import shown

LONGEST_LOCAL = 64
LONGEST_DOMAIN = 253
LONGEST = 254
"""Octets (RFC 5321 section 4.5.3.1). A path of 256 leaves 254 for an address; a domain of
253 characters is the longest that DNS can hold."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@lru_cache(maxsize=4096)
def check_address(text: str) -> str:
    """The address in the form that goes on the wire: its domain in A-labels (RFC 5890).

    Quoted local parts and address literals are refused: no mailbox of a person on duty
    needs them, and they are where parsers disagree. A local part beyond ASCII is taken
    (in NFC, RFC 6532 section 3.1); only a relay with SMTPUTF8 can carry it.

    Raises:
        ValueError: says what is wrong.
    """
    if "<" in text or ">" in text:
        raise ValueError(f"{shown(text)} has more than an address: leave out name and brackets")
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise ValueError(f"{shown(text)} has no name and domain around an @")
    if len(text) > LONGEST:
        raise ValueError(f"{shown(text)} is longer than {LONGEST} octets")
    local = unicodedata.normalize("NFC", local)
    if not _LOCAL.fullmatch(local) or not local.isprintable():
        raise ValueError(f"{shown(text)} has characters before the @ that an address may not have")
    if len(local.encode()) > LONGEST_LOCAL:
        raise ValueError(f"{shown(text)} has more than {LONGEST_LOCAL} octets before the @")
    address = f"{local}@{check_domain(domain)}"
    if len(address.encode()) > LONGEST:
        raise ValueError(f"{shown(text)} is longer than {LONGEST} octets")
    return address


def check_domain(domain: str) -> str:
    """The domain in A-labels, in lower case.

    Raises:
        ValueError: says what is wrong.
    """
    # Encoding long names costs time that grows with the square of their length.
    if len(domain) > LONGEST_DOMAIN:
        raise ValueError(f"{shown(domain)} is longer than a domain name can be")
    try:
        ascii_form = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(f"{shown(domain)} is no domain name") from None
    labels = ascii_form.split(".")
    if len(ascii_form) > LONGEST_DOMAIN or not all(_LABEL.fullmatch(one) for one in labels):
        raise ValueError(f"{shown(domain)} is no domain name")
    if labels[-1].isdigit():
        raise ValueError(f"{shown(domain)} is an IP address or a number, not a domain name")
    return ascii_form.lower()
