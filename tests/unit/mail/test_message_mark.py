"""Marking and cutting of strangers' text."""

from __future__ import annotations

import unicodedata

import pytest

from tocsin.mail.mark import MARK, cut, mark_line, mark_text, shown

STEERING = [
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\ud800",
    "\udfff",
]


@pytest.mark.parametrize("char", STEERING, ids=lambda char: f"U+{ord(char):04X}")
def test_steering_characters_are_marked(char):
    """Each control, separator, bidi control and lone surrogate becomes one visible mark."""
    assert mark_line(f"a{char}b") == f"a{MARK}b"
    assert mark_text(f"a{char}b") == f"a{MARK}b"
    assert mark_text(f"ä{char}b") == f"ä{MARK}b"


def test_line_breaks_stay_only_in_text():
    """A text keeps its lines and tabs; a line has neither."""
    assert mark_text("a\nb\r\nc\td") == "a\nb\nc\td"
    assert mark_line("a\nb\tc") == f"a{MARK}b{MARK}c"


def test_words_of_people_stay():
    """Letters of any script, joiners and emoji pass as they are."""
    words = "Größe 严重 שלום مرحبا 👩\u200d💻 nb\u00a0sp e\u0301"
    assert mark_line(words) == words
    assert mark_text(words) == words


def test_every_unicode_control_is_covered():
    """No character of category Cc, and none that sets a direction, gets through a line."""
    setting = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "B", "S"}
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.category(char) == "Cc" or unicodedata.bidirectional(char) in setting:
            assert mark_line(char) == MARK, f"U+{code:04X}"


def test_cut_says_how_much():
    """What is cut is counted, what fits is untouched."""
    assert cut("abc", 3) == "abc"
    assert cut("a" * 10_000_000, 10) == "aaaaaaaaaa … [9,999,990 more characters cut]"


def test_shown_is_short_and_printable():
    """A value in an error message is neither long nor able to steer."""
    assert shown("a\nb") == f"'a{MARK}b'"
    assert len(shown("x" * 1000)) < 100
