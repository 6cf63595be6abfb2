"""Content on its way to the wire: what is refused, and how dots are doubled."""

from __future__ import annotations

import pytest

from tocsin.mail.smtp.content import MAX_TEXT_LINE, check_content, stuff
from tocsin.mail.smtp.failure import UnsafeContent


@pytest.mark.parametrize(
    "content",
    [
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"\n",
        b"\r",
        b"a\r\n\n",
        b"a\r\r\n",
        b"a\n\r",
        b"\r\n.\n",
        b"x\r\n.\r",
        b"nul\0\r\n",
        b"x" * (MAX_TEXT_LINE + 1),
        b"x" * (MAX_TEXT_LINE + 1) + b"\r\n",
        b"short\r\n" + b"x" * (MAX_TEXT_LINE + 1) + b"\r\nshort\r\n",
    ],
)
def test_content_that_two_servers_could_read_differently_is_refused(content):
    """A bare CR or LF, a NUL, a line that is too long: none of it gets out."""
    with pytest.raises(UnsafeContent):
        check_content(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"Subject: x\r\n\r\nbody\r\n",
        b"no end",
        b"x" * MAX_TEXT_LINE + b"\r\n",
        (b"x" * MAX_TEXT_LINE + b"\r\n") * 3,
        b"x" * MAX_TEXT_LINE,
    ],
)
def test_whole_lines_pass(content):
    """Lines that end with CRLF, up to 998 bytes, pass; the last may lack its end."""
    check_content(content)


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n..x\r\n", b"a\r\n...x\r\n.\r\n"),
        (b".\r\n.\r\n.\r\n", b"..\r\n..\r\n..\r\n.\r\n"),
        (b"a.b\r\n", b"a.b\r\n.\r\n"),
        (b"a\r\n\r\n", b"a\r\n\r\n.\r\n"),
    ],
)
def test_dots_at_line_starts_are_doubled_and_a_lone_one_ends(content, wire):
    """RFC 5321 section 4.5.2, word for word."""
    assert stuff(content) == wire
