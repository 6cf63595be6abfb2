"""Names of folders between people and the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.mail.imap.folder import for_people, junk_folders, on_the_wire


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", '"INBOX"'),
        ("R&D", '"R&-D"'),
        ("台北", '"&U,BTFw-"'),
        ("Entwürfe/neu", '"Entw&APw-rfe/neu"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
    ],
)
def test_a_name_goes_in_modified_utf_7(name: str, wire: str):
    """As RFC 3501 section 5.1.3 has it."""
    assert on_the_wire(name) == wire
    assert for_people(wire) == name


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30))
def test_every_name_comes_back(name: str):
    """And what goes out is one quoted word of printable ASCII, whatever the name."""
    wire = on_the_wire(name)
    assert wire.isascii()
    assert wire.isprintable()
    assert for_people(wire) == name


@given(st.text(max_size=60))
def test_a_servers_word_is_shown_whatever_it_is(wire: str):
    """A name that is no name breaks nothing."""
    assert isinstance(for_people(wire), str)


def test_junk_is_told_by_attribute_then_by_name():
    """A server that marks its folder is believed; others are known by the usual names."""
    inbox = b'(\\HasNoChildren) "/" INBOX'
    spam = b'(\\HasNoChildren) "/" "Archive/Spam"'
    assert junk_folders([inbox, b'(\\HasNoChildren \\Junk) "/" "Werbung"', spam]) == ['"Werbung"']
    assert junk_folders([inbox, spam, b'(\\Noselect) "." Junk']) == ['"Archive/Spam"']
    odd = [b'(\\Junk) "/" "a\0b"', b'(\\Junk) "/" "a\rb"']
    assert junk_folders(odd) == []
    assert for_people("Junk&AAA-") == "Junk&AAA-"
    assert junk_folders([b"nonsense", (b"a", b"literal"), None]) == []
