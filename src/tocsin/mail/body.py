"""The text of a message as a body part, in the encoding that suits it."""

from __future__ import annotations

import binascii

from tocsin.mail.attachment import base64_lines
from tocsin.mail.mark import cut, mark_text

LONGEST_PART = 250_000
"""Characters of the text or the HTML; more is cut, and it is said how much. Two parts of this
size stay below 10 MB encoded, what Amazon SES takes at least (SES quotas, "Maximum message
size")."""

DELIMITER = "--=_"
"""What a line between parts begins with. It can stand neither in quoted-printable nor in base64
(RFC 2045 section 6.7), and text that is not encoded is looked through for it: so no part can
hold its own end."""

_LONGEST_LINE = 500
"""Characters; relays break lines of more than 998 (RFC 5322 section 2.1.1)."""
_READABLE = 20
"""Of so many octets one may be beyond ASCII for quoted-printable, which a person can read as it
is; base64 takes a quarter of the time, and of Chinese half the room."""


def text_part(kind: str, text: str) -> bytes:
    """A part of type ``text/kind``, from its fields to the end of its last line.

    Args:
        kind: plain or html.
        text: may be hostile; it is marked and cut.
    """
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: "
    lines = mark_text(cut(text, LONGEST_PART))
    if not lines.endswith("\n"):
        lines += "\n"
    if lines.isascii():
        plain = _as_it_is(lines)
        if plain is not None:
            return f"{head}7bit\r\n\r\n{plain}".encode()
    raw = lines.encode()
    if (len(raw) - len(lines)) * _READABLE > len(raw):
        return f"{head}base64\r\n\r\n".encode() + base64_lines(raw.replace(b"\n", b"\r\n"))
    return f"{head}quoted-printable\r\n\r\n".encode() + _quoted(raw)


def _as_it_is(text: str) -> str | None:
    """ASCII text with CRLF line ends; None where it needs an encoding to arrive unchanged."""
    lines = text.split("\n")
    # Relays take blanks off the ends of lines; older ones put ">" before "From ".
    if max(map(len, lines)) > _LONGEST_LINE or " \n" in text or ("\t" in text and "\t\n" in text):
        return None
    if DELIMITER in text or "\nFrom " in text or text.startswith("From "):
        return None
    return "\r\n".join(lines)


def _quoted(raw: bytes) -> bytes:
    """Lines in quoted-printable (RFC 2045 section 6.7), each with its CRLF."""
    # The encoder makes soft line breaks as the first line end is: LF alone.
    return binascii.b2a_qp(raw, quotetabs=False, istext=True).replace(b"\n", b"\r\n")
