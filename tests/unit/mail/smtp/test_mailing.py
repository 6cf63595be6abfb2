"""Handing over messages, against scripted relays: what goes out, and how each message ends."""

from __future__ import annotations

import pytest

from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp import failure as fails
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.mailing import CHUNK, Mailing
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending

LOCKSTEP = Capabilities(keywords={"8BITMIME": ""})
PIPELINING = Capabilities(keywords={"PIPELINING": ""})
OK = b"250 Ok\r\n"
GO = b"354 End data with <CR><LF>.<CR><LF>\r\n"
DONE = b"250 Ok 0100019d-000000\r\n"
CLOSED = fails.Closed(Step.BODY, "closed")


def envelope(number: int, recipients=("op@example.com",), content=b"Subject: x\r\n\r\nhi\r\n"):
    return Envelope(
        id=f"m{number}",
        sender="alarm@example.com",
        recipients=tuple(recipients),
        content=content,
    )


def mailing(count=1, capabilities=PIPELINING, **options) -> Mailing:
    batch = [envelope(number) for number in range(count)]
    return Mailing(batch, capabilities, ReplyReader(), **options)


def begun(talk: Mailing) -> bytes:
    talk.begin(0.0)
    return drain(talk)


def drain(talk: Mailing) -> bytes:
    said = b""
    while piece := talk.outgoing():
        said += piece
    return said


def answer(talk: Mailing, data: bytes, at: float = 1.0) -> bytes:
    talk.receive(data, at)
    return drain(talk)


def endings(talk: Mailing) -> list[str]:
    return [transaction.ending.value for transaction in talk.transactions]


def test_with_pipelining_the_envelope_is_one_flight():
    """MAIL, RCPT and DATA leave together; the content waits for 354."""
    talk = mailing()
    assert begun(talk) == (b"MAIL FROM:<alarm@example.com>\r\nRCPT TO:<op@example.com>\r\nDATA\r\n")
    assert answer(talk, OK + OK) == b""
    assert answer(talk, GO) == b"Subject: x\r\n\r\nhi\r\n.\r\n"
    assert answer(talk, DONE) == b""
    assert talk.done
    assert endings(talk) == ["accepted"]


def test_the_content_of_one_shares_a_flight_with_the_envelope_of_the_next():
    """One round trip a message (RFC 2920: content may open a group, DATA ends it)."""
    talk = mailing(3)
    begun(talk)
    flight = answer(talk, OK + OK + GO)
    assert flight == (
        b"Subject: x\r\n\r\nhi\r\n.\r\n"
        b"MAIL FROM:<alarm@example.com>\r\nRCPT TO:<op@example.com>\r\nDATA\r\n"
    )
    assert answer(talk, DONE + OK + OK + GO) == flight
    assert answer(talk, DONE + OK + OK + GO) == b"Subject: x\r\n\r\nhi\r\n.\r\n"
    answer(talk, DONE)
    assert endings(talk) == ["accepted"] * 3
    assert talk.carried == 3


def test_without_pipelining_each_command_waits_for_its_answer():
    """One command, one answer, as the SES endpoint wants it."""
    talk = Mailing(
        [envelope(0, ["a@example.com", "b@example.com"]), envelope(1)], LOCKSTEP, ReplyReader()
    )
    replies = (OK, OK, OK, GO, DONE, OK, OK, GO, DONE)
    said = [begun(talk), *(answer(talk, reply) for reply in replies)]
    assert said == [
        b"MAIL FROM:<alarm@example.com>\r\n",
        b"RCPT TO:<a@example.com>\r\n",
        b"RCPT TO:<b@example.com>\r\n",
        b"DATA\r\n",
        b"Subject: x\r\n\r\nhi\r\n.\r\n",
        b"MAIL FROM:<alarm@example.com>\r\n",
        b"RCPT TO:<op@example.com>\r\n",
        b"DATA\r\n",
        b"Subject: x\r\n\r\nhi\r\n.\r\n",
        b"",
    ]
    assert endings(talk) == ["accepted", "accepted"]


