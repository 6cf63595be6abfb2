"""Whether SES carried a message, by its header."""

from __future__ import annotations

import pytest

from tocsin.base.clock import parse_rfc3339
from tocsin.mail.received.message import read_message
from tocsin.mail.received.signature import Checked, Outcome, read_signatures
from tocsin.ses.carried import Carriage, Proof, find_carriage, message_id_of

ID = "0100019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
ELSEWHERE = "0101" + ID[4:]
RECEIVED = (
    "Received: from a8-156.smtp-out.amazonses.com (a8-156.smtp-out.amazonses.com. "
    "[198.51.100.156]) by mx.example.net with ESMTPS id x; Mon, 23 Mar 2026 17:37:14 -0700"
)
INSIDE = (
    "Received: from mx.example.net (mx.example.net [192.0.2.1]) by store.example.net; "
    "Mon, 23 Mar 2026 17:37:15 -0700"
)
FORWARDED = (
    "Received: from mx.example.net (mx.example.net [192.0.2.1]) by mx.example.org; "
    "Mon, 23 Mar 2026 17:37:16 -0700"
)
MESSAGE_ID = f"Message-ID: <{ID}@email.amazonses.com>"
FEEDBACK = "Feedback-ID: ::1.us-east-1.AbCd+/AbCdE=:AmazonSES"
OUTGOING = "X-SES-Outgoing: 2026.03.24-198.51.100.156"
SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=amazonses.com; s=abc; h=from; bh=x; b=x"


def carriage(*fields: str, outcome: Outcome = Outcome.TEMPERROR) -> Carriage:
    """What a header with these fields tells; its signatures came to `outcome`."""
    message = read_message("\r\n".join((*fields, "From: a@example.com", "", "")).encode())
    checked = [Checked(one, outcome) for one in read_signatures(message)]
    return find_carriage(message, checked)


def test_everything_together():
    """Region, id and time come out; all evidence is told."""
    found = carriage(RECEIVED, SIGNED, MESSAGE_ID, FEEDBACK, OUTGOING)
    assert found.proof is Proof.SEEN
    assert found.carried
    assert (found.region, found.disagrees) == ("us-east-1", False)
    assert found.message_id == ID
    assert found.accepted_at == parse_rfc3339("2026-03-24T00:37:13.635Z")
    assert [one.field for one in found.evidence] == [
        "Received",
        "Message-ID",
        "Feedback-ID",
        "X-SES-Outgoing",
        "DKIM-Signature",
    ]


def test_a_signature_that_holds_is_proof():
    """Nobody else has that key."""
    assert carriage(SIGNED, outcome=Outcome.PASS).proof is Proof.SIGNATURE
    assert carriage(SIGNED, outcome=Outcome.FAIL).proof is Proof.NONE


@pytest.mark.parametrize(
    ("fields", "proof"),
    [
        ((MESSAGE_ID, FEEDBACK), Proof.CLAIMED),
        ((MESSAGE_ID, OUTGOING), Proof.CLAIMED),
        ((MESSAGE_ID, SIGNED), Proof.CLAIMED),
        ((MESSAGE_ID,), Proof.NONE),
        ((), Proof.NONE),
        (("Subject: amazonses",), Proof.NONE),
        ((RECEIVED.replace("amazonses.com", "amazonses.com.example.org"),), Proof.NONE),
        (("Received: from x (x [192.0.2.1]) by amazonses.com; y",), Proof.NONE),
        ((f"X-{RECEIVED}",), Proof.NONE),
        ((RECEIVED.replace("by mx.example.net", "by mx"),), Proof.SEEN),
        ((INSIDE, RECEIVED), Proof.SEEN),
        ((FORWARDED, RECEIVED), Proof.NONE),
        ((FORWARDED, RECEIVED, OUTGOING), Proof.CLAIMED),
        ((RECEIVED.replace("a8-156.smtp-out.amazonses.com.", "unknown"),), Proof.NONE),
    ],
)
def test_how_good_the_evidence_is(fields, proof):
    """What anybody can write counts only together, and never as more than a claim."""
    assert carriage(*fields).proof is proof


@pytest.mark.parametrize(
    ("fields", "region"),
    [
        ((RECEIVED,), "us-east-1"),
        ((RECEIVED.replace(".amazonses", ".eu-north-1.amazonses"),), "eu-north-1"),
        ((f"Message-ID: <{ELSEWHERE}@us-west-2.amazonses.com>", OUTGOING), "us-west-2"),
        ((f"Message-ID: <01ff{ID[4:]}@ap-south-1.amazonses.com>", OUTGOING), "ap-south-1"),
        ((f"Return-Path: <{ELSEWHERE}@bounce.example.com>", OUTGOING), "us-west-2"),
        ((f"Return-Path: <01ff{ID[4:]}@bounce.example.com>", OUTGOING), None),
        (("Feedback-ID: 1.us-west-2.AbC=:AmazonSES", OUTGOING), "us-west-2"),
    ],
)
def test_each_piece_tells_the_region_in_its_way(fields, region):
    """Names of hosts, domains of ids, the beginning of the id, the feedback id."""
    assert carriage(*fields).region == region


def test_evidence_that_disagrees_names_no_region():
    """Somebody wrote one of them."""
    found = carriage(RECEIVED, "Feedback-ID: 1.us-west-2.AbC=:AmazonSES")
    assert (found.region, found.disagrees) == (None, True)


def test_a_message_without_an_id_of_ses_has_none():
    """Other ids are not taken apart."""
    message = read_message(b"Message-ID: <one@example.com>\r\n\r\n")
    assert message_id_of(message) == (None, None)
