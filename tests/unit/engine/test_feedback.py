"""Events find their deliveries, and what they say is stored once and for good."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from django.db import transaction

import awsserver
from tocsin.base.clock import DAY, SECOND
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import DeliveryState, Recipient, RecipientState
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import (
    access,
    configuration,
    deliveries,
    deliveryjson,
    feedback,
    feedbackevents,
    feedbackflags,
    feedbackpoll,
    ledger,
)
from tocsin.engine.errors import NotFound
from tocsin.engine.metrics import openmetrics
from tocsin.ses.event import Event, read_event
from tocsin.ses.sqs import QueueMessage
from tocsin.store import models
from tocsin.store.queries import feedback as queries
from tocsin.store.queries.outbox import Outcome

ID = "0102019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
VIEWER = Principal("v", Role.VIEWER, "api")


def event(said: object) -> Event:
    """The event of what SES says."""
    found = read_event(said)
    assert found is not None
    return found


def delivery(*addresses: str, state: str = "sending") -> str:
    """A delivery to these that a responder has claimed; gives its id."""
    id_ = uuid7()
    models.Delivery.objects.create(
        id=id_,
        action="Mail the SOC",
        kind="email",
        configuration=1,
        state=state,
        severity=4,
        message_id=f"<{id_}@example.com>",
        recipients=json.dumps(
            [
                {"address": one, "state": "pending", "reply": None, "receipt": "none"}
                for one in addresses
            ]
        ),
        queued_at=1,
        not_before=1,
        expires_at=2,
        attempts=1,
        maybe_twice=False,
        lease_owner="me",
    )
    return id_


def take_250(id_: str, *addresses: str, reply: str = f"250 Ok {ID}") -> None:
    """The relay took it, and that is recorded as the sender records it."""
    outcome = Outcome(
        delivery_id=id_,
        action="Mail the SOC",
        kind="email",
        number=1,
        connection_id=None,
        started_at=1,
        finished_at=2,
        ok=True,
        in_doubt=False,
        code=None,
        facts={},
        reply=reply,
        transcript=(),
        state=DeliveryState.DELIVERED,
        recipients=tuple(Recipient(one, RecipientState.ACCEPTED, "250 Ok") for one in addresses),
        not_before=2,
    )
    ledger.record([outcome], "me")


def receipts(id_: str) -> dict[str, str]:
    """The receipts as the API tells them."""
    view = deliveryjson.delivery_json(deliveries.get_delivery(access.LOCAL, id_))
    return {one["address"]: one["receipt"] for one in view["recipients"]}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (f"250 Ok {ID}", ID),
        (f"250 2.0.0 Ok {ID}", ID),
        (f"250 OK {ID}\r\n", ID),
        ("250 Ok", None),
        ("250 2.0.0 Ok: queued as 4Vxyz", None),
        ("250 2.6.0 <abc@example.com> Queued mail for delivery", None),
        (f"554 Ok {ID}", None),
        (f"250 Ok {ID} and more", None),
        (None, None),
    ],
)
def test_the_id_is_read_out_of_the_final_250(reply, expected):
    """Only where the reply is of the form that SES gives."""
    assert queries.relay_id_of(reply) == expected


def test_an_event_is_matched_by_the_id_of_the_final_250():
    """Each recipient gets the receipt, with when and why in plain words."""
    id_ = delivery("a@example.com", "b@example.com")
    take_250(id_, "a@example.com", "b@example.com")
    taken = feedback.take(
        [
            event(awsserver.delivered(ID, "A@Example.com")),
            event(awsserver.bounce(ID, "b@example.com")),
        ]
    )
    assert (taken.receipts, taken.waiting) == (2, 0)
    assert receipts(id_) == {"a@example.com": "arrived", "b@example.com": "bounced"}
    first, second = deliveries.get_delivery(access.LOCAL, id_).recipients
    assert first.receipt_at == event(awsserver.delivered(ID)).at
    assert "took the mail" in first.receipt_words
    assert "5.1.1: the mailbox does not exist." in second.receipt_words


def test_an_event_is_matched_by_our_own_message_id():
    """Where the 250 was lost, the Message-ID that SES passes on names the delivery."""
    id_ = delivery("a@example.com")
    said = awsserver.bounce(
        "other", "a@example.com", commonHeaders={"messageId": f"<{id_}@example.com>"}
    )
    feedback.take([event(said)])
    assert receipts(id_) == {"a@example.com": "bounced"}
    forged = awsserver.bounce(
        "x", "a@example.com", commonHeaders={"messageId": f"<{id_}@evil.example>"}
    )
    assert feedback.take([event(forged)]).waiting == 1


def test_an_event_that_comes_before_the_record_waits_for_it(clock):
    """It is matched once the 250 is recorded, and not kept afterwards."""
    id_ = delivery("a@example.com")
    assert feedback.take([event(awsserver.delivered(ID, "a@example.com"))]).waiting == 1
    assert feedback.match_waiting() == 0
    take_250(id_, "a@example.com")
    assert feedback.match_waiting() == 1
    assert receipts(id_) == {"a@example.com": "arrived"}
    assert models.FeedbackWaiting.objects.count() == 0


def test_what_waits_in_vain_is_dropped(clock):
    """Events of somebody else's mails do not stay for ever."""
    feedback.take([event(awsserver.delivered("another", "a@example.com"))], clock=clock)
    clock.time += DAY - SECOND
    assert feedback.forget(clock=clock) == 0
    clock.time += 2 * SECOND
    assert feedback.forget(clock=clock) == 1
    assert models.FeedbackWaiting.objects.count() == 0


