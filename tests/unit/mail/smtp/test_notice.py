"""Asking for notices (RFC 3461): the parameters of MAIL and RCPT."""

from __future__ import annotations

import re

import pytest

from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import UnknownNotice
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.notice import mail_notice, rcpt_notice, xtext
from tocsin.mail.smtp.reply import ReplyReader

ID = "0197c0de-0000-7000-8000-000000000001"
OFFERS = [{"DSN": ""}, {"DSN": "", "PIPELINING": ""}]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("op@example.com", "op@example.com"),
        ("a+b=c@example.com", "a+2Bb+3Dc@example.com"),
        ('"a b"@example.com', '"a+20b"@example.com'),
        ("a>\r\nRSET", "a>+0D+0ARSET"),
        ("!*,-<>~", "!*,-<>~"),
    ],
)
def test_text_is_quoted_as_the_rfc_has_it(text, quoted):
    """Plus, equals, blanks and control characters are spelled as +HH, all else stands."""
    assert xtext(text) == quoted
    assert re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), quoted) == text


@pytest.mark.parametrize("name", ["", "größe", "a\nb", "x" * 101, "=" * 40])
def test_an_id_that_cannot_come_back_is_left_out(name):
    """RFC 3461 section 4.4: printable ASCII, at most 100 characters."""
    assert mail_notice(name) == " RET=HDRS"


def test_an_address_without_a_form_is_left_out():
    """Beyond ASCII there is no rfc822 form, and 500 characters are the limit."""
    assert rcpt_notice("größe@example.com", ("failure",)) == " NOTIFY=FAILURE"
    long = '"' + "=" * 200 + '"@example.com'
    assert rcpt_notice(long, ("never",)) == " NOTIFY=NEVER"


@pytest.mark.parametrize(
    "notify",
    [(), ("never", "failure"), ("failure", "failure"), ("bounce",), ("FAILURE",), ("delay\r\n",)],
)
def test_what_the_rfc_does_not_know_is_refused(notify):
    """Never goes alone, the others each once, and nothing else goes at all."""
    with pytest.raises(UnknownNotice):
        rcpt_notice("op@example.com", notify)


def envelope(*notify: str, recipients=("a+b@example.com", "op@example.com")) -> Envelope:
    return Envelope(ID, "alarm@example.com", recipients, b"Subject: x\r\n\r\n", notify)


def play(keywords: dict[str, str], *batch: Envelope) -> tuple[bytes, Mailing]:
    """All that is said to a relay that says yes to everything."""
    talk = Mailing(batch, Capabilities(keywords=keywords), ReplyReader())
    talk.begin(0.0)
    said = b""
    while not talk.done:
        asked = talk.step.value
        while piece := talk.outgoing():
            said += piece
        talk.receive(b"354 Go\r\n" if asked == "data" else b"250 Ok\r\n", 1.0)
    return said, talk


@pytest.mark.parametrize("keywords", OFFERS, ids=["lockstep", "pipelining"])
def test_notices_are_asked_for_where_wanted_and_offered(keywords):
    """MAIL carries RET and ENVID, each RCPT its events and the address; evidence says so."""
    said, talk = play(keywords, envelope("failure", "delay"))
    assert (
        said
        == (
            f"MAIL FROM:<alarm@example.com> RET=HDRS ENVID={ID}\r\n"
            "RCPT TO:<a+b@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.com\r\n"
            "RCPT TO:<op@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;op@example.com\r\n"
            "DATA\r\nSubject: x\r\n\r\n.\r\n"
        ).encode()
    )
    (transaction,) = talk.transactions
    assert transaction.ending.value == "accepted"
    assert [line.sent for line in transaction.transcript()][:3] == said.decode().split("\r\n")[:3]


@pytest.mark.parametrize(
    ("keywords", "wanted"),
    [({}, ("failure",)), ({"PIPELINING": ""}, ("never",)), *((k, ()) for k in OFFERS)],
)
def test_nothing_is_asked_for_otherwise(keywords, wanted):
    """Not offered or not wanted: the envelope is as plain as ever, and nobody is told."""
    said, talk = play(keywords, envelope(*wanted))
    assert said.startswith(
        b"MAIL FROM:<alarm@example.com>\r\n"
        b"RCPT TO:<a+b@example.com>\r\nRCPT TO:<op@example.com>\r\nDATA\r\n"
    )
    assert talk.transactions[0].ending.value == "accepted"


def test_a_choice_that_is_none_keeps_only_its_own_message_back():
    """The others of the batch go out."""
    said, talk = play(OFFERS[1], envelope("always"), envelope("success"))
    assert [each.ending.value for each in talk.transactions] == ["unsendable", "accepted"]
    assert isinstance(talk.transactions[0].problem, UnknownNotice)
    assert said.count(b"MAIL FROM") == 1