@pytest.mark.parametrize("capabilities", [PIPELINING, LOCKSTEP], ids=["pipelining", "lockstep"])
@pytest.mark.parametrize(
    ("replies", "ending", "step", "code"),
    [
        # MAIL, RCPT, DATA, final
        ((b"501 Invalid MAIL FROM address provided", None, None, None), "refused", "mail", 501),
        ((b"454 Throttling failure", None, None, None), "refused", "mail", 454),
        ((b"250 Ok", b"550 no such user", None, None), "refused", "rcpt", 550),
        ((b"250 Ok", b"450 greylisted", None, None), "refused", "rcpt", 450),
        ((b"250 Ok", b"250 Ok", b"451 try later", None), "refused", "data", 451),
        ((b"250 Ok", b"250 Ok", b"354 go", b"454 Throttling failure"), "refused", "body", 454),
        ((b"250 Ok", b"250 Ok", b"354 go", b"554 Message rejected"), "refused", "body", 554),
        ((b"250 Ok", b"251 will forward", b"354 go", b"250 Ok"), "accepted", None, None),
        ((b"250 Ok", b"250 Ok", b"354 go", b"299 odd"), "in doubt", None, None),
        ((b"250 Ok", b"250 Ok", b"354 go", b"354 odd"), "in doubt", None, None),
    ],
)
def test_the_answers_decide_how_a_message_ends(capabilities, replies, ending, step, code):
    """250 after the final dot and nothing else is success; a refusal keeps its step and reply."""
    talk = mailing(1, capabilities)
    begun(talk)
    for index, reply in enumerate(replies):
        if reply is None and (capabilities is not PIPELINING or index == 3):
            break
        answer(talk, (reply or b"503 need the other first") + b"\r\n")
    (transaction,) = talk.transactions
    assert transaction.ending.value == ending
    if step is not None:
        assert transaction.refused_at.value == step
        assert transaction.refusal.code == code
    if talk.failure is None and not talk.done:
        assert talk.step is Step.RSET
        answer(talk, OK)
    assert talk.done


@pytest.mark.parametrize("capabilities", [PIPELINING, LOCKSTEP], ids=["pipelining", "lockstep"])
def test_one_refused_recipient_does_not_stop_the_others(capabilities):
    """The message goes to those who were taken; each recipient keeps its own answer."""
    batch = [envelope(0, ["a@example.com", "bad@example.com", "c@example.com"])]
    talk = Mailing(batch, capabilities, ReplyReader())
    begun(talk)
    for reply in (OK, OK, b"550 unknown\r\n", OK, GO, DONE):
        answer(talk, reply)
    (transaction,) = talk.transactions
    assert transaction.ending is Ending.ACCEPTED
    assert [reply.code for reply in transaction.recipients] == [250, 550, 250]


def test_when_all_recipients_are_refused_a_temporary_refusal_counts():
    """One that may be taken later keeps the message worth another try."""
    batch = [envelope(0, ["a@example.com", "b@example.com"])]
    talk = Mailing(batch, PIPELINING, ReplyReader())
    begun(talk)
    answer(talk, OK + b"550 unknown\r\n450 later\r\n503 no recipients\r\n")
    (transaction,) = talk.transactions
    assert transaction.refused_at is Step.RCPT
    assert transaction.refusal.code == 450


def test_a_refused_envelope_is_reset_before_the_next_in_the_same_flight():
    """RSET clears what MAIL opened; with PIPELINING it costs no round trip."""
    talk = mailing(2)
    begun(talk)
    flight = answer(talk, OK + b"550 unknown\r\n503 no recipients\r\n")
    assert flight.startswith(b"RSET\r\nMAIL FROM:")
    answer(talk, OK + OK + OK + GO)
    answer(talk, DONE)
    assert endings(talk) == ["refused", "accepted"]


