"""``tocsin ses flags`` and its neighbours, and what of feedback other commands show."""

from __future__ import annotations

import json
from typing import Any

import pytest

import awsserver
from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.domain.alarm import Report
from tocsin.engine import access, configuration, feedback
from tocsin.engine.accept import accept
from tocsin.ses.event import read_event
from tocsin.store import models

SES_ID = "0102019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"


@pytest.fixture
def bounced(command: Any) -> tuple[str, str]:
    """An alarm whose mail came back, and the delivery."""
    command("rule", "list")
    action = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}
    quiet = {"name": "Another", "kind": "email", "to": ["b@example.com"]}
    configuration.change(access.LOCAL, {"actions": [action, quiet]})
    (alarm,) = accept([Report(source="ids-1", source_type="eve", type="SSH scan")])
    id_ = uuid7()
    recipients = [
        {"address": "soc@example.com", "state": "accepted", "reply": None, "receipt": "none"}
    ]
    delivery = models.Delivery.objects.create(
        id=id_, action="Mail the SOC", kind="email", configuration=1, state="delivered",
        severity=4, message_id=f"<{id_}@example.com>", recipients=json.dumps(recipients),
        queued_at=now(), not_before=now(), expires_at=now(), attempts=1, maybe_twice=False,
    )  # fmt: skip
    transition = models.Transition.objects.get(alarm_id=alarm)
    models.Telling.objects.create(delivery=delivery, transition=transition, action="Mail the SOC")
    models.RelayMessage.objects.create(relay_id=SES_ID, delivery_id=id_)
    event = read_event(awsserver.bounce(SES_ID, "soc@example.com"))
    assert event is not None
    feedback.take([event], channel="sqs")
    return alarm, id_


def test_flags_are_listed_and_cleared(command, bounced):
    """With reason, actions and delivery; an address that is not flagged is wrong usage."""
    out = command("ses", "flags").out
    assert "soc@example.com: bounces (5.1.1)" in out
    assert "used by   Mail the SOC" in out
    assert bounced[1] in out
    (flag,) = command.answer("ses", "flags")
    assert (flag["address"], flag["actions"]) == ("soc@example.com", ["Mail the SOC"])
    assert "the flag is cleared" in command("ses", "unflag", "SOC@example.com").out
    assert command("ses", "flags").out.strip() == "no address is flagged"
    assert command.answer("ses", "flags") == []
    command("ses", "unflag", "soc@example.com", status=2)


def test_an_action_says_which_of_its_addresses_is_flagged(command, bounced):
    """In the table with the reason once, in JSON as a field beside those of the document."""
    out = command("action", "list").out
    assert "FLAGGED" in out.splitlines()[0]
    assert "soc@example.com: The recipient's server refuses mail" in out
    flagged = {one["name"]: one["flagged"] for one in command.answer("action", "list")}
    assert [one["address"] for one in flagged["Mail the SOC"]] == ["soc@example.com"]
    assert flagged["Another"] == []


def test_receipts_show_at_deliveries_and_alarms(command, bounced):
    """In the list, in the delivery, and in why; and lists are narrowed by them."""
    alarm, id_ = bounced
    words = "soc@example.com bounced: The recipient's server refuses mail to this address for good."
    assert words in command("why", alarm).out
    assert "bounced: The recipient's server" in command("delivery", "show", id_).out
    head, row = command("deliveries").out.splitlines()
    assert head.split()[:3] == ["ID", "STATE", "RECEIPT"]
    assert row.split()[1:3] == ["delivered", "bounced"]
    assert len(command.answer("deliveries", "--receipt", "bounced")) == 1
    for other in ("arrived", "complained", "none"):
        assert command.answer("deliveries", "--receipt", other) == []


def offer(**said: Any) -> str:
    """A topic offered to send; gives its id."""
    id_ = uuid7()
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    models.SnsSubscription.objects.create(
        id=id_, topic=awsserver.TOPIC, url=url, received_at=now(), **said
    )
    return id_


def test_subscriptions_are_listed_and_ended(command):
    """By id or by topic; one that there is not is wrong usage."""
    assert command.answer("ses", "subscriptions") == []
    id_ = offer()
    out = command("ses", "subscriptions").out
    assert awsserver.TOPIC in out
    assert "it waits for 'tocsin ses confirm'" in out
    (one,) = command.answer("ses", "subscriptions")
    assert (one["id"], one["confirmed_at"]) == (id_, None)
    command("ses", "unsubscribe", "none such", status=2)
    assert "end the subscription in AWS too" in command("ses", "unsubscribe", awsserver.TOPIC).out
    assert models.SnsSubscription.objects.count() == 0


def test_confirming_is_refused_in_words(command):
    """What is confirmed already, what there is not, and an address that is none of SNS."""
    command("ses", "confirm", "none such", status=2)
    id_ = offer(confirmed_at=now(), confirmed_by="administrator")
    assert "by administrator" in command("ses", "subscriptions").out
    assert "confirmed already" in command("ses", "confirm", id_, status=2).err
    models.SnsSubscription.objects.update(confirmed_at=None, url="https://example.com/")
    command("ses", "confirm", awsserver.TOPIC, status=2)
    assert models.SnsSubscription.objects.get().confirmed_at is None


def test_what_was_kept_aside_is_listed(command):
    """The latest first, with the reason and the body on one line; narrowed by --limit."""
    assert command("ses", "quarantine").out.strip() == "nothing was kept aside"
    for number in range(3):
        models.FeedbackQuarantined.objects.create(
            received_at=now(), channel="sqs", reason=f"reason {number}", body="a\n\x1b[31mb"
        )
    out = command("ses", "quarantine").out
    assert out.index("reason 2") < out.index("reason 0")
    assert "a\\x0a\\x1b[31mb" in out
    assert [one["reason"] for one in command.answer("ses", "quarantine", "--limit", "1")] == [
        "reason 2"
    ]


@pytest.mark.parametrize("what", ["look", "create"])
def test_without_a_key_of_aws_nothing_can_be_asked(command, what):
    """Said as wrong usage, by both."""
    assert "AWS access key" in command("ses", "feedback", what, status=2).err
