"""What a relay says it can do (the answer to EHLO, RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tocsin.mail.smtp.reply import Reply

# A firewall that rewrites SMTP overwrites what it does not know with X's and keeps the length.
_MASKED_WORD = re.compile(r"X{4,}[A-Z]?")
_MASKED_GREETING = re.compile(r"\*{4,}")


@dataclass(frozen=True)
class Capabilities:
    """The extensions offered; each keyword in capitals with its parameters as one string."""

    name: str = ""
    keywords: Mapping[str, str] = field(default_factory=dict)

    @property
    def starttls(self) -> bool:
        """RFC 3207."""
        return "STARTTLS" in self.keywords

    @cached_property
    def pipelining(self) -> bool:
        """RFC 2920."""
        return "PIPELINING" in self.keywords

    @property
    def eight_bit(self) -> bool:
        """RFC 6152."""
        return "8BITMIME" in self.keywords

    @property
    def smtputf8(self) -> bool:
        """RFC 6531."""
        return "SMTPUTF8" in self.keywords

    @property
    def dsn(self) -> bool:
        """RFC 3461: MAIL and RCPT may say which notices are wanted."""
        return "DSN" in self.keywords

    @property
    def size_offered(self) -> bool:
        """RFC 1870: MAIL may name the size of the message."""
        return "SIZE" in self.keywords

    @cached_property
    def size_limit(self) -> int | None:
        """Largest message in bytes, when the relay names one (RFC 1870: 0 means it does not)."""
        value = self.keywords.get("SIZE", "").strip()
        # No lawful limit has more digits than this (RFC 1870 section 3).
        if not value.isdecimal() or len(value) > 20:  # noqa: PLR2004
            return None
        return int(value) or None

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms in the relay's order (RFC 4954), in capitals."""
        return tuple(self.keywords.get("AUTH", "").upper().split())

    @property
    def masked(self) -> bool:
        """A keyword was overwritten on the way, as inspecting firewalls do."""
        return any(_MASKED_WORD.fullmatch(keyword) for keyword in self.keywords)


def read_capabilities(reply: Reply) -> Capabilities:
    """The capabilities in a positive answer to EHLO; the first line is the relay's name.

    The old form ``AUTH=PLAIN LOGIN`` counts like ``AUTH PLAIN LOGIN``, and lines that
    repeat a keyword add up.
    """
    keywords: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.strip().partition(" ")
        keyword = keyword.upper()
        if keyword.startswith("AUTH="):
            parameters = f"{keyword[5:]} {parameters}"
            keyword = "AUTH"
        if keyword:
            keywords[keyword] = f"{keywords.get(keyword, '')} {parameters}".strip()
    return Capabilities(name=reply.lines[0], keywords=keywords)


def is_masked_greeting(text: str) -> bool:
    """The greeting was overwritten with asterisks on the way."""
    return _MASKED_GREETING.search(text) is not None
