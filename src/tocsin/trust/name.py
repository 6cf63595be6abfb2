"""Distinguished names for people to read and for programs to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"
UNIT = "2.5.4.11"

_SHORT = {
    COMMON_NAME: "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    ORGANIZATION: "O",
    UNIT: "OU",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_LONGEST = 256  # X.520 allows far less; a hostile name must not flood a report


def printable(text: str, longest: int = _LONGEST) -> str:
    """The text with control, bidi and other invisible characters spelled out, cut to size."""
    shown = text if text.isprintable() else "".join(map(_spell, text[: longest + 1]))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def describe(name: x509.Name) -> str:
    """The name in OpenSSL's order, e.g. ``C=US, O=Amazon, CN=Amazon Root CA 1``."""
    return ", ".join(
        f"{_SHORT.get(one.oid.dotted_string, one.oid.dotted_string)}={_quoted(_text(one.value))}"
        for one in name
    )


def canonical(name: x509.Name) -> str:
    """What two spellings of one name have in common (RFC 5280 section 7.1).

    Letter case, runs of spaces and the kind of string make no difference.
    """
    return "\n".join(
        f"{one.oid.dotted_string}={' '.join(_text(one.value).casefold().split())}" for one in name
    )


def attribute(name: x509.Name, identifier: str) -> str:
    """The most specific (last) attribute of that kind, made printable; empty when absent."""
    found = [_text(one.value) for one in name if one.oid.dotted_string == identifier]
    return printable(found[-1]) if found else ""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _quoted(value: str) -> str:
    shown = printable(value)
    if not set(shown) & set(',+"\\=<>;'):
        return shown
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _spell(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"
