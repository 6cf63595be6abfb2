"""What the way to the mailbox adds, and that its signatures hold for others."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tocsin.base.clock import parse_rfc3339
from tocsin.rehearsal.field import split_message
from tocsin.rehearsal.identifier import message_id
from tocsin.rehearsal.identity import Identities
from tocsin.rehearsal.route import Route, Signers, name_selector
from tocsin.rehearsal.signature import Signer
from tocsin.rehearsal.submission import Submission

AT = parse_rfc3339("2026-06-07T19:33:30.123456Z")
CONTENT = (
    b"From: Tocsin <alarm@example.com>\r\nTo: op@example.net\r\n"
    b"Subject: folded\r\n  subject\t x\r\n"
    b"Message-ID: <own@example.com>\r\nDate: Mon, 1 Jun 2026 00:00:00 +0200\r\n"
    b"Bcc: hidden@example.net\r\nX-SES-MESSAGE-TAGS: alarm=1\r\nReturn-Path: <x@example.com>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"line \xc3\xa9\r\n.dot\r\n\r\n\r\n"
)
IDENTITIES = Identities(("example.com", "me@example.org"))


@pytest.fixture(scope="module")
def signers():
    """Three keys."""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=1024) for _ in range(3)]
    return Signers(
        Signer("", name_selector("sender"), keys[0]),
        Signer("amazonses.com", name_selector("ses"), keys[1]),
        Signer("example.net", "arc-rehearsal", keys[2]),
    )


def carry(
    content=CONTENT,
    *,
    signers=None,
    region="us-east-1",
    recipients=("op@example.net",),
    sender="alarm@example.com",
):
    """The mail as it arrives."""
    route = Route(region, "AKIAEXAMPLE", IDENTITIES, signers)
    submission = Submission(sender, recipients, content, len(content), "AKIAEXAMPLE")
    fields, body = split_message(content)
    return route.carry(submission, fields, body, message_id(region, AT), AT)


def resolver(signers):
    """The DNS that a verifier asks."""
    records = signers.records(IDENTITIES.domains)

    def look_up(name, timeout=5):
        return records[name.decode()].encode()

    return look_up


def parsed(raw):
    """The mail as the standard library reads it."""
    return message_from_bytes(raw, policy=policy.default)


def test_both_signatures_hold_by_an_independent_verifier(signers):
    """The sender's domain and SES's own, over headers and body as they arrive."""
    raw = carry(signers=signers)
    verifier = dkim.DKIM(raw)
    assert verifier.verify(idx=0, dnsfunc=resolver(signers))
    assert verifier.domain == b"example.com"
    assert dkim.DKIM(raw).verify(idx=1, dnsfunc=resolver(signers))


def test_the_arc_set_holds_by_an_independent_verifier(signers):
    """One set, sealed by the receiver."""
    result, sets, reason = dkim.arc_verify(carry(signers=signers), dnsfunc=resolver(signers))
    assert result == dkim.CV_Pass, reason
    assert [one["instance"] for one in sets] == [1]
    assert sets[0]["as-domain"] == b"example.net"


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b".dot", b".dit"),
        lambda raw: raw.replace(b"Subject: folded", b"Subject: moulded"),
        lambda raw: raw.replace(b"From: Tocsin", b"From: Toxin"),
    ],
)
def test_a_changed_mail_is_found_out(signers, change):
    """The signatures are real: neither body nor header can be touched."""
    raw = change(carry(signers=signers))
    assert not dkim.verify(raw, dnsfunc=resolver(signers))
    assert dkim.arc_verify(raw, dnsfunc=resolver(signers))[0] != dkim.CV_Pass


def test_ses_replaces_and_strips_what_it_does(signers):
    """Date and Message-ID are its own; Bcc, X-SES-* and Return-Path are gone."""
    raw = carry(signers=signers)
    mail = parsed(raw)
    assert re.fullmatch(
        r"<0100[0-9a-f]{12}-[0-9a-f-]{36}-000000@email\.amazonses\.com>", mail["Message-ID"]
    )
    assert b"\r\nDate: Sun, 7 Jun 2026 19:33:30 +0000\r\n" in raw
    assert mail["X-SES-Outgoing"] == "2026.06.07-192.0.2.25"
    assert re.fullmatch(r"::1\.us-east-1\.[A-Za-z0-9+/]{43}=:AmazonSES", mail["Feedback-ID"])
    assert mail["Bcc"] is None
    assert mail["X-SES-MESSAGE-TAGS"] is None
    assert mail.get_all("Return-Path") == [
        mail["Message-ID"].replace("@email.amazonses.com", "@amazonses.com")
    ]
    assert mail["Subject"] == "folded  subject\t x"


def test_what_ses_drops_is_kept_beside_and_marked_as_a_rehearsal():
    """Nobody takes the mail for one that left; two copies can be told by their own id."""
    raw = carry()
    assert raw.startswith(b"X-Rehearsal: ")
    mail = parsed(raw)
    assert mail["X-Rehearsal-Original-Message-ID"] == "<own@example.com>"
    assert mail["X-Rehearsal-Original-Date"] == "Mon, 1 Jun 2026 00:00:00 +0200"
    assert mail["X-Rehearsal-Envelope-From"] == "<alarm@example.com>"


def test_the_receiver_names_ses_in_received_and_arc(signers):
    """The guide's proof of success."""
    mail = parsed(carry(signers=signers))
    assert "a2-25.smtp-out.amazonses.com" in mail["Received"]
    assert "for <op@example.net>" in mail["Received"]
    assert "dkim=pass header.i=@amazonses.com" in mail["ARC-Authentication-Results"]
    assert "dkim=pass header.i=@example.com" in mail["Authentication-Results"]
    assert "dmarc=pass" in mail["Authentication-Results"]
    assert mail["ARC-Seal"].startswith("i=1; a=rsa-sha256;")


