"""Composed messages, read back by the standard library's parser."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.mail.body import LONGEST_PART
from tocsin.mail.mark import MARK
from tocsin.mail.message import Mail, compose

MAIL = Mail(
    sender="sna@example.com",
    to=("soc@example.com", "oncall@example.net"),
    subject="[major] Port Scan from 198.51.100.7",
    text="An alarm.\nSecond line.\n",
    message_id="<0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee@example.com>",
    date=1_700_000_000_000_000,
    html="<p>An alarm = trouble.</p>\n",
)


def parsed(mail: Mail) -> email.message.EmailMessage:
    message = email.message_from_bytes(compose(mail), policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    return message


def part(message: email.message.EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def test_two_parts():
    """Text and HTML are alternatives, HTML last, both as given."""
    message = parsed(MAIL)
    assert message.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "plain") == MAIL.text
    assert part(message, "html") == MAIL.html


def test_text_alone():
    """Without HTML the message is plain text."""
    message = parsed(replace(MAIL, html=None))
    assert message.get_content_type() == "text/plain"
    assert part(message, "plain") == MAIL.text


def test_fields():
    """The fields that every message has stand once each and say what was given."""
    message = parsed(replace(MAIL, references=("<a@example.com>",)))
    assert message["From"] == "sna@example.com"
    assert [one.addr_spec for one in message["To"].addresses] == list(MAIL.to)
    assert message["Subject"] == MAIL.subject
    assert message["Date"].datetime == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert message["Message-ID"] == MAIL.message_id
    assert message["MIME-Version"] == "1.0"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] == "<a@example.com>"
    assert len(message.keys()) == len(set(message.keys()))


def test_same_mail_gives_same_bytes():
    """A retry sends the very message that was tried before."""
    assert compose(MAIL) == compose(MAIL)


def test_lines_of_a_message():
    """Every line ends with CRLF and none is longer than 78, whatever the text."""
    content = compose(replace(MAIL, text="word " * 1000 + "\r\n\n.\n..\nFrom me\n trailing \t\n"))
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert max(map(len, lines)) <= 78


@pytest.mark.parametrize("field", ["subject", "text", "html"])
def test_injection_alters_nothing(field):
    """A value with a field, a blank line and a boundary in it stays a value."""
    evil = (
        "x\r\nBcc: victim@example.net\r\n\r\n--=_a303139306161\r\n.\r\n"
        "MAIL FROM:<x@example.net>\r\n"
    )
    message = parsed(replace(MAIL, **{field: evil}))
    assert message["Bcc"] is None
    assert set(message.keys()) == set(parsed(MAIL).keys())
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]


def test_steering_characters_are_marked():
    """NUL, lone CR and bidi controls reach neither subject nor body."""
    evil = "a\0b\rc\u202ed\u2066e"
    message = parsed(replace(MAIL, subject=evil, text=evil, html=evil))
    wanted = f"a{MARK}b{MARK}c{MARK}d{MARK}e"
    assert message["Subject"] == wanted
    assert part(message, "plain") == f"{wanted}\n"
    assert part(message, "html") == f"{wanted}\n"


def test_huge_values_are_cut():
    """10 MB in subject and body make a mail below 10 MB that says how much is gone."""
    huge = "\U0001f600" * 10_000_000
    content = compose(replace(MAIL, subject=huge, text=huge, html=huge))
    assert len(content) < 10_000_000
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert f"{10_000_000 - LONGEST_PART:,} more characters cut" in part(message, "plain")
    assert "more characters cut" in message["Subject"]


@pytest.mark.parametrize(
    "message_id", ["", "a@example.com", "<a>", "<a@b>\r\nBcc: x@example.net", "<a b@c>", "<é@b>"]
)
def test_bad_message_id_is_refused(message_id):
    """Only a message id in brackets is taken."""
    with pytest.raises(ValueError, match="message id"):
        compose(replace(MAIL, message_id=message_id))


def test_bad_address_is_refused():
    """A sender or recipient that is no address does not get into a message."""
    for changed in (
        replace(MAIL, sender="sna@example.com\r\nBcc: x@example.net"),
        replace(MAIL, to=("soc@example.com, x@example.net",)),
    ):
        with pytest.raises(ValueError, match="address"):
            compose(changed)


def test_international_address_stands_in_utf8():
    """A local part beyond ASCII is written as it is (RFC 6532); its domain is in A-labels."""
    content = compose(replace(MAIL, to=("用户@例子.example",)))
    assert "To: 用户@xn--fsqu00a.example\r\n".encode() in content


def test_cc_and_reply_to():
    """Whom it goes to openly and whom to answer stand in it, once each; nobody else does."""
    message = parsed(
        replace(MAIL, cc=("boss@example.com", "x@exämple.com"), reply_to=("duty@example.com",))
    )
    assert [one.addr_spec for one in message["Cc"].addresses] == [
        "boss@example.com",
        "x@xn--exmple-cua.com",
    ]
    assert [one.addr_spec for one in message["Reply-To"].addresses] == ["duty@example.com"]
    assert message["Bcc"] is None
    assert len(message.keys()) == len({name.lower() for name in message})


def test_a_thousand_recipients():
    """The header of a mail to a thousand stays within the lines of a message."""
    everyone = tuple(f"person{place}@example.com" for place in range(1000))
    content = compose(replace(MAIL, to=everyone))
    assert max(map(len, content.split(b"\r\n"))) < 998
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert [one.addr_spec for one in message["To"].addresses] == list(everyone)


def test_thread():
    """The last reference is what the mail follows."""
    message = parsed(replace(MAIL, references=("<a@example.com>", "<b@example.com>")))
    assert message["References"] == "<a@example.com> <b@example.com>"
    assert message["In-Reply-To"] == "<b@example.com>"


def test_bad_reference_is_refused():
    """A reference that carries a field is none."""
    with pytest.raises(ValueError, match="message id"):
        compose(replace(MAIL, references=("<a@b>\r\nBcc: x@example.net",)))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("a = b, <b> & 100 %\n", "7bit"),
        ("blank at the end \n", "quoted-printable"),
        ("tab at the end\t\n", "quoted-printable"),
        ("x" * 501, "quoted-printable"),
        ("\nFrom me\n", "quoted-printable"),
        ("From me\n", "quoted-printable"),
        ("--=_a303139306161\n", "quoted-printable"),
        ("caf\u00e9 and many more words of plain ASCII\n", "quoted-printable"),
        ("\u544a\u8b66\u5df2\u53d8\u4e3a\u6d3b\u52a8\u3002\n", "base64"),
    ],
)
def test_encoding_suits_the_text(text, encoding):
    """Plain lines go as they are; what would not arrive unchanged is encoded."""
    message = parsed(replace(MAIL, text=text))
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain["Content-Transfer-Encoding"] == encoding
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert part(message, "html") == MAIL.html
