"""What is told of each message after a batch."""

from __future__ import annotations

import pytest

from tocsin.domain.delivery import RecipientState
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay.outcome import outcome_of
from tocsin.mail.smtp import failure as smtp
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.step import Step

FACTS = {"host": "relay.example.com", "port": "587"}
BEGAN = 1_700_000_000_000_000
NOT_VERIFIED = (
    b"554 Message rejected: Email address is not verified. The following identities failed "
    b"the check in region EU-WEST-1: %s\r\n"
)


def outcome(*answers: bytes, recipients=("op@example.com",), end: str | None = None):
    """The outcome of one message after these answers, sent without PIPELINING."""
    batch = [Envelope("m1", "alarm@example.com", tuple(recipients), b"Subject: x\r\n\r\nhi\r\n")]
    talk = Mailing(batch, Capabilities(), ReplyReader())
    talk.begin(1.0)
    for data in answers:
        while talk.outgoing():
            pass
        talk.receive(data, 2.0)
    while talk.outgoing():
        pass
    if end is not None:
        talk.lost(smtp.Closed(talk.step, end), 3.0)
    return outcome_of(talk.transactions[0], talk.failure or talk.halted_by, FACTS, BEGAN)


OK, GO = b"250 Ok\r\n", b"354 Go\r\n"


def test_250_after_the_dot_is_success_with_the_reply_as_proof():
    """The last reply is kept: it is the relay's receipt."""
    told = outcome(OK, OK, GO, b"250 Ok 0100019d-000000\r\n")
    assert told.ok
    assert told.finding is None
    assert told.reply == "250 Ok 0100019d-000000"
    assert [(one.address, one.state) for one in told.recipients] == [
        ("op@example.com", RecipientState.ACCEPTED)
    ]
    assert (told.started_at, told.finished_at) == (BEGAN + 1_000_000, BEGAN + 2_000_000)
    assert [line.step for line in told.transcript] == ["mail", "rcpt", "data", "body"]


@pytest.mark.parametrize("reply", [b"454 Throttling failure\r\n", b"554 rejected\r\n"])
def test_no_other_answer_after_the_dot_is_success(reply):
    """A refusal after the dot is a refusal, whatever was accepted before it."""
    told = outcome(OK, OK, GO, reply)
    assert not told.ok
    assert not told.in_doubt
    assert not told.untried
    assert told.finding.facts["stage"] == "body"
    assert told.recipients[0].state is RecipientState.PENDING


def test_our_own_sender_refused_by_ses_concerns_the_relay_and_a_recipient_does_not():
    """The envelope's sender decides between an identity of ours and the sandbox."""
    own = outcome(OK, OK, GO, NOT_VERIFIED % b"alarm@example.com")
    other = outcome(OK, OK, GO, NOT_VERIFIED % b"op@example.com")
    assert own.finding.code == "ses.identity-not-verified"
    assert other.finding.code == "ses.sandbox-recipient"
    assert other.finding.facts["recipient"] == "op@example.com"


def test_a_refused_recipient_beside_an_accepted_one_is_told():
    """The message went out; the finding names who was left, and whether for good."""
    told = outcome(
        OK,
        OK,
        b"550 5.1.1 unknown\r\n",
        b"450 greylisted\r\n",
        GO,
        OK,
        recipients=("a@example.com", "b@example.com", "c@example.com"),
    )
    assert told.ok
    assert [one.state.value for one in told.recipients] == ["accepted", "refused", "pending"]
    assert told.recipients[1].reply == "550 5.1.1 unknown"
    assert told.finding.code == "smtp.recipient-refused"
    assert told.finding.facts["recipient"] == "b@example.com"


def test_all_recipients_refused_is_a_failure_of_the_message():
    """Nobody was taken; the finding is of the recipient that may still be."""
    told = outcome(
        OK,
        b"550 unknown\r\n",
        b"450 greylisted\r\n",
        OK,
        recipients=("a@example.com", "b@example.com"),
    )
    assert not told.ok
    assert told.finding.code == "smtp.greylisted"
    assert told.finding.facts["recipient"] == "b@example.com"
    assert told.reply == "450 greylisted"


@pytest.mark.parametrize(
    ("answers", "code", "in_doubt"),
    [
        ((), "smtp.closed-early", False),
        ((OK, OK), "smtp.closed-early", False),
        ((OK, OK, GO), "smtp.outcome-unknown", True),
    ],
)
def test_a_cut_before_the_dot_is_safe_and_after_it_is_doubt(answers, code, in_doubt):
    """Only a written dot without an answer leaves it open whether the message arrived."""
    told = outcome(*answers, end="closed")
    assert told.finding.code == code
    assert told.in_doubt is in_doubt
    assert not told.untried
    assert not told.ok


def test_an_untried_message_says_why_and_shows_no_conversation():
    """Its turn did not come: no recipients' states, no transcript, the reason of the others."""
    envelope = Envelope("m1", "alarm@example.com", ("op@example.com",), b"")
    talk = Mailing([envelope], Capabilities(), ReplyReader())
    talk.lost(smtp.Closed(Step.MAIL, "reset"), 1.0)
    told = outcome_of(talk.transactions[0], talk.failure, FACTS, BEGAN)
    assert told.untried
    assert told.transcript == ()
    assert told.finding.code == "smtp.closed-early"
    assert told.recipients[0].state is RecipientState.PENDING