def test_the_beginning_of_each_signature_is_in_the_results(signers):
    """header.b tells which signature a result is about (RFC 6008)."""
    mail = parsed(carry(signers=signers))
    for signature in mail.get_all("DKIM-Signature"):
        value = re.sub(r"\s", "", re.split(r"\sb=", signature)[-1])
        assert f"header.b={value[:8]}" in mail["Authentication-Results"]


def test_other_regions_have_other_names():
    """As SES names them."""
    mail = parsed(carry(region="eu-west-1"))
    assert mail["Message-ID"].startswith("<0102")
    assert mail["Message-ID"].endswith("@eu-west-1.amazonses.com>")
    assert "a2-25.smtp-out.eu-west-1.amazonses.com" in mail["Received"]
    assert parsed(carry(region="sa-east-1"))["Message-ID"].startswith("<01ff")


def test_an_address_identity_has_no_signature_of_its_domain(signers):
    """Then DMARC has nothing to rest on: SPF passes for SES's own domain only."""
    content = b"From: me@example.org\r\nSubject: x\r\n\r\nbody\r\n"
    mail = parsed(carry(content, signers=signers, sender="me@example.org"))
    assert len(mail.get_all("DKIM-Signature")) == 1
    assert "dmarc=fail" in mail["Authentication-Results"]


def test_a_mail_to_several_names_none_of_them():
    """Hidden recipients stay hidden in the trace."""
    mail = parsed(carry(recipients=("op@example.net", "hidden@example.net")))
    assert "for <" not in mail["Received"]
    assert mail["X-Rehearsal-Envelope-To"] == "op@example.net, hidden@example.net"


def test_unsigned_mails_say_so():
    """Without keys there is neither signature nor a claim of one."""
    mail = parsed(carry())
    assert mail["DKIM-Signature"] is None
    assert mail["ARC-Seal"] is None
    assert "dkim=none" in mail["Authentication-Results"]


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b"x", b"x\r\n\r\n", b"\r\nx"])
def test_any_end_of_a_body_is_signed_right(signers, body):
    """Empty lines at the end are where canonicalisation errs."""
    raw = carry(b"From: alarm@example.com\r\n\r\n" + body, signers=signers)
    assert dkim.verify(raw, dnsfunc=resolver(signers))
    assert dkim.arc_verify(raw, dnsfunc=resolver(signers))[0] == dkim.CV_Pass


def test_a_mail_that_was_signed_before_keeps_its_signature(signers):
    """It stands below those of SES."""
    content = CONTENT.replace(b"Bcc:", b"DKIM-Signature: v=1; d=own.example;\r\n b=\r\nBcc:")
    raw = carry(content, signers=signers)
    assert [("d=own.example" in one) for one in parsed(raw).get_all("DKIM-Signature")] == [
        False,
        False,
        True,
    ]
    assert dkim.verify(raw, dnsfunc=resolver(signers))
    assert dkim.arc_verify(raw, dnsfunc=resolver(signers))[0] == dkim.CV_Pass