def test_a_refused_mail_needs_no_reset():
    """Nothing was opened, so the next envelope follows at once."""
    talk = mailing(2)
    begun(talk)
    flight = answer(talk, b"553 bad sender\r\n503 no\r\n503 no\r\n")
    assert flight.startswith(b"MAIL FROM:")


def test_content_never_goes_out_for_recipients_who_were_all_refused():
    """A 354 in spite of that is answered by an end without content (RFC 2920 section 3.1)."""
    talk = mailing(2)
    begun(talk)
    flight = answer(talk, OK + b"550 unknown\r\n" + GO)
    assert flight.startswith(b".\r\nMAIL FROM:")
    answer(talk, b"554 no valid recipients\r\n" + OK + OK + GO)
    answer(talk, DONE)
    assert endings(talk) == ["refused", "accepted"]


def test_a_reset_that_fails_ends_the_use_of_the_connection():
    """Where the old transaction may still be open, nothing new is begun."""
    talk = mailing(2, LOCKSTEP)
    begun(talk)
    answer(talk, OK)
    assert answer(talk, b"550 unknown\r\n") == b"RSET\r\n"
    answer(talk, b"500 what?\r\n")
    assert talk.failure is not None
    assert endings(talk) == ["refused", "untried"]


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        # (answers before the connection ends) -> endings of three messages
        ([], ["broken", "untried", "untried"]),
        ([OK], ["broken", "untried", "untried"]),
        ([OK + OK], ["broken", "untried", "untried"]),
        ([OK + OK + GO], ["in doubt", "untried", "untried"]),
        ([OK + OK + GO, DONE], ["accepted", "untried", "untried"]),
        ([OK + OK + GO, DONE + OK], ["accepted", "broken", "untried"]),
        ([OK + OK + GO, DONE + OK + OK + GO], ["accepted", "in doubt", "untried"]),
        ([OK + OK + GO, b"554 no\r\n" + OK + OK + GO], ["refused", "in doubt", "untried"]),
        ([OK + OK + GO, b"25"], ["in doubt", "untried", "untried"]),
        ([OK + b"550 no\r\n503 no\r\n"], ["refused", "untried", "untried"]),
    ],
)
def test_a_connection_that_ends_leaves_each_message_with_what_the_wire_justifies(heard, expected):
    """Answered ones keep their answer, a written dot is in doubt, the rest is safe to repeat."""
    talk = mailing(3)
    begun(talk)
    for data in heard:
        answer(talk, data)
    talk.lost(CLOSED, 5.0)
    assert endings(talk) == expected
    assert talk.done
    assert talk.failure is CLOSED


def test_content_that_was_not_given_out_is_not_in_doubt():
    """A dot that never reached the wire cannot have delivered anything."""
    talk = mailing(1)
    begun(talk)
    talk.receive(OK + OK + GO, 1.0)  # the flight is made, the driver cannot write it
    talk.lost(CLOSED, 2.0)
    assert endings(talk) == ["broken"]


def test_large_content_goes_in_pieces_and_its_dot_counts_from_the_last_one():
    """Until the piece with the dot is given out, the message can be repeated with no doubt."""
    content = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 20_000
    talk = Mailing([envelope(0, content=content), envelope(1)], PIPELINING, ReplyReader())
    begun(talk)
    talk.receive(OK + OK + GO, 1.0)
    first = talk.transactions[0]
    pieces = []
    while talk.sending:
        assert not first.dot_written
        pieces.append(talk.outgoing())
    assert first.dot_written
    assert talk.outgoing() == b""
    assert len(pieces) > 4
    assert all(len(piece) <= CHUNK for piece in pieces[:-1])
    assert b"".join(pieces).startswith(content + b".\r\nMAIL FROM:")


