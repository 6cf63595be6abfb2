"""The page that verifies a message."""

from __future__ import annotations

import json
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from dkimkeys import MESSAGE, Domain
from tocsin.base.home import Home
from tocsin.domain.principal import Role
from tocsin.engine import messages
from tocsin.engine.recordlookup import FromRecords
from tocsin.engine.verdict import SENTENCES, Statement
from tocsin.mail.received.record import Answer
from tocsin.web import verdictwords

OWN = Domain("example.com")
PAGE = "/messages/verify"


@pytest.fixture(autouse=True)
def _dns(monkeypatch) -> None:
    """DNS holds one key."""
    records = {OWN.record_name: Answer((OWN.record(),))}
    monkeypatch.setattr(messages, "FromDns", lambda: FromRecords(records, "DNS"))


def upload(content: bytes) -> dict[str, SimpleUploadedFile]:
    """The form with a file."""
    return {"message": SimpleUploadedFile("mail.eml", content, "message/rfc822")}


def test_the_form_takes_a_file_without_scripts(signed_in, markup):
    """A viewer may ask; nothing is told before a message was given."""
    page = markup(signed_in(Role.VIEWER).get(PAGE).content.decode())
    (form,) = [one for one in page.all("form") if one.get("enctype") == "multipart/form-data"]
    assert form["action"] == PAGE
    assert [one["type"] for one in page.all("input") if one["name"] == "message"] == ["file"]
    assert "Route" not in page.text


def test_a_message_is_proved(admin: Client, markup):
    """Verdict, route, signatures, alignment and the receiver's word."""
    received = (
        b"Received: from out.example.com (out.example.com [192.0.2.1]) by mx.example.net with "
        b"ESMTPS id 1; Tue, 24 Nov 2026 12:00:09 +0000\r\n"
        b"Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=example.com\r\n"
        b"Received: from desk by out.example.com; Tue, 24 Nov 2026 12:00:02 +0000\r\n"
    )
    text = markup(admin.post(PAGE, upload(received + OWN.sign())).content.decode()).text
    assert "Proved" in text
    assert "The DKIM signature of example.com is valid" in text
    assert "after 7.0 s" in text
    assert "192.0.2.1" in text
    assert "rsa 1024" in text
    assert "the receiving server's" in text
    assert "It is no delivery of this manager." in text


def test_a_changed_message_is_broken(admin: Client, markup):
    """In a word, and with the reason."""
    content = OWN.sign().replace(b"sends much", b"sends little")
    text = markup(admin.post(PAGE, upload(content)).content.decode()).text
    assert "Broken" in text
    assert "the body is not the one that was signed" in text


def test_a_chain_is_shown_set_by_set(admin: Client, markup):
    """Who sealed, and what they found out."""
    content = Domain("list.example.org", "arc").seal(OWN.sign(), "list.example.org; dkim=pass")
    text = markup(admin.post(PAGE, upload(content)).content.decode()).text
    assert "ARC chain" in text
    assert "list.example.org" in text
    assert "unchecked" in text


def test_a_pasted_message_is_taken(admin: Client, markup):
    """Browsers make every line end CRLF, as it was signed."""
    answer = admin.post(PAGE, {"text": MESSAGE.decode()})
    assert "It has no DKIM signature" in markup(answer.content.decode()).text


def test_our_delivery_is_a_link(admin: Client, scene, markup):
    """And the alarm that it tells."""
    content = f"From: a@example.com\r\nMessage-ID: <{scene.delivery}@example.com>\r\n\r\n"
    page = markup(admin.post(PAGE, upload(content.encode())).content.decode())
    links = {one["href"] for one in page.all("a")}
    assert {f"/deliveries/{scene.delivery}", f"/alarms/{scene.alarm}"} <= links


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"text": ""}, "Nothing was given."),
        ({}, "Nothing was given."),
        ({"text": "no message"}, "no message"),
    ],
)
def test_what_is_no_message_is_said(admin: Client, markup, form, words):
    """At the form, which stays."""
    answer = admin.post(PAGE, form)
    assert answer.status_code == 422
    page = markup(answer.content.decode())
    assert words in page.text
    assert page.all("textarea")


def test_hostile_text_stays_text(admin: Client):
    """Whatever the header holds, it is shown and not run."""
    script = b"<script>alert(1)</script>"
    fields = (b"From", b"Subject", b"Received", b"DKIM-Signature", b"Authentication-Results")
    content = b"".join(one + b": " + script + b"\r\n" for one in fields) + b"\r\n"
    assert script not in admin.post(PAGE, upload(content)).content


def test_a_mail_of_the_rehearsal_is_verified_by_its_keys(admin: Client, home, tmp_path, markup):
    """From its inbox, with the keys that the relay published."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    id_ = "1795521600000000-0100019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
    other = Domain("example.org", "rehearsal")
    content = b"X-Rehearsal: a stand-in took it\r\n" + other.sign()
    (inbox / f"{id_}.eml").write_bytes(content)
    (inbox / "dns.json").write_text(json.dumps({f"{other.record_name}.": other.record()}))
    Home(home).rehearsal_facts.parent.mkdir(parents=True, exist_ok=True)
    Home(home).rehearsal_facts.write_text(
        json.dumps(
            {
                "host": "127.0.0.1",
                "port": 1,
                "smtps_port": 2,
                "region": "us-east-1",
                "user": "x",
                "password_file": "x",
                "root_file": "x",
                "identities": [],
                "inbox": str(inbox),
                "pid": os.getpid(),
                "stands_in": False,
            }
        )
    )
    text = markup(admin.get(f"{PAGE}?mail={id_}").content.decode()).text
    assert "It is a rehearsal" in text
    assert "The DKIM signature of example.org is valid" in text
    assert "the rehearsal relay" in text
    assert admin.get(f"{PAGE}?mail=none").status_code == 404


def test_a_mail_of_no_rehearsal_is_not_found(admin: Client, home):
    """As long as no relay runs there is no inbox."""
    assert admin.get(f"{PAGE}?mail=1").status_code == 404


def test_every_sentence_can_be_translated():
    """What the engine says stands in the catalogue of the pages, and nothing else does."""
    assert frozenset(SENTENCES) == verdictwords.SENTENCES
    with translation.override("zh-hans"):
        assert verdictwords.in_words(Statement(SENTENCES[0], {}))
