"""A received message as it lies in a file."""

from __future__ import annotations

import pytest

from tocsin.mail.received.message import (
    LARGEST,
    LARGEST_HEAD,
    NotMessage,
    read_message,
)

PLAIN = b"From: a@example.com\r\nSubject: one\r\n two\r\n\r\nbody\r\n"


def test_fields_are_in_their_order_and_unfolded():
    """Names as written, values on one line, the body apart."""
    message = read_message(PLAIN)
    assert [(one.name, one.value) for one in message.fields] == [
        ("From", "a@example.com"),
        ("Subject", "one two"),
    ]
    assert bytes(message.body) == b"body\r\n"


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b"\r\n\r\n",
        b"From bounce@example.com Tue Nov 24 12:00:00 2026\r\n",
        b"\n",
    ],
)
def test_what_a_mailbox_puts_before_it_is_passed_over(before):
    """A mark, empty lines, the line of a mailbox file; none is part of what is verified."""
    message = read_message(before + PLAIN)
    assert message.content == PLAIN
    assert message.first("subject") == "one two"


def test_line_ends_without_carriage_return_are_read():
    """As files of a Unix machine have them."""
    message = read_message(PLAIN.replace(b"\r\n", b"\n"))
    assert message.first("subject") == "one two"
    assert bytes(message.body) == b"body\n"


def test_every_field_of_a_name_is_kept():
    """Doubled fields are what forgers write; the topmost comes first."""
    message = read_message(b"From: a@example.com\r\nFrom: b@example.com\r\n\r\n")
    assert message.values("from") == ["a@example.com", "b@example.com"]


def test_encoded_words_are_read_for_people():
    """Also several in one field."""
    message = read_message(
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?w6k=?= and more\r\n\r\n"
    )
    assert message.text("subject") == "Gr\u00fc\u00dfe\u00e9 and more"


@pytest.mark.parametrize(
    "value",
    [b"=?utf-8?b?#####?=", b"=?no-such?q?x?=", b"=?utf-8?q?=FF?=", b"=?utf-8?b?YQ?= \xff"],
)
def test_what_is_wrongly_encoded_does_no_harm(value):
    """It is shown as far as it can be."""
    assert read_message(b"Subject: " + value + b"\r\n\r\n").text("subject")


def test_a_message_that_ends_with_its_header_has_no_body():
    """As one that was cut off."""
    message = read_message(b"From: a@example.com\r\nSubject: x")
    assert message.first("subject") == "x"
    assert bytes(message.body) == b""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "header"),
        (b"just words\r\n", "header"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "header"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "Outlook"),
        (b"X: y\r\n" + b"a" * LARGEST, "larger"),
        (b"X: " + b"a" * (LARGEST_HEAD + 10), "header"),
    ],
    ids=["nothing", "words", "picture", "outlook", "large", "endless header"],
)
def test_what_is_no_message_is_said(content, words):
    """And nothing is guessed from it."""
    with pytest.raises(NotMessage, match=words):
        read_message(content)


def test_a_header_of_many_fields_is_read_to_a_bound():
    """Ten thousand fields are no reason to go on for long."""
    message = read_message(b"X: y\r\n" * 10_000 + b"\r\n")
    assert len(message.fields) == 2000
