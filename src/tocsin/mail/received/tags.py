"""Lists of tags and values, as in signatures and key records (RFC 6376 section 3.2)."""

from __future__ import annotations


def read_tags(text: str) -> dict[str, str]:
    """Tag → value; blanks around both are dropped, the first of a name counts."""
    found: dict[str, str] = {}
    for part in text.split(";")[:100]:
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip(), value.strip())
    return found


def without_blanks(value: str) -> str:
    """The value without the blanks that folding put into it."""
    return "".join(value.split())