def test_a_refusal_in_the_middle_of_content_is_taken_for_the_answer():
    """A relay that says no before the dot is believed, and the connection is over."""
    content = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 20_000
    talk = Mailing([envelope(0, content=content), envelope(1)], PIPELINING, ReplyReader())
    begun(talk)
    talk.receive(OK + OK + GO, 1.0)
    talk.outgoing()
    talk.receive(b"552 Message is too long.\r\n", 2.0)
    assert endings(talk) == ["refused", "untried"]
    assert isinstance(talk.failure, fails.Refused)
    assert talk.outgoing() == b""


def test_a_yes_in_the_middle_of_content_is_nonsense():
    """A 250 before the dot proves nothing: the message is not taken for delivered."""
    content = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 20_000
    talk = Mailing([envelope(0, content=content)], PIPELINING, ReplyReader())
    begun(talk)
    talk.receive(OK + OK + GO, 1.0)
    talk.outgoing()
    talk.receive(OK, 2.0)
    assert endings(talk) == ["broken"]
    assert isinstance(talk.failure, fails.NotSmtp)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (OK + OK + GO + OK, ["broken", "untried"]),
        (OK + OK + OK, ["broken", "untried"]),
        (OK + GO, ["broken", "untried"]),
        (GO, ["broken", "untried"]),
        (b"334 more\r\n", ["broken", "untried"]),
        (OK + b"334 more\r\n", ["broken", "untried"]),
        (OK + OK + b"334 more\r\n", ["broken", "untried"]),
        (OK + OK + GO + b"nonsense\r\n", ["broken", "untried"]),
        (b"220 who are you?\r\nEHLO\r\n", ["broken", "untried"]),
    ],
)
def test_answers_out_of_step_end_the_conversation(heard, expected):
    """Once answers and questions may have slipped, nothing that follows is believed."""
    talk = mailing(2)
    begun(talk)
    answer(talk, heard)
    assert endings(talk) == expected
    assert talk.failure is not None


@pytest.mark.parametrize(
    "heard", [[GO], [b"334 more\r\n"], [OK, b"334 more\r\n"], [OK, OK, OK], [OK, OK, GO + OK]]
)
def test_answers_that_make_no_sense_end_it_without_pipelining_too(heard):
    """Each answer must be one that its command can have."""
    talk = mailing(2, LOCKSTEP)
    begun(talk)
    for data in heard:
        answer(talk, data)
    assert endings(talk) == ["broken", "untried"]
    assert isinstance(talk.failure, fails.NotSmtp)


def test_garbage_instead_of_the_last_answer_leaves_doubt():
    """The dot was written; what came is neither yes nor no."""
    talk = mailing(1)
    begun(talk)
    answer(talk, OK + OK + GO)
    answer(talk, b"<html>\r\n")
    assert endings(talk) == ["in doubt"]
    assert isinstance(talk.failure, fails.NotSmtp)


@pytest.mark.parametrize(
    ("carried", "heard", "expected"),
    [
        # 421 and 451 before a used connection has answered anything in this batch
        (3, b"421 Timeout waiting for data from client.\r\n", ["untried", "untried"]),
        (3, b"451 4.4.2 Timeout waiting for data from client.\r\n", ["untried", "untried"]),
        # the same words to the first message of a fresh connection are about that message
        (0, b"421 Service not available\r\n", ["refused", "untried"]),
        (3, b"554 no\r\n503 no\r\n503 no\r\n", ["refused", "underway"]),
        (0, b"451 no\r\n503 no\r\n503 no\r\n", ["refused", "underway"]),
        # later steps are never taken for a notice
        (3, OK + b"421 closing\r\n", ["refused", "untried"]),
        (3, OK + OK + b"421 closing\r\n", ["refused", "untried"]),
    ],
)
def test_an_old_notice_of_leave_is_not_held_against_the_message(carried, heard, expected):
    """On a used connection 421 or 451 as the first answer means: reconnect and send again."""
    talk = mailing(2, carried=carried)
    begun(talk)
    answer(talk, heard)
    assert endings(talk) == expected
    if b"421" in heard or "untried" in expected[:1]:
        assert isinstance(talk.failure, fails.Refused)


