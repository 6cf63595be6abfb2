"""What people do with deliveries: from which states, by whom, and what it leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.base.clock import HOUR, now
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import DeliveryState, HoldReason, Recipient, RecipientState
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, deliveries, handling
from tocsin.engine.errors import Conflict, NotFound
from tocsin.engine.handling import Handling
from tocsin.store import models
from tocsin.store.queries.rows import recipients_to_json

ANNA = Principal("anna", Role.RESPONDER, "page")


def make(state: str = "queued", **said: Any) -> str:
    """A delivery in that state; gives its id."""
    id_ = uuid7()
    fields: dict[str, Any] = {
        "action": "Mail the SOC",
        "kind": "email",
        "configuration": 1,
        "severity": 4,
        "message_id": f"<{id_}@example.com>",
        "recipients": "[]",
        "queued_at": now(),
        "not_before": now(),
        "expires_at": now() - HOUR,
        "attempts": 0,
        "maybe_twice": False,
    }
    models.Delivery.objects.create(id=id_, state=state, **{**fields, **said})
    return id_


def held(reason: HoldReason, **said: Any) -> str:
    """A delivery that is held for that reason."""
    return make("held", hold=reason.value, **said)


FROM = {
    Handling.RETRY: {"failed", "cancelled", "unknown", "held", "retrying"},
    Handling.HOLD: {"queued", "retrying"},
    Handling.RELEASE: {"held"},
    Handling.CANCEL: {"queued", "retrying", "held"},
}
TO = {
    Handling.RETRY: DeliveryState.QUEUED,
    Handling.HOLD: DeliveryState.HELD,
    Handling.RELEASE: DeliveryState.QUEUED,
    Handling.CANCEL: DeliveryState.CANCELLED,
}


@pytest.mark.parametrize("state", [one.value for one in DeliveryState])
@pytest.mark.parametrize("what", Handling)
def test_each_goes_from_its_states_and_from_no_other(what: Handling, state: str):
    """The table of states; what is under way, or over, stays as it is and says so."""
    id_ = make(state)
    view = deliveries.get_delivery(ANNA, id_)
    assert (what in handling.possible(view)) == (state in FROM[what])
    if state in FROM[what]:
        assert handling.handle(ANNA, what, id_).state is TO[what]
    else:
        with pytest.raises(Conflict, match=state):
            handling.handle(ANNA, what, id_)
        assert models.Delivery.objects.get(id=id_).state == state


def test_who_holds_it_is_recorded_until_it_is_released():
    """The name stands in the row; a release takes it out and gives a full day to send in."""
    id_ = make("retrying")
    view = handling.handle(ANNA, Handling.HOLD, id_)
    assert (view.hold, view.held_by) == (HoldReason.PERSON, "anna")
    view = handling.handle(access.LOCAL, Handling.RELEASE, id_)
    assert (view.hold, view.held_by) == (None, None)
    assert view.expires_at > now() + 23 * HOUR
    assert view.not_before <= now()
    assert view.maybe_twice is False


@pytest.mark.parametrize("what", [Handling.RELEASE, Handling.RETRY])
def test_letting_go_what_is_in_doubt_marks_it(what: Handling):
    """It may have arrived already, so it is marked; gathering and holding mark nothing."""
    assert handling.handle(ANNA, what, held(HoldReason.IN_DOUBT)).maybe_twice is True
    assert handling.handle(ANNA, what, held(HoldReason.GATHERING)).maybe_twice is False
    assert handling.handle(ANNA, what, held(HoldReason.PERSON, held_by="ben")).maybe_twice is False


@pytest.mark.parametrize("what", [Handling.RETRY, Handling.RELEASE, Handling.CANCEL])
def test_nothing_is_left_of_a_hold(what: Handling):
    """Whatever ends a hold clears why and by whom."""
    view = handling.handle(ANNA, what, held(HoldReason.PERSON, held_by="ben"))
    assert (view.hold, view.held_by) == (None, None)


def test_what_is_entered_is_counted():
    """Each state entered by hand is counted as one entered by a role is."""
    id_ = make("queued")
    for what in (Handling.HOLD, Handling.RELEASE, Handling.CANCEL, Handling.RETRY):
        handling.handle(ANNA, what, id_)
    counted = dict(models.Counter.objects.values_list("labels", "value"))
    assert counted == {
        'kind="email",state="held"': 1,
        'kind="email",state="queued"': 2,
        'kind="email",state="cancelled"': 1,
    }
    tally = models.DeliveryTally.objects.values_list("state", "entries")
    assert sum(count for _, count in tally) == 4


@pytest.mark.parametrize(
    ("what", "state", "asked"),
    [
        (Handling.RETRY, "failed", ["refused@example.com", "new@example.com"]),
        (Handling.RELEASE, "held", ["new@example.com"]),
    ],
)
def test_who_was_refused_is_asked_again_when_it_is_retried(
    what: Handling, state: str, asked: list[str]
):
    """And nobody who has it already; a release goes on where it was held."""
    recipients = [
        Recipient("has@example.com", RecipientState.ACCEPTED, "250 ok"),
        Recipient("refused@example.com", RecipientState.REFUSED, "550 no"),
        Recipient("new@example.com"),
    ]
    hold = HoldReason.PERSON.value if state == "held" else None
    id_ = make(state, recipients=recipients_to_json(recipients), hold=hold)
    told = handling.handle(ANNA, what, id_).recipients
    assert [one.address for one in told if one.state is RecipientState.PENDING] == asked
    assert told[0].reply == "250 ok"


def test_the_sender_that_was_first_keeps_it(monkeypatch: pytest.MonkeyPatch):
    """Claimed between the look and the change: the change is refused, the claim stands."""
    id_ = make("queued")
    row = models.Delivery.objects.get(id=id_)

    def claimed_meanwhile(_id: str) -> models.Delivery:
        models.Delivery.objects.filter(id=id_).update(state="sending", lease_owner="node/1")
        return row

    monkeypatch.setattr(handling, "find", claimed_meanwhile)
    with pytest.raises(Conflict, match="sending"):
        handling.handle(ANNA, Handling.HOLD, id_)
    after = models.Delivery.objects.get(id=id_)
    assert (after.state, after.lease_owner, after.hold) == ("sending", "node/1", None)
    assert not models.Counter.objects.exists()


def test_a_test_is_neither_held_nor_sent_again():
    """Somebody waits for its answer: only giving it up is possible."""
    id_ = make("queued", sample='{"type": "Test"}', told=0)
    assert handling.possible(deliveries.get_delivery(ANNA, id_)) == {Handling.CANCEL}
    for what in (Handling.HOLD, Handling.RETRY, Handling.RELEASE):
        with pytest.raises(Conflict, match="test"):
            handling.handle(ANNA, what, id_)
    assert handling.handle(ANNA, Handling.CANCEL, id_).state is DeliveryState.CANCELLED


def test_of_several_each_has_its_own_result():
    """What one refuses stops no other; one named twice is handled once."""
    good, sending, other = make(), make("sending"), make("retrying")
    missing = uuid7()
    results = handling.handle_each(
        ANNA, Handling.HOLD, [good, sending, missing, "no id", good, other]
    )
    problems = {one.id: one.problem for one in results}
    assert list(problems) == [good, sending, missing, "no id", other]
    assert problems[good] is problems[other] is None
    assert "sending" in str(problems[sending])
    assert missing in str(problems[missing])
    assert "no id" in str(problems["no id"])
    states = dict(models.Delivery.objects.values_list("id", "state"))
    assert states == {good: "held", sending: "sending", other: "held"}


def test_too_many_at_once_are_refused_whole():
    """Nothing is done with any of them."""
    id_ = make()
    with pytest.raises(Conflict, match="1001"):
        handling.handle_each(ANNA, Handling.HOLD, [id_, *(uuid7() for _ in range(1000))])
    assert models.Delivery.objects.get(id=id_).state == "queued"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_below_the_responder_nobody_handles_deliveries(role: Role):
    """Neither one nor several."""
    id_ = make()
    principal = Principal("somebody", role, "api")
    for what in Handling:
        with pytest.raises(NotPermitted):
            handling.handle(principal, what, id_)
        with pytest.raises(NotPermitted):
            handling.handle_each(principal, what, [id_])
    assert models.Delivery.objects.get(id=id_).state == "queued"


def test_what_is_not_there_is_said():
    """An id of nothing, and something that is no id."""
    for id_ in (uuid7(), "no id", "\0"):
        with pytest.raises(NotFound):
            handling.handle(ANNA, Handling.HOLD, id_)
