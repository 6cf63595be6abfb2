"""Mail addresses in envelopes and header fields, as strictly as SES reads them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from email.utils import getaddresses
from functools import lru_cache, partial

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@{_LABEL}(?:\.{_LABEL})+")
_LONGEST = 320
_CONTROL_OR_BLANK = re.compile(r"[\x00-\x20\x7f]")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")

# A newer Python (and an older one that Debian has mended) answers a malformed field with
# nothing at all unless told not to; SES names what is wrong with it.
_parsed: Callable[[list[str]], list[tuple[str, str]]] = (
    partial(getaddresses, strict=False)
    if "strict" in inspect.signature(getaddresses).parameters
    else getaddresses
)


def is_address(text: str) -> bool:
    """Whether it may stand in an envelope: local part, ``@``, a domain with a dot."""
    return len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None


@lru_cache(maxsize=256)
def read_addresses(value: str) -> tuple[tuple[str, str], ...]:
    """The display names and addresses of an address field; empty groups are left out."""
    try:
        pairs = _parsed([" ".join(value.split())])
    except (ValueError, IndexError, RecursionError):
        # The standard parser gives up on some hostile values.
        return (("", value),)
    return tuple((name, address) for name, address in pairs if name or address)


def find_complaint(address: str) -> str | None:
    """What SES says of a malformed address in a header field; None when it is well formed."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "Missing final '@domain'"
    if not local:
        return "Missing local name"
    if not local.startswith('"') and _CONTROL_OR_BLANK.search(local):
        return "Local address contains control or whitespace"
    if domain.startswith("."):
        return "Domain starts with dot"
    if not domain:
        return "Missing domain"
    if not _DOMAIN.fullmatch(domain):
        return "Domain contains illegal character"
    return None