def test_enough_messages_on_one_connection_leaves_the_rest_untried():
    """The session limit comes as 421 to MAIL, behind the 250 of the message before."""
    talk = mailing(3)
    begun(talk)
    answer(talk, OK + OK + GO)
    answer(talk, DONE + b"421 Maximum message count per session reached.\r\n")
    assert endings(talk) == ["accepted", "untried", "untried"]


def test_451_in_the_middle_of_a_batch_is_about_that_message():
    """Only the first answer can be an old notice; later ones are meant."""
    talk = mailing(3)
    begun(talk)
    answer(talk, OK + OK + GO)
    answer(talk, DONE + b"451 not this sender now\r\n503 no\r\n503 no\r\n")
    answer(talk, OK + OK + GO)
    answer(talk, DONE)
    assert endings(talk) == ["accepted", "refused", "accepted"]
    assert talk.failure is None


def test_421_to_the_dot_is_a_refusal():
    """The relay says no and goes; the message behind it was not begun in earnest."""
    talk = mailing(2)
    begun(talk)
    answer(talk, OK + OK + GO)
    answer(talk, b"421 Service not available, closing transmission channel.\r\n")
    assert endings(talk) == ["refused", "untried"]
    assert talk.transactions[0].refusal.code == 421


def test_a_notice_behind_the_last_answer_spoils_only_the_connection():
    """The batch is through; the connection must not be used again."""
    talk = mailing(1)
    begun(talk)
    answer(talk, OK + OK + GO)
    answer(talk, DONE + b"421 closing\r\n")
    assert endings(talk) == ["accepted"]
    assert isinstance(talk.failure, fails.Refused)


def test_a_refusal_that_halts_leaves_the_rest_untried_and_the_connection_usable():
    """What concerns the relay is not asked sixty times; what is under way is finished."""
    talk = mailing(4, halts=lambda refused: refused.refusal.code == 454)
    begun(talk)
    answer(talk, OK + OK + GO)
    last = answer(talk, b"454 Throttling failure\r\n" + OK + OK + GO)
    assert last == b"Subject: x\r\n\r\nhi\r\n.\r\n"
    answer(talk, DONE)
    assert endings(talk) == ["refused", "accepted", "untried", "untried"]
    assert talk.failure is None
    assert talk.halted_by.reply.code == 454


def test_messages_that_cannot_be_sent_do_not_touch_the_wire():
    """Each is refused by us with its reason; the others go."""
    batch = [
        envelope(0, content=b"bare\nline feed"),
        envelope(1, recipients=()),
        envelope(2),
        envelope(3, recipients=("a@example.com>\r\nRCPT TO:<b@example.com",)),
        envelope(4, content="Grüße\r\n".encode()),
        envelope(5, content=b"x" * 2000),
    ]
    talk = Mailing(batch, Capabilities(keywords={"PIPELINING": "", "SIZE": "500"}), ReplyReader())
    said = begun(talk)
    said += answer(talk, OK + OK + GO)
    said += answer(talk, DONE)
    assert said.count(b"MAIL FROM") == 1
    assert talk.done
    assert endings(talk) == ["unsendable", "unsendable", "accepted"] + ["unsendable"] * 3
    assert [type(each.problem) for each in talk.transactions] == [
        fails.UnsafeContent,
        fails.NoRecipients,
        type(None),
        fails.UnsafePath,
        fails.NotOffered,
        fails.UnsafeContent,
    ]


def test_a_batch_of_unsendable_messages_is_over_at_once():
    """Nothing is written and nothing is waited for."""
    talk = Mailing([envelope(0, recipients=())], PIPELINING, ReplyReader())
    assert begun(talk) == b""
    assert talk.done


def test_an_empty_batch_is_over_at_once():
    """There is nothing to do."""
    talk = mailing(0)
    assert begun(talk) == b""
    assert talk.done


