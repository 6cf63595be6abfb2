"""The folder of mails: listed newest first, read whole, safe against names and contents."""

from __future__ import annotations

import os
from email.message import EmailMessage

import pytest

from tocsin.rehearsal import inbox
from tocsin.rehearsal.identifier import message_id
from tocsin.rehearsal.inbox import NoSuchMail, count_mails, keep, list_mails, read_mail

AT = 1_780_000_000_000_000


def put(folder, number, content=b"From: a@example.com\r\nSubject: s\r\n\r\nbody\r\n"):
    """Keep a mail that came so many microseconds after the first."""
    return keep(folder, message_id("us-east-1", AT), content, AT + number)


def test_an_empty_or_missing_folder_is_an_empty_inbox(tmp_path):
    """A relay that has not started yet is no error."""
    assert list_mails(tmp_path / "none", limit=10) == []
    assert count_mails(tmp_path) == 0


def test_the_newest_mails_come_first_and_the_list_goes_on(tmp_path):
    """`before` continues where the last page ended, whatever came meanwhile."""
    ids = [put(tmp_path, number) for number in range(7)]
    first = list_mails(tmp_path, limit=3)
    assert [one.id for one in first] == ids[:-4:-1]
    put(tmp_path, 100)
    second = list_mails(tmp_path, limit=10, before=first[-1].id)
    assert [one.id for one in second] == ids[3::-1]
    assert count_mails(tmp_path) == 8
    assert first[0].received_at == AT + 6


def test_other_files_are_not_mails(tmp_path):
    """Keys, half-written mails and strange names are passed over."""
    put(tmp_path, 0)
    for name in ("relay.json", "note.eml", f".{message_id('us-east-1', AT)}.part", "x"):
        (tmp_path / name).write_text("From: a@example.com\n\nno mail")
    assert len(list_mails(tmp_path, limit=10)) == 1


def test_a_mail_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """A failed write leaves nothing behind."""

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="space"):
        put(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "mail",
    [
        "",
        ".",
        "..",
        "../relay",
        "../../etc/passwd",
        "/etc/passwd",
        "x",
        "relay.json\0",
        "0" * 16 + "-" + "0" * 300,
        "1780000000000000-0100019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000/../x",
        "1780000000000000-0100019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000\n",
    ],
)
def test_what_is_no_id_is_no_mail(tmp_path, mail):
    """No id leads out of the folder."""
    (tmp_path / "box").mkdir()
    (tmp_path / "relay.eml").write_text("secret")
    with pytest.raises(NoSuchMail):
        read_mail(tmp_path / "box", mail)


def test_a_mail_that_is_gone_is_no_mail(tmp_path):
    """Removed by hand since it was listed."""
    mail = put(tmp_path, 0)
    (tmp_path / f"{mail}.eml").unlink()
    with pytest.raises(NoSuchMail):
        read_mail(tmp_path, mail)


def test_a_mail_is_read_with_all_its_parts(tmp_path):
    """Both texts, attachments, decoded fields, and what came as it came."""
    message = EmailMessage()
    message["From"] = "Tocsin <a@example.com>"
    message["Subject"] = "Datenabfluß 数据"
    message.set_content("plain text é\n")
    message.add_alternative("<p>html é</p>", subtype="html")
    message.add_attachment(
        b"\x00\x01", maintype="application", subtype="x-pcap", filename="../flöw.pcap"
    )
    raw = (
        b"X-Rehearsal-Envelope-To: op@example.net\r\n"
        b"X-Rehearsal-Original-Message-ID: <own@example.com>\r\n"
    ) + message.as_bytes()
    mail = read_mail(tmp_path, put(tmp_path, 0, raw))
    assert mail.summary.subject == "Datenabfluß 数据"
    assert mail.summary.sender == "Tocsin <a@example.com>"
    assert mail.summary.recipients == "op@example.net"
    assert mail.summary.message_id == "<own@example.com>"
    assert mail.text == "plain text é\n"
    assert mail.html == "<p>html é</p>\n"
    (attachment,) = mail.attachments
    assert attachment.name == "../flöw.pcap"
    assert attachment.content == b"\x00\x01"
    assert mail.raw == raw
    assert ("Subject", "Datenabfluß 数据") in mail.headers


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Subject: =?no-such-charset?q?x?=\r\n\r\nx",
        b"Subject: \xff\xfe\r\n\r\nx",
        b"Content-Type: text/plain; charset=no-such\r\n\r\n\xff",
        b'Content-Type: text/plain; charset="utf\x00"\r\n\r\n\xff',
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: uuencode\r\n\r\nbegin x",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b'Content-Type: multipart/mixed; boundary="' + b"x" * 90_000 + b'"\r\n\r\n',
        b"Content-Disposition: attachment; filename*=utf-8''%ff%fe\r\n\r\nx",
        b"Content-Disposition: attachment; filename*0*=no-such'%ff\r\n\r\nx",
        b"From: " + b"(" * 20_000 + b"\r\n\r\nx",
    ],
)
def test_a_mail_built_to_break_parsers_is_shown_all_the_same(tmp_path, raw):
    """Whatever it is, it is listed and opens."""
    mail = put(tmp_path, 0, raw)
    assert [one.id for one in list_mails(tmp_path, limit=1)] == [mail]
    assert read_mail(tmp_path, mail).raw == raw


def test_parts_nested_a_thousand_deep_do_not_break_it(tmp_path):
    """The standard parser recurses into parts."""
    raw = b"Subject: deep\r\n"
    for number in range(3000):
        raw += (
            f'Content-Type: multipart/mixed; boundary="b{number}"\r\n\r\n--b{number}\r\n'.encode()
        )
    mail = read_mail(tmp_path, put(tmp_path, 0, raw + b"\r\nend\r\n"))
    assert mail.summary.subject == "deep"


def test_a_large_mail_is_listed_by_its_head(tmp_path):
    """Its size is told, though only its beginning is read."""
    raw = b"Subject: large\r\n\r\n" + b"x" * 1_000_000
    put(tmp_path, 0, raw)
    (summary,) = inbox.list_mails(tmp_path, limit=1)
    assert summary.subject == "large"
    assert summary.size == len(raw)
