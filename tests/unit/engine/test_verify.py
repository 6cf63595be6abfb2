"""A message verified as a whole, with the keys that a test has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from dkimkeys import MESSAGE, Domain
from tocsin.engine import verdict
from tocsin.engine.recordlookup import FromRecords, Unasked
from tocsin.engine.verdict import state
from tocsin.engine.verify import Verified, verify
from tocsin.mail.received.record import Answer, Answers

OWN, SES = Domain("example.com"), Domain("amazonses.com", "ses")
ID = "0100019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
RECEIVED = (
    b"Received: from a8-156.smtp-out.amazonses.com (a8-156.smtp-out.amazonses.com. "
    b"[198.51.100.156])\r\n by mx.example.net with ESMTPS id x; "
    b"Tue, 24 Nov 2026 12:00:02 +0000\r\n"
)
RESULTS = (
    b"Authentication-Results: mx.example.net; dkim=pass header.d=example.com;\r\n"
    b" spf=pass smtp.mailfrom=id@amazonses.com; dmarc=pass header.from=example.com\r\n"
)
CARRIED = RECEIVED + RESULTS + SES.sign(OWN.sign())
RECORDS = {
    OWN.record_name: Answer((OWN.record(),)),
    SES.record_name: Answer((SES.record(),)),
    "_dmarc.example.com": Answer(("v=DMARC1; p=reject",)),
}


def found_of(content: bytes, records: Answers = RECORDS) -> Verified:
    """Verified with these records."""
    return verify(content, FromRecords(records, "a test"))


def sentences(found: Verified) -> list[str]:
    """The verdict's sentences, without their facts."""
    return [one.sentence for one in state(found)]


@dataclass
class Listening:
    """Remembers what is asked."""

    source: str = "a test"
    is_dns: bool = True
    asked: list[set[str]] = field(default_factory=list)

    def __call__(self, names: Collection[str]) -> Answers:
        """Silence."""
        self.asked.append(set(names))
        return Unasked()(names)


@dataclass
class Published:
    """The records as if the domains themselves had given them."""

    source: str = "a test"
    is_dns: bool = True

    def __call__(self, names: Collection[str]) -> Answers:
        """What there is of them."""
        return {name: RECORDS.get(name, Answer()) for name in names}


def test_a_mail_that_ses_carried_is_proved():
    """Both signatures, alignment by policy, the route and the receiver's word."""
    found = found_of(CARRIED)
    assert found.ok is True
    assert found.carriage.region == "us-east-1"
    assert sentences(found) == [
        verdict.SES_SIGNED,
        verdict.DKIM_PASS,
        verdict.DKIM_PASS,
        verdict.ALIGNED,
        verdict.RECEIVER,
    ]
    assert found.alignment.result == "pass"
    assert found.alignment.policy is not None
    assert found.alignment.policy.policy == "reject"
    parts = [(one.method, one.domain, one.word_of) for one in found.alignment.parts]
    assert parts == [
        ("dkim", "amazonses.com", "verified"),
        ("dkim", "example.com", "verified"),
        ("spf", "amazonses.com", "receiver"),
    ]


def test_what_was_changed_is_broken():
    """The verdict names the domain whose signature does not hold."""
    found = found_of(CARRIED.replace(b"sends much", b"sends little"))
    assert found.ok is False
    told = [str(one) for one in state(found)]
    assert (
        "The DKIM signature of example.com does not hold: the body is not the one that was signed."
    ) in told
    assert found.alignment.result == "fail"


def test_without_dns_nothing_is_claimed():
    """Neither proved nor broken; the receiver's word still counts for alignment."""
    found = verify(CARRIED, Unasked())
    assert found.ok is None
    assert sentences(found)[:2] == [verdict.SES_SEEN, verdict.DKIM_TEMPERROR]
    assert str(state(found)[1]).endswith("was not checked: DNS was not asked.")
    assert found.alignment.result == "pass"
    assert [one.word_of for one in found.alignment.parts] == ["verified", "receiver", "receiver"]


def test_a_forged_word_of_the_receiver_does_not_count():
    """Below the message's own fields anybody can write what they like."""
    received = RECEIVED.replace(b"mx.example.net", b"mx.example.org")
    found = verify(received + RESULTS + OWN.sign(), Unasked())
    assert found.alignment.result == "unknown"
    assert verdict.RECEIVER not in sentences(found)


def test_everything_is_asked_at_once():
    """One round of questions: keys of DKIM and of ARC, and the policy upwards."""
    lookup = Listening()
    content = Domain("mx.example.net", "arc").seal(OWN.sign(), "mx.example.net; dkim=pass")
    verify(content, lookup)
    assert lookup.asked == [
        {OWN.record_name, "arc._domainkey.mx.example.net", "_dmarc.example.com"}
    ]


def test_a_plain_message_proves_nothing():
    """No signature, no route, no word of anybody."""
    found = found_of(MESSAGE)
    assert found.ok is None
    assert sentences(found) == [verdict.SES_NOT, verdict.DKIM_NONE, verdict.NOT_ALIGNED]


def test_a_broken_chain_makes_it_broken():
    """Even where no DKIM signature is."""
    arc = Domain("mx.example.net", "arc")
    content = arc.seal(MESSAGE, "mx.example.net; dkim=pass")
    records = {arc.record_name: Answer((arc.record(),))}
    assert found_of(content, records).chain.result == "pass"
    broken = found_of(content.replace(b"dkim=pass", b"dkim=fail"), records)
    assert broken.ok is False
    assert verdict.ARC_FAIL in sentences(broken)


def test_clocks_that_differ_are_told():
    """With the server where it shows."""
    earlier = RECEIVED.replace(b"12:00:02", b"12:00:09").replace(b"mx.", b"in.")
    found = found_of(RECEIVED + earlier + MESSAGE)
    told = [str(one) for one in state(found)]
    assert "The clocks on its way differ: at mx.example.net it arrived 7 s too early." in told


def test_a_way_that_takes_long_is_told():
    """From the first server to the last."""
    later = RECEIVED.replace(b"12:00:02", b"12:05:02")
    told = [str(one) for one in state(found_of(later + RECEIVED + MESSAGE))]
    assert "It was 300 s under way, over 2 hops." in told


def test_a_rehearsal_says_so_first():
    """Nobody takes it for a mail that left the machine."""
    found = found_of(b"X-Rehearsal: a stand-in took it\r\n" + CARRIED)
    assert found.is_rehearsal
    assert sentences(found)[0] == verdict.REHEARSAL
    assert not [one for one in sentences(found) if one.startswith("Amazon SES")]


def test_a_mail_that_ses_signed_is_no_rehearsal_whatever_it_says():
    """The field is anybody's to write; the key that SES publishes is not."""
    content = b"X-Rehearsal: a stand-in took it\r\n" + SES.sign()
    assert found_of(content).is_rehearsal
    found = verify(content, Published())
    assert not found.is_rehearsal
    assert sentences(found)[0] == verdict.SES_SIGNED_SOMEWHERE


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([f"Message-ID: <{ID}@email.amazonses.com>", "X-SES-Outgoing: 2026.11.24-192.0.2.1"],
         verdict.SES_CLAIMED),
        ([f"Return-Path: <01ff{ID[4:]}@bounce.example.com>",
          "X-SES-Outgoing: 2026.11.24-192.0.2.1"], verdict.SES_CLAIMED_SOMEWHERE),
    ],
)  # fmt: skip
def test_claims_are_told_as_claims(fields, expected):
    """With the region where one is told."""
    content = "\r\n".join([*fields, "From: a@example.com", "", ""]).encode()
    assert sentences(found_of(content))[0] == expected