def test_the_transcript_of_a_message_has_its_four_steps_and_no_content():
    """What was said and heard with seconds since its MAIL; of the content only the size."""
    talk = mailing(1)
    talk.begin(10.0)
    drain(talk)
    answer(talk, OK + OK + GO, 10.25)
    answer(talk, DONE, 10.5)
    (transaction,) = talk.transactions
    assert [
        (line.at, line.step, line.sent, line.received) for line in transaction.transcript()
    ] == [
        (0.25, "mail", "MAIL FROM:<alarm@example.com>", "250 Ok"),
        (0.25, "rcpt", "RCPT TO:<op@example.com>", "250 Ok"),
        (0.25, "data", "DATA", "354 End data with <CR><LF>.<CR><LF>"),
        (0.5, "body", "18 bytes, final dot", "250 Ok 0100019d-000000"),
    ]
    assert (transaction.started, transaction.finished) == (10.0, 10.5)


def test_the_transcript_of_a_broken_message_says_what_was_awaited():
    """The last line names the step and how it ended."""
    talk = mailing(1)
    begun(talk)
    answer(talk, OK + OK + GO)
    talk.lost(fails.Unanswered(Step.BODY, 300.0), 301.0)
    last = talk.transactions[0].transcript()[-1]
    assert (last.step, last.sent) == ("body", "18 bytes, final dot")
    assert last.received == "(not done within 300 s)"


def test_outcomes_are_told_as_they_come_and_each_once():
    """What begin, receive and lost return is every message, each with the bytes that end it."""
    batch = [envelope(0, recipients=()), *(envelope(number) for number in range(1, 5))]
    talk = Mailing(batch, PIPELINING, ReplyReader())
    told = [[each.envelope.id for each in talk.begin(0.0)]]
    drain(talk)
    for data in (OK + OK + GO, DONE, OK + b"550 no\r\n503 no\r\n", OK, OK + OK + GO, DONE[:9]):
        told.append([each.envelope.id for each in talk.receive(data, 1.0)])
        drain(talk)
    told.append([each.envelope.id for each in talk.lost(CLOSED, 2.0)])
    told.append([each.envelope.id for each in talk.lost(CLOSED, 3.0)])
    told.append([each.envelope.id for each in talk.receive(OK, 3.0)])
    assert told == [["m0"], [], ["m1"], ["m2"], [], [], [], ["m3", "m4"], [], []]
    assert endings(talk) == ["unsendable", "accepted", "refused", "in doubt", "untried"]


@pytest.mark.parametrize(
    ("heard", "lost", "expected"),
    [
        ([OK + OK + GO, DONE], None, [None]),
        ([b"550 no\r\n503 no\r\n503 no\r\n"], None, ["relay"]),
        ([OK + b"421 closing\r\n"], None, ["relay"]),
        ([OK + OK + GO, b"garbage\r\n"], None, ["us"]),
        ([OK + OK + GO], fails.Unanswered(Step.BODY, 300.0), ["us"]),
        ([OK + OK + GO], fails.Closed(Step.BODY, "reset"), ["relay"]),
        ([OK], fails.Closed(Step.RCPT, "dropped by us"), ["us"]),
    ],
)
def test_each_ending_says_who_gave_up(heard, lost, expected):
    """The relay by its no or by leaving; we by waiting no longer or by believing no more."""
    talk = mailing(1)
    begun(talk)
    for data in heard:
        answer(talk, data)
    if lost is not None:
        talk.lost(lost, 2.0)
    assert [each.ended_by for each in talk.transactions] == expected


def test_what_we_refuse_is_ended_by_us_and_what_had_no_turn_by_nobody():
    """Unsendable is our word; untried is nobody's."""
    batch = [envelope(0, content=b"bare\nline"), envelope(1), envelope(2)]
    talk = Mailing(batch, PIPELINING, ReplyReader())
    begun(talk)
    answer(talk, b"421 closing\r\n")
    assert [each.ended_by for each in talk.transactions] == ["us", "relay", None]