def test_any_order_and_repetition_come_to_the_same():
    """A bounce may follow a delivery, and everything may come twice."""
    said = [
        event(awsserver.delivered(ID, "a@example.com")),
        event(awsserver.bounce(ID, "a@example.com", type_="Transient")),
        event(awsserver.bounce(ID, "a@example.com")),
    ]
    seen = set()
    for order in permutations(said):
        models.Delivery.objects.all().delete()
        models.RelayMessage.objects.all().delete()
        id_ = delivery("a@example.com")
        take_250(id_, "a@example.com")
        for one in (*order, *order):
            feedback.take([one])
        (found,) = queries.receipts_of([id_]).values()
        seen.add(found)
    assert len(seen) == 1
    assert next(iter(seen)).standing == "undeliverable"


def test_of_an_address_that_was_not_written_to_nothing_is_believed():
    """Neither a receipt nor a flag comes of it."""
    id_ = delivery("a@example.com")
    take_250(id_, "a@example.com")
    taken = feedback.take([event(awsserver.bounce(ID, "stranger@example.com"))])
    assert taken == feedback.Taken(0, 0)
    assert receipts(id_) == {"a@example.com": "none"}
    assert feedbackflags.flagged() == {}


ACTIONS = [
    {"name": "Mail the SOC", "kind": "email", "to": ["Dead@example.com"], "cc": ["b@example.com"]},
    {"name": "Mail the boss", "kind": "email", "to": ["boss@example.com"]},
    {"name": "Mail nobody", "kind": "email", "to": ["x@example.com"], "bcc": ["dead@example.com"]},
]


def bounce_hard(address: str = "dead@example.com") -> str:
    """A hard bounce of a delivery to that address; gives the delivery's id."""
    id_ = delivery(address)
    relay_id = f"{id_}-000000"
    take_250(id_, address, reply=f"250 Ok {relay_id}")
    feedback.take([event(awsserver.bounce(relay_id, address))])
    return id_


def test_a_hard_bounce_flags_the_address_at_each_action():
    """The alarm names the address, the reason and every action that uses it."""
    configuration.change(access.LOCAL, {"actions": ACTIONS})
    id_ = bounce_hard()
    flag = feedbackflags.flagged(["DEAD@example.com", "b@example.com"])["dead@example.com"]
    assert flag.actions == ("Mail the SOC", "Mail nobody")
    assert (flag.code, flag.delivery, flag.complained) == ("5.1.1", id_, False)
    alarm = models.Alarm.objects.get()
    assert (alarm.type, alarm.category, alarm.state) == (feedbackflags.TYPE, "System", "active")
    for word in ("dead@example.com", "Mail the SOC, Mail nobody", "mailbox does not exist"):
        assert word in alarm.details
    assert json.loads(alarm.attributes)["actions"] == "Mail the SOC, Mail nobody"
    assert models.Transition.objects.get().held == ""


def test_the_alarm_is_held_where_only_that_address_would_be_told():
    """It would bounce as well; the alarm is there all the same."""
    configuration.change(
        access.LOCAL, {"actions": [{"name": "M", "kind": "email", "to": ["dead@example.com"]}]}
    )
    bounce_hard()
    assert models.Transition.objects.get().held == feedbackflags.NO_OTHER_WAY


