"""Header fields, and what SES finds wrong with them."""

from __future__ import annotations

import pytest

from tocsin.rehearsal.field import find_fault, split_message

GOOD = (
    b"From: Tocsin <alarm@example.com>\r\nTo: op@example.net, Bob <bob@example.net>\r\n"
    b"Subject: folded\r\n line\r\nReceived: one\r\nReceived: two\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\nContent-Disposition: inline\r\n\r\nbody\r\n'
)


def fault(content: bytes) -> str | None:
    return find_fault(split_message(content)[0])


def test_a_message_falls_into_fields_and_body():
    """Folded fields stay whole, and what no colon has is no field."""
    fields, body = split_message(b"A: 1\r\n 2\r\nnonsense\r\nB : 3\r\n\r\nbody\r\n\r\nmore\r\n")
    assert [(one.name, one.raw, one.value) for one in fields] == [
        (b"a", b"A: 1\r\n 2", "1 2"),
        (b"b", b"B : 3", "3"),
    ]
    assert body == b"body\r\n\r\nmore\r\n"


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\r\nbody\r\n", b"A: 1", b"A: 1\r\n"])
def test_a_message_may_lack_a_part(content):
    """Neither header nor body is taken for granted."""
    fields, body = split_message(content)
    assert len(fields) == (1 if b"A" in content else 0)
    assert body == (b"body\r\n" if b"body" in content else b"")


def test_a_good_message_has_no_fault():
    """Trace fields may stand more than once."""
    assert fault(GOOD) is None


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (b"Subject: no sender", "Missing required header 'From'."),
        (b"From: a@example.com\r\nDate: x\r\nDate: x", "Duplicate header 'Date'."),
        (
            b"From: a@example.com\r\nDKIM-Signature: v=1\r\nDKIM-Signature: v=1",
            "Duplicate header 'DKIM-Signature'.",
        ),
        (
            b"From: a@example.com\r\ncontent-type: text/plain\r\nContent-Type: text/plain",
            "Duplicate header 'Content-Type'.",
        ),
        (b"From: alarm", "Missing final '@domain'"),
        (b"From: a@example.com\r\nTo: =?utf-8?q?op=40example=2Enet?=", "Missing final '@domain'"),
        (b"From: a@example.com\r\nTo: op@exa_mple.net", "Domain contains illegal character"),
        (b"From: a@example.com\r\nTo: op@.example.net", "Domain starts with dot"),
        (
            b"From: a@example.com\r\nCc: <o\x01p@example.net>",
            "Local address contains control or whitespace",
        ),
        (b"From: a@example.com\r\nContent-Type: text; charset=utf-8", "Expected '/', got ;"),
        (b"From: a@example.com\r\nContent-Type: text/plain: x", "Expected ';', got \":\""),
        (b"From: a@example.com\r\nContent-Type:", "Expected '/', got null"),
        (
            b"From: a@example.com\r\nContent-Disposition: =?utf-8?q?x?=",
            "Expected disposition, got =",
        ),
    ],
)
def test_each_fault_has_its_words(header, complaint):
    """What follows "554 Transaction failed: "."""
    assert fault(header + b"\r\n\r\nbody\r\n") == complaint


@pytest.mark.parametrize(
    "header",
    [
        b"From: a@example.com\r\nTo: undisclosed-recipients:;",
        b'From: "Last, First" <a@example.com>',
        b"From: =?utf-8?b?w6k=?= <a@example.com>",
        b'From: "quoted local"@example.com',
        b"From: a@example.com, b@example.com",
    ],
)
def test_lawful_addresses_are_taken(header):
    """Groups, names, encoded words, quoted local parts, several authors."""
    assert fault(header + b"\r\n\r\nbody\r\n") is None


def test_of_a_huge_field_only_the_beginning_is_looked_at():
    """Strangers write these values, and reading addresses takes time."""
    fields, _ = split_message(b"From: a@example.com\r\nTo: " + b"(" * 5_000_000 + b"\r\n\r\n")
    assert len(fields[1].raw) > 5_000_000
    assert len(fields[1].value) == 65_536 - 1  # the blank after the colon counts
    assert find_fault(fields) == "Missing final '@domain'"