@pytest.mark.parametrize(
    "flood",
    [b"250-x\r\n" * 10_000, b"250-\n" * 10_000, b"250 " + b"x" * 1_000_000, b"\0" * 1_000_000],
    ids=["endless reply", "many lines", "endless line", "NUL"],
)
@pytest.mark.parametrize("capabilities", [PIPELINING, LOCKSTEP], ids=["pipelining", "lockstep"])
def test_a_flood_in_the_middle_of_a_batch_ends_it_by_name(flood, capabilities):
    """It is no reply; the message at hand was not delivered and the rest can be sent again."""
    talk = mailing(2, capabilities)
    begun(talk)
    answer(talk, flood)
    assert endings(talk) == ["broken", "untried"]
    assert isinstance(talk.failure, fails.NotSmtp)
    assert len(talk.failure.received) <= 200


@pytest.mark.parametrize("extra", [OK, DONE, b"550 no\r\n", b"354 Go\r\n", b"250 \0\r\n"])
@pytest.mark.parametrize("capabilities", [PIPELINING, LOCKSTEP], ids=["pipelining", "lockstep"])
def test_an_answer_too_many_never_makes_a_message_delivered(capabilities, extra):
    """A reply that nobody asked for shifts all the others; the shift is noticed at DATA."""
    talk = mailing(2, capabilities)
    begun(talk)
    for data in (OK, OK, GO, DONE):
        answer(talk, data)
    assert endings(talk)[0] == "accepted"
    answer(talk, extra)
    for data in (OK, OK, GO, DONE):
        answer(talk, data)
    talk.lost(CLOSED, 3.0)
    assert endings(talk)[1] in ("broken", "refused", "untried")
    assert not talk.transactions[1].dot_written


def test_bytes_after_a_failure_are_not_kept():
    """Whoever goes on talking to a batch that is over fills no memory."""
    reader = ReplyReader()
    talk = Mailing([envelope(0)], PIPELINING, reader)
    begun(talk)
    answer(talk, b"garbage\r\n")
    before = len(reader.unread)
    for _ in range(100):
        assert talk.receive(b"x" * 10_000, 1.0) == []
    assert len(reader.unread) == before


@pytest.mark.parametrize("capabilities", [PIPELINING, LOCKSTEP])
def test_what_is_behind_an_unanswered_dot_can_go_another_way(capabilities):
    """Only the message whose dot was written waits on; the conversation ends with its answer."""
    talk = mailing(4, capabilities)
    begun(talk)
    for reply in (OK, OK, GO):
        answer(talk, reply)
    freed = talk.forgo(2.0)
    assert [one.envelope.id for one in freed] == ["m1", "m2", "m3"]
    assert {one.ending for one in freed} == {Ending.UNTRIED}
    assert not talk.done
    settled = talk.receive(DONE, 3.0)
    assert [one.envelope.id for one in settled] == ["m0"]
    assert endings(talk) == ["accepted", "untried", "untried", "untried"]
    assert talk.done


def test_forgoing_leaves_the_message_at_hand_alone():
    """While its own envelope is answered, it may still be delivered."""
    talk = mailing(3)
    begun(talk)
    answer(talk, OK)
    assert [one.envelope.id for one in talk.forgo(2.0)] == ["m1", "m2"]
    answer(talk, OK + GO)
    answer(talk, DONE)
    assert endings(talk) == ["accepted", "untried", "untried"]
    assert talk.failure is None


def test_an_unanswered_message_that_was_left_alone_is_in_doubt_when_it_breaks():
    """What was freed from behind it is not."""
    talk = mailing(3)
    begun(talk)
    answer(talk, OK + OK + GO)
    talk.forgo(2.0)
    assert [one.envelope.id for one in talk.lost(CLOSED, 3.0)] == ["m0"]
    assert endings(talk) == ["in doubt", "untried", "untried"]