def test_a_flag_is_told_once_and_ends_by_a_persons_word():
    """Neither another bounce nor the same event again tells anew; clearing ends the alarm."""
    configuration.change(access.LOCAL, {"actions": ACTIONS})
    id_ = bounce_hard()
    bounce_hard("DEAD@example.com")
    assert models.Alarm.objects.get().count == 1
    with pytest.raises(NotPermitted):
        feedbackflags.clear(VIEWER, "dead@example.com")
    feedbackflags.clear(access.LOCAL, "Dead@example.com")
    assert models.Alarm.objects.get().state == "inactive"
    assert feedbackflags.flagged() == {}
    feedback.take([event(awsserver.bounce(f"{id_}-000000", "dead@example.com"))])
    assert feedbackflags.flagged() == {}
    with pytest.raises(NotFound):
        feedbackflags.clear(access.LOCAL, "dead@example.com")


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        (awsserver.bounce(ID, "a@example.com", type_="Transient"), 0),
        (awsserver.bounce(ID, "a@example.com", type_="Undetermined"), 0),
        (awsserver.bounce(ID, "a@example.com"), 1),
        (awsserver.complaint(ID, "a@example.com"), 1),
        (awsserver.delivered(ID, "a@example.com"), 0),
    ],
)
def test_only_what_lasts_flags_an_address(said, flags):
    """A full mailbox is no reason to look for another address."""
    take_250(delivery("a@example.com"), "a@example.com")
    feedback.take([event(said)])
    assert len(feedbackflags.flagged()) == flags


def test_receipts_are_counted_once():
    """A recipient enters a word once, however often it is said."""
    take_250(delivery("a@example.com"), "a@example.com")
    for said in (awsserver.delivered, awsserver.delivered, awsserver.bounce, awsserver.bounce):
        feedback.take([event(said(ID, "a@example.com"))])
    text = openmetrics()
    assert 'tocsin_receipts_total{receipt="arrived"} 1' in text
    assert 'tocsin_receipts_total{receipt="bounced"} 1' in text


def test_a_retry_forgets_no_receipt():
    """An outcome that is recorded later does not write over what SES said meanwhile."""
    id_ = delivery("a@example.com", "b@example.com")
    take_250(id_, "a@example.com", "b@example.com")
    feedback.take([event(awsserver.bounce(ID, "a@example.com"))])
    models.Delivery.objects.update(state="sending", lease_owner="me")
    take_250(id_, "a@example.com", "b@example.com", reply="250 Ok 0102another-id-of-it")
    assert receipts(id_) == {"a@example.com": "bounced", "b@example.com": "none"}


def test_an_outcome_that_is_not_stored_leaves_no_id():
    """The id is kept in the transaction of the outcome, or not at all."""
    id_ = delivery("a@example.com")

    def fail() -> None:
        with transaction.atomic():
            take_250(id_, "a@example.com")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert models.RelayMessage.objects.count() == 0


def test_what_cannot_be_read_is_kept_aside_and_the_rest_taken():
    """A message of a queue that is none stands in quarantine with the reason."""
    id_ = delivery("a@example.com")
    take_250(id_, "a@example.com")
    feedbackpoll.store(
        [
            QueueMessage("1", "h", "no JSON\0"),
            QueueMessage("2", "h", json.dumps(awsserver.delivered(ID, "a@example.com"))),
        ]
    )
    assert receipts(id_) == {"a@example.com": "arrived"}
    bad = models.FeedbackQuarantined.objects.get()
    assert bad.channel == "sqs"
    assert "is not JSON" in bad.reason
    assert bad.body.startswith("no JSON")


def test_events_of_a_program_are_taken_one_by_one():
    """EventBridge's form and SES's own; a bad one among them does not spoil the others."""
    id_ = delivery("a@example.com")
    take_250(id_, "a@example.com")
    bridged = {"source": "aws.ses", "id": "1", "detail": awsserver.delivered(ID, "a@example.com")}
    results = feedbackevents.take_events(access.LOCAL, [bridged, {"eventType": "Odd"}, 5])
    assert [one.problem is None for one in results] == [True, False, False]
    assert receipts(id_) == {"a@example.com": "arrived"}
    with pytest.raises(NotPermitted):
        feedbackevents.take_events(VIEWER, bridged)
