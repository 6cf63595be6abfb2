"""The commands of an envelope: parameters by what is offered, addresses that cannot break out."""

from __future__ import annotations

import pytest

from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.command import (
    check_greeting_name,
    mail_command,
    needs_utf8,
    path,
    rcpt_command,
)
from tocsin.mail.smtp.failure import NotOffered, TooLarge, UnsafePath

ALL = Capabilities(keywords={"SIZE": "1000", "8BITMIME": "", "SMTPUTF8": ""})
NONE = Capabilities()


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com",
        "a+b.c_d@mail.example.com",
        '"john doe"@example.com',
        '"a\\"b"@example.com',
        '"<odd>"@example.com',
        "a@[192.0.2.1]",
        "größe@example.com",
        "",
    ],
)
def test_a_sound_address_is_put_in_brackets(address):
    """An address that cannot break the command passes unchanged; none is the null sender."""
    assert path(address) == f"<{address}>"


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com>\r\nRCPT TO:<evil@example.net",
        "a@example.com\r\n",
        "a@example.com\n",
        "a\rb@example.com",
        "a@example.com\0",
        "a b@example.com",
        "a@exam ple.com",
        "a>b@example.com",
        "<a@example.com>",
        "no-at-sign",
        "@example.com",
        "a@",
        "a@b@example.com",
        '"a\rb"@example.com',
        '"open@example.com',
        "a@example.com SIZE=1",
        "\x85@example.com",
        "\ud800@example.com",
        "x" * 400 + "@example.com",
    ],
)
def test_an_address_that_would_break_the_command_is_refused(address):
    """No address can add a command, a parameter or a line of its own."""
    with pytest.raises(UnsafePath):
        path(address)


def test_a_recipient_cannot_be_empty():
    """The null path is for senders only."""
    with pytest.raises(UnsafePath):
        rcpt_command("")


def test_mail_carries_what_is_offered_and_needed():
    """SIZE when offered; BODY and SMTPUTF8 only when the message needs them."""
    assert mail_command("a@x.example", b"abc", NONE, utf8=False) == "MAIL FROM:<a@x.example>"
    assert mail_command("", b"abc", ALL, utf8=False) == "MAIL FROM:<> SIZE=3"
    assert mail_command("a@x.example", "ü".encode(), ALL, utf8=True) == (
        "MAIL FROM:<a@x.example> SIZE=2 BODY=8BITMIME SMTPUTF8"
    )


def test_a_message_above_the_named_limit_is_not_begun():
    """RFC 1870 section 6.1: what the relay says it will not take is not sent."""
    with pytest.raises(TooLarge) as caught:
        mail_command("a@x.example", b"x" * 1001, ALL, utf8=False)
    assert (caught.value.size, caught.value.limit) == (1001, 1000)


def test_eight_bit_content_needs_the_extension():
    """RFC 6152: bytes above 127 go only to a relay that says it keeps them."""
    with pytest.raises(NotOffered) as caught:
        mail_command("a@x.example", b"\xc3\xbc", NONE, utf8=False)
    assert caught.value.extension == "8BITMIME"


@pytest.mark.parametrize(
    ("sender", "recipients", "content", "needed"),
    [
        ("a@x.example", ("b@x.example",), b"Subject: x\r\n\r\nbody", False),
        ("a@x.example", ("b@x.example",), "Subject: x\r\n\r\nüber".encode(), False),
        ("a@x.example", ("b@x.example",), "Subject: ü\r\n\r\nbody".encode(), True),
        ("ü@x.example", ("b@x.example",), b"Subject: x\r\n\r\nbody", True),
        ("a@x.example", ("b@x.example", "ü@x.example"), b"Subject: x\r\n\r\nbody", True),
    ],
)
def test_smtputf8_is_asked_for_only_when_needed(sender, recipients, content, needed):
    """RFC 6531: an address or header field beyond ASCII needs it; a body does not."""
    assert needs_utf8(sender, recipients, content, ALL) is needed
    if needed:
        with pytest.raises(NotOffered) as caught:
            needs_utf8(sender, recipients, content, NONE)
        assert caught.value.extension == "SMTPUTF8"


@pytest.mark.parametrize("name", ["host.example.com", "localhost", "[192.0.2.1]", "[IPv6:::1]"])
def test_a_name_for_ehlo_is_a_domain_or_a_literal(name):
    """What RFC 5321 section 4.1.1.1 allows passes."""
    assert check_greeting_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a\r\nMAIL", "host\n", "-x", "[192.0.2.1", "ü.example"]
)
def test_a_name_that_would_break_ehlo_is_refused(name):
    """Our own name cannot smuggle anything either."""
    with pytest.raises(ValueError, match="EHLO"):
        check_greeting_name(name)
