"""Events of Amazon SES are read strictly where they are used, and tolerantly elsewhere."""

from __future__ import annotations

import json

import pytest

import awsserver
from tocsin.ses.envelope import unwrap, unwrap_object
from tocsin.ses.event import EventKind, Malformed, read_event

ID = "0102019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"


def test_a_bounce_is_read_whole():
    """Type, subtype, code and the server's words of each recipient."""
    event = read_event(awsserver.bounce(ID, "a@example.com", "B <b@example.com>"))
    assert event is not None
    assert (event.kind, event.ses_id, event.type) == (EventKind.BOUNCE, ID, "Permanent")
    assert event.subtype == "General"
    assert [one.address for one in event.fates] == ["a@example.com", "b@example.com"]
    assert event.fates[0].code == "5.1.1"
    assert event.fates[0].detail == "smtp; 550 5.1.1 user unknown"
    assert event.at == 1_795_514_400_000_000


def test_both_names_of_a_type_are_read():
    """Identity notifications say notificationType where event publishing says eventType."""
    published = awsserver.bounce(ID, "a@example.com")
    notified = {**published, "notificationType": published["eventType"]}
    del notified["eventType"]
    assert read_event(notified) == read_event(published)


def test_a_delivery_tells_the_servers_answer():
    """The reply of the recipient's server, with its enhanced code."""
    event = read_event(awsserver.delivered(ID, "a@example.com"))
    assert event is not None
    assert event.kind is EventKind.DELIVERY
    assert (event.fates[0].code, event.fates[0].detail) == ("2.0.0", "250 2.0.0 OK queued")


def test_a_delay_and_a_reject_are_read():
    """Neither is a bounce; a reject concerns every destination of the mail."""
    delay = read_event(
        {
            "eventType": "DeliveryDelay",
            "mail": {"messageId": ID},
            "deliveryDelay": {
                "delayType": "MailboxFull",
                "timestamp": "2026-11-24T10:00:00Z",
                "delayedRecipients": [
                    {"emailAddress": "a@example.com", "diagnosticCode": "smtp; 452 4.2.2 full"}
                ],
            },
        }
    )
    assert delay is not None
    assert (delay.kind, delay.type, delay.fates[0].code) == (
        EventKind.DELAY,
        "MailboxFull",
        "4.2.2",
    )
    reject = read_event(
        {
            "eventType": "Reject",
            "mail": {
                "messageId": ID,
                "timestamp": "2026-11-24T10:00:00Z",
                "destination": ["a@example.com", "b@example.com"],
            },
            "reject": {"reason": "Bad content"},
        }
    )
    assert reject is not None
    assert reject.kind is EventKind.REJECT
    assert [one.detail for one in reject.fates] == ["Bad content", "Bad content"]


@pytest.mark.parametrize("name", ["Send", "Open", "Click", "Subscription", "Rendering Failure"])
def test_what_says_nothing_of_arrival_is_passed_over(name):
    """Such events are taken without a word."""
    assert read_event({"eventType": name, "mail": {"messageId": ID}}) is None


def test_not_spam_is_no_complaint():
    """A recipient who takes a mail out of the junk folder complains of nothing."""
    said = awsserver.complaint(ID, "a@example.com")
    assert read_event(said) is not None
    said["complaint"]["complaintFeedbackType"] = "not-spam"
    assert read_event(said) is None


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        ({"commonHeaders": {"messageId": "<x@example.com>"}}, "<x@example.com>"),
        ({"headers": [{"name": "Message-ID", "value": "<y@example.com>"}]}, "<y@example.com>"),
        ({"headers": [{"name": "Message-ID", "value": 7}, "nonsense"]}, None),
        ({"commonHeaders": {"messageId": "no id at all"}}, None),
        ({}, None),
    ],
)
def test_our_own_message_id_is_found(mail, expected):
    """In the common headers or among all of them; what is none is nothing."""
    event = read_event(awsserver.bounce(ID, "a@example.com", **mail))
    assert event is not None
    assert event.message_id == expected


GOOD = awsserver.bounce(ID, "a@example.com")


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"eventType": "Something"},
        {"eventType": ["Bounce"]},
        {"eventType": "Bounce"},
        {**GOOD, "mail": {}},
        {**GOOD, "mail": {"messageId": ""}},
        {**GOOD, "mail": {"messageId": "x" * 101}},
        {**GOOD, "mail": {"messageId": "a\0b"}},
        {**GOOD, "bounce": {**GOOD["bounce"], "bounceType": "Perhaps"}},
        {**GOOD, "bounce": {**GOOD["bounce"], "timestamp": "yesterday"}},
        {**GOOD, "bounce": {**GOOD["bounce"], "timestamp": 5}},
        {**GOOD, "bounce": {**GOOD["bounce"], "bouncedRecipients": "a@example.com"}},
        {**GOOD, "bounce": {**GOOD["bounce"], "bouncedRecipients": ["a@example.com"]}},
        {**GOOD, "bounce": {**GOOD["bounce"], "bouncedRecipients": [{"status": "5.1.1"}]}},
    ],
)
def test_what_is_no_event_is_refused(said):
    """Every field that is used must be right."""
    with pytest.raises(Malformed):
        read_event(said)


def test_unknown_fields_are_passed_over():
    """SES adds fields as it likes."""
    more = {**GOOD, "new": 1, "bounce": {**GOOD["bounce"], "new": [{}]}}
    assert read_event(more) == read_event(GOOD)


def test_another_systems_words_are_made_fit_to_show():
    """On one line, without control characters, and not endless."""
    said = json.loads(json.dumps(GOOD))
    said["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "550\r\n\x1b[31m" + "x" * 5000
    event = read_event(said)
    assert event is not None
    assert event.fates[0].detail.isprintable()
    assert event.fates[0].detail.startswith("550 [31mx")
    assert len(event.fates[0].detail) <= 501


def test_every_envelope_gives_the_same_event():
    """Raw, in an SNS message of a queue, and as the detail of an EventBridge event."""
    raw = unwrap(json.dumps(GOOD)).event
    queued = unwrap(json.dumps(awsserver.notification(GOOD, "https://sns.example.com/x.pem")))
    bridged = unwrap_object(
        {"id": "e-1", "source": "aws.ses", "detail-type": "Email Bounced", "detail": GOOD}
    )
    assert raw is not None
    assert queued.event == bridged.event == raw
    assert (queued.id, bridged.id) == ("11111111-2222-3333-4444-555555555555", "e-1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "{}",
        '{"TopicArn": "t", "Message": {"a": 1}, "MessageId": "1"}',
        '{"TopicArn": "t", "Message": "hello", "MessageId": "1"}',
        '{"source": "aws.ec2", "detail": {}}',
        " " * 300_000,
        '{"a": "\\ud800"}',
    ],
)
def test_what_is_no_envelope_is_refused(text):
    """With words that say what is wrong."""
    with pytest.raises(Malformed, match=r"\w"):
        unwrap(text)


def test_what_comes_before_any_event_is_passed_over():
    """The greeting of a new destination, and that sending was paused, tell of no mail."""
    greeting = "Successfully validated SNS topic for Amazon SES event publishing."
    assert unwrap(json.dumps(awsserver.notification(greeting, "x"))).event is None
    paused = {"source": "aws.ses", "detail-type": "Sending Status Disabled", "detail": {}}
    assert unwrap_object(paused).event is None
