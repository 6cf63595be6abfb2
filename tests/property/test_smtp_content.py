"""Properties of content on the wire: nothing smuggled, nothing lost."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.mail.smtp.content import MAX_TEXT_LINE, check_content, stuff
from tocsin.mail.smtp.failure import UnsafeContent

LINE = st.binary(max_size=40).map(
    lambda text: text.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
)
DOTTED = st.one_of(LINE, st.sampled_from([b".", b"..", b"...", b".x", b"x."]))
CONTENT = st.lists(DOTTED, max_size=30).map(lambda lines: b"".join(x + b"\r\n" for x in lines))


def unstuff(wire: bytes) -> bytes:
    """What a receiver makes of it, line by line as RFC 5321 section 4.5.2 says."""
    lines = []
    source = io.BytesIO(wire)
    for line in source:
        if line == b".\r\n":
            assert source.read() == b"", "content ended before the end"
            return b"".join(lines)
        lines.append(line[1:] if line.startswith(b".") else line)
    raise AssertionError("content did not end")


@settings(deadline=None)
@given(CONTENT)
@example(b".\r\n.\r\n")
@example(b"")
def test_what_a_receiver_reads_is_what_was_sent(content):
    """Doubling dots and taking them away again gives the same content, ended once."""
    check_content(content)
    assert unstuff(stuff(content)) == content


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_content_passes_only_when_it_is_whole_lines(content):
    """The bulk check agrees with a line-by-line reading of the rules."""
    sound = (
        b"\r" not in content.replace(b"\r\n", b"")
        and b"\n" not in content.replace(b"\r\n", b"")
        and b"\0" not in content
    )
    if sound:
        check_content(content)
    else:
        with pytest.raises(UnsafeContent):
            check_content(content)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2 * MAX_TEXT_LINE), max_size=6), st.booleans())
def test_line_length_is_measured_for_every_line(lengths, ended):
    """One line above 998 bytes anywhere is found, and no other."""
    content = b"\r\n".join(b"x" * length for length in lengths) + (b"\r\n" if ended else b"")
    if any(length > MAX_TEXT_LINE for length in lengths):
        with pytest.raises(UnsafeContent):
            check_content(content)
    else:
        check_content(content)
