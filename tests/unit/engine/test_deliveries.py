"""Looking at deliveries: conditions, what a digest tells, what a resumed session rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tocsin.base.clock import HOUR, now
from tocsin.base.ids import uuid7
from tocsin.domain.alarm import AlarmState, Report
from tocsin.domain.delivery import DeliveryState
from tocsin.engine import access, deliveries, deliveryjson, told
from tocsin.engine.accept import accept
from tocsin.engine.deliveries import ALARMS_AT_HAND, DeliveryFilter
from tocsin.engine.errors import NotFound
from tocsin.store import models


def make(**said: Any) -> str:
    """A delivery; gives its id."""
    id_ = said.pop("id", None) or uuid7()
    fields: dict[str, Any] = {
        "action": "Mail the SOC",
        "kind": "email",
        "configuration": 1,
        "state": "delivered",
        "severity": 4,
        "message_id": f"<{id_}@example.com>",
        "recipients": '[{"address":"soc@example.com","state":"accepted","reply":"250 2.0.0 Ok",'
        '"receipt":"none"}]',
        "queued_at": now(),
        "not_before": now(),
        "expires_at": now(),
        "attempts": 0,
        "maybe_twice": False,
    }
    models.Delivery.objects.create(id=id_, **{**fields, **said})
    return id_


def found(**wanted: Any) -> list[str]:
    """The ids of the list under these conditions."""
    page = deliveries.list_deliveries(access.LOCAL, DeliveryFilter(**wanted))
    assert page.total == len(page.items)
    return [one.id for one in page.items]


def tell(delivery: str, alarms: list[str]) -> None:
    """Let a delivery tell the first transition of each alarm."""
    row = models.Delivery.objects.get(id=delivery)
    for alarm in alarms:
        transition = models.Transition.objects.filter(alarm_id=alarm).order_by("id").first()
        models.Telling.objects.create(delivery=row, transition=transition, action=row.action)
    models.Delivery.objects.filter(id=delivery).update(told=len(alarms))


def test_text_finds_recipients_replies_and_message_ids():
    """In whatever case; a Message-ID, whole or only its id, is found at once."""
    soc = make()
    boss = make(
        recipients='[{"address":"Chef@Münster.example","state":"refused",'
        '"reply":"550 5.1.1 no such user","receipt":"none"}]'
    )
    assert found(text="SOC@") == [soc]
    assert found(text="chef") == [boss]
    assert found(text="no such user") == [boss]
    assert found(text=f"<{soc}@example.com>") == [soc]
    assert found(text=boss.upper()) == [boss]
    assert found(text=uuid7()) == []
    assert found(text="100%") == []


def test_since_and_maybe_twice():
    """By when it was queued; and those that are marked, or those that are not."""
    old = make(id="01990000-0000-7000-8000-000000000000", maybe_twice=True)
    new = make()
    assert found(since=now() - HOUR) == [new]
    assert found(since=0) == [new, old]
    assert found(since=now() + HOUR) == []
    assert found(maybe_twice=True) == [old]
    assert found(maybe_twice=False) == [new]


def test_the_newest_are_found_without_a_look_at_the_others():
    """The condition on the time is one on the key, which every store has in order."""
    make()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found(since=now() - HOUR, state=DeliveryState.DELIVERED)
    assert all('"queued_at" >=' not in one["sql"] for one in asked.captured_queries)


def test_counts_are_those_of_every_state():
    """Delivered is what the others leave of all."""
    for state in DeliveryState:
        make(state=state.value)
    make()
    counts = deliveries.counts(access.LOCAL)
    assert counts == {one: 2 if one is DeliveryState.DELIVERED else 1 for one in DeliveryState}
    models.Delivery.objects.all().delete()
    assert set(deliveries.counts(access.LOCAL).values()) == {0}


def test_an_alarm_told_twice_in_one_digest_lists_it_once(report: Callable[..., Report]):
    """Both transitions are told by the same delivery: it stands once in the alarm's list."""
    (alarm,) = accept([report(dedup_key="one")])
    accept([report(dedup_key="one", state=AlarmState.INACTIVE)])
    id_ = make(told=2)
    for transition in models.Transition.objects.filter(alarm_id=alarm):
        models.Telling.objects.create(delivery_id=id_, transition=transition, action="Mail the SOC")
    assert models.Telling.objects.count() == 2
    assert found(alarm=alarm) == [id_]


def test_a_digest_names_its_first_alarms_and_counts_all(report: Callable[..., Report]):
    """A view has no thousand names at hand; the list of what is told has every one, once."""
    alarms = accept([report(type=f"scan {place}", dedup_key=str(place)) for place in range(120)])
    digest, single = make(), make(action="Other")
    tell(digest, alarms)
    tell(single, alarms[:1])
    one = deliveries.get_delivery(access.LOCAL, digest)
    assert one.told == 120
    assert one.alarms == tuple(alarms[:ALARMS_AT_HAND])
    assert deliveries.get_delivery(access.LOCAL, single).alarms == (alarms[0],)
    listed = deliveries.list_deliveries(access.LOCAL, DeliveryFilter()).items
    assert {view.id: len(view.alarms) for view in listed} == {digest: ALARMS_AT_HAND, single: 1}
    assert [view.alarm for view in told.every_told(access.LOCAL, digest)] == list(alarms)
    first = told.list_told(access.LOCAL, digest)
    second = told.list_told(access.LOCAL, digest, cursor=first.next)
    third = told.list_told(access.LOCAL, digest, cursor=second.next)
    parts = [first, second, third]
    assert [len(page.items) for page in parts] == [50, 50, 20]
    assert {page.total for page in parts} == {120}
    assert third.next is None


@pytest.mark.parametrize("cursor", ["x", "-1", "1 OR 1=1", "9" * 40])
def test_a_cursor_of_no_list_is_refused(cursor: str):
    """Rather than a list that begins anywhere."""
    with pytest.raises(NotFound):
        told.list_told(access.LOCAL, make(), cursor=cursor)


def over(connection_id: str, **said: Any) -> models.Connection:
    """A connection to a relay."""
    fields: dict[str, Any] = {
        "relay": "smtp",
        "host": "relay.example.com",
        "port": 587,
        "address": "192.0.2.25",
        "opened_at": now(),
        "tls_version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "chain": "[]",
        "resumed": False,
        "transcript": "[]",
    }
    return models.Connection.objects.create(id=connection_id, **{**fields, **said})


def test_a_resumed_session_names_the_handshake_it_rests_on():
    """When, where and with what; gone from the store, nothing is claimed about it."""
    full = over("full", opened_at=now() - HOUR, address="192.0.2.26")
    resumed = over("resumed", resumed=True, rests_on="full")
    lost = over("lost", resumed=True, rests_on="long gone")
    id_ = make()
    for number, one in enumerate((full, resumed, lost), 1):
        models.Attempt.objects.create(
            delivery_id=id_, connection=one, number=number, started_at=0, finished_at=1,
            ok=True, in_doubt=False, facts="{}", transcript="[]",
        )  # fmt: skip
    first, second, third = deliveries.get_delivery(access.LOCAL, id_).attempts
    assert first.rests_on is None
    assert second.rests_on is not None
    assert (second.rests_on.id, second.rests_on.address) == ("full", "192.0.2.26")
    assert second.rests_on.opened_at == full.opened_at
    assert third.resumed
    assert third.rests_on is None
    document = deliveryjson.attempt_json(second)
    assert document["rests_on"]["connection"] == "full"
    assert deliveryjson.attempt_json(third)["rests_on"] is None
