"""Files that go along with a message, read back by the standard library's parser."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest

from tocsin.mail.attachment import Attachment
from tocsin.mail.message import Mail, compose

MAIL = Mail(
    sender="sna@example.com",
    to=("soc@example.com",),
    subject="x",
    text="An alarm.\n",
    message_id="<1@example.com>",
    date=0,
    html="<p>An alarm.</p>\n",
)


def parsed(mail: Mail) -> email.message.EmailMessage:
    content = compose(mail)
    assert max(map(len, content.split(b"\r\n"))) <= 78
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    return message


def test_attachment_stands_beside_the_texts():
    """Text and HTML stay alternatives; the file is a part of its own, unchanged."""
    content = bytes(range(256)) * 40
    files = (
        Attachment("alarm-1.json", "application/json", b'{"a": 1}'),
        Attachment("alarms.csv", "text/csv; charset=utf-8", content),
    )
    message = parsed(replace(MAIL, attachments=files))
    assert message.get_content_type() == "multipart/mixed"
    inner, first, second = message.iter_parts()
    assert inner.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in inner.iter_parts()] == ["text/plain", "text/html"]
    assert first.get_content_disposition() == "attachment"
    assert first.get_content_type() == "application/json"
    assert (first.get_filename(), first.get_payload(decode=True)) == ("alarm-1.json", b'{"a": 1}')
    assert (second.get_filename(), second.get_payload(decode=True)) == ("alarms.csv", content)
    assert second.get_content_charset() == "utf-8"


def test_attachment_beside_text_alone():
    """A mail without HTML takes files too."""
    files = (Attachment("empty.csv", "text/csv", b""),)
    message = parsed(replace(MAIL, html=None, attachments=files))
    text, file = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert file.get_payload(decode=True) == b""


@pytest.mark.parametrize(
    "name",
    [
        "alarms of today.csv",
        "告警.csv",
        "naïve; name=x%20.json",
        "a'b''c.json",
        "x" * 100,
        "告" * 99 + "x",
        "\U0001f600" * 50,
    ],
)
def test_file_names(name):
    """Whatever a file is called, its name arrives (RFC 2231)."""
    message = parsed(replace(MAIL, attachments=(Attachment(name, "text/csv", b"x"),)))
    assert [one.get_filename() for one in message.iter_attachments()] == [name]


@pytest.mark.parametrize(
    "name", ["", "a/b", "..\\b", 'x"; y="', "a\r\nBcc: x@example.net", "x" * 101, "\u202ecsv"]
)
def test_bad_file_names_are_refused(name):
    """A name with a path, a quote or a line end in it is none."""
    with pytest.raises(ValueError, match="name of a file"):
        compose(replace(MAIL, attachments=(Attachment(name, "text/csv", b"x"),)))


@pytest.mark.parametrize("type_", ["", "text", "text/csv\r\nBcc: x@example.net", "a/b; c=d"])
def test_bad_types_are_refused(type_):
    """A media type with more than a charset is none."""
    with pytest.raises(ValueError, match="media type"):
        compose(replace(MAIL, attachments=(Attachment("x", type_, b"x"),)))
