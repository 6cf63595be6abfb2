"""Message content on its way to the wire: whole lines, dots doubled, an end (RFC 5321 4.5.2)."""

from __future__ import annotations

from tocsin.mail.smtp.failure import UnsafeContent

MAX_TEXT_LINE = 998
"""Longest line without its CRLF, in bytes (RFC 5321 section 4.5.3.1.6)."""


def check_content(content: bytes) -> None:
    """See that the content is lines that end with CRLF, none too long, no NUL.

    A bare CR or LF lets a relay and the next one disagree about where a message ends.

    Raises:
        UnsafeContent: it is not so.
    """
    lines = content.count(b"\r\n")
    # Every CR and every LF is half of a pair exactly when the three counts agree.
    if content.count(b"\n") != lines or content.count(b"\r") != lines:
        raise UnsafeContent("the content holds a CR or LF that stands alone")
    if b"\0" in content:
        raise UnsafeContent("the content holds a NUL")
    _check_line_length(content)


def _check_line_length(content: bytes) -> None:
    """Leap from line end to line end, as far as one line may reach."""
    start, end = 0, len(content)
    while end - start > MAX_TEXT_LINE:
        found = content.rfind(b"\r\n", start, start + MAX_TEXT_LINE + 2)
        if found < 0:
            raise UnsafeContent(f"a line is longer than {MAX_TEXT_LINE} bytes")
        start = found + 2


def stuff(content: bytes) -> bytes:
    """The checked content as it goes over the wire, final dot included."""
    wire = content.replace(b"\r\n.", b"\r\n..")
    if wire.startswith(b"."):
        wire = b"." + wire
    if wire and not wire.endswith(b"\r\n"):
        wire += b"\r\n"
    return wire + b".\r\n"
