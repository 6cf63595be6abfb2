"""Header fields on their own."""

from __future__ import annotations

import email.header

import pytest

from tocsin.mail.header import address_field, extra_field, text_field


def decoded(field: str) -> str:
    """The value as a reader decodes it (RFC 2047)."""
    _, value = field.removesuffix("\r\n").replace("\r\n ", " ").split(": ", 1)
    return str(email.header.make_header(email.header.decode_header(value)))


def test_plain_value_stands_as_it_is():
    """A short ASCII value is not encoded."""
    assert text_field("Subject", "[major] Scan") == "Subject: [major] Scan\r\n"


def test_long_plain_value_is_folded_at_blanks():
    """A long ASCII value is folded on lines of at most 76, still readable."""
    field = text_field("Subject", "many words " * 20)
    assert all(len(line) <= 76 for line in field.split("\r\n"))
    assert "=?" not in field
    assert decoded(field) == ("many words " * 20).strip()


@pytest.mark.parametrize(
    "value",
    [
        "Größe",
        "严重告警 数据外泄 198.51.100.7 → 192.0.2.10 " * 5,
        "x" * 250,
        "two  blanks " * 12,
        "a" + " " * 100 + "b",
        "=?utf-8?q?not_ours?=",
        "tail =?",
        "👩\u200d💻" * 30,
        'a?b=c_d(e)<f>@"g",;:\\',
        "é" + "word " * 30,
    ],
)
def test_other_values_are_encoded_words(value):
    """What cannot stand plainly is encoded in words of at most 75 on lines of at most 76."""
    field = text_field("Subject", value)
    assert field.isascii()
    assert decoded(field) == value.strip(" ")
    for line in field.removesuffix("\r\n").split("\r\n"):
        assert len(line) <= 76
        for word in line.removeprefix("Subject:").split():
            assert len(word) <= 75


def test_injection_stays_in_its_field():
    """CR and LF in a value make no new field."""
    field = text_field("Subject", "hello\r\nBcc: victim@example.net\r\n\r\nbody")
    assert field.count("\r\n") == field.count("\r\n ") + 1
    assert "Bcc: victim@example.net" in decoded(field)


def test_long_value_is_cut():
    """A value of 10 MB becomes a short one that says how much is gone."""
    field = text_field("Subject", "x" * 10_000_000, 300)
    assert len(field) < 600
    assert "9,999,700 more characters cut" in decoded(field)


def test_addresses_are_folded_between_them():
    """Fifty addresses come on short lines, none broken."""
    addresses = tuple(f"person.number.{place}@example.com" for place in range(50))
    field = address_field("To", addresses)
    assert all(len(line) <= 76 for line in field.split("\r\n"))
    assert field.removeprefix("To:").replace("\r\n", "").split(",") == [
        f" {address}" for address in addresses
    ]


def test_address_field_takes_addresses_only():
    """A recipient that carries another header field is refused."""
    with pytest.raises(ValueError, match="characters before the @"):
        address_field("To", ("soc@example.com\r\nBcc: x@example.net",))


@pytest.mark.parametrize(
    "name",
    [
        "Subject",
        "Cc",
        "BCC",
        "reply-to",
        "References",
        "In-Reply-To",
        "BCC\r\nX",
        "Content-Type",
        "content-transfer-encoding",
        "",
        "X:",
        "X Y",
        "é",
        "X" * 41,
    ],
)
def test_additional_field_cannot_take_the_place_of_another(name):
    """What is composed elsewhere, and what is no name, cannot be added."""
    with pytest.raises(ValueError, match="additional header field"):
        extra_field(name, "value")


def test_additional_field():
    """An additional field is written like any other."""
    assert extra_field("X-Found-By", "<a@example.com> <b@example.com>") == (
        "X-Found-By: <a@example.com> <b@example.com>\r\n"
    )


def test_words_are_never_encoded():
    """A field of words that a program reads is folded between them, however long they are."""
    tags = tuple(f"{'n' * 256}{place}={'v' * 256}," for place in range(20))
    field = extra_field("X-SES-MESSAGE-TAGS", tags)
    assert "=?" not in field
    assert max(map(len, field.split("\r\n"))) < 998
    assert decoded(field) == " ".join(tags)


@pytest.mark.parametrize("word", ["", "a b", "a\r\nBcc: x@example.net", "é", "x" * 901])
def test_words_are_words(word):
    """What is not of visible ASCII characters is no word."""
    with pytest.raises(ValueError, match="no word"):
        extra_field("X-SES-CONFIGURATION-SET", (word,))
