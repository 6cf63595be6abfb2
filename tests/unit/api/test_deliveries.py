"""Deliveries over the API: their conditions, what is done with one, what a digest tells."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tocsin.base.clock import HOUR, now, rfc3339
from tocsin.store import models


def listed(api, query: str) -> list[str]:
    """The ids of a list."""
    answer = api.get(f"/deliveries?{query}")
    assert answer.status == 200, answer.text
    return [one["id"] for one in answer.json["items"]]


def test_more_conditions_on_the_list(api, reported, delivery):
    """Text, time and the mark of what may have arrived twice."""
    one = delivery(reported(), "retrying", maybe_twice=True)
    two = delivery(reported(), "delivered")
    assert listed(api, "maybe_twice=true") == [one]
    assert listed(api, "maybe_twice=false") == [two]
    assert listed(api, "text=SOC%40example") == [two, one]
    assert listed(api, f"text={quote(f'<{one}@example.com>')}") == [one]
    assert listed(api, f"since={quote(rfc3339(now() - HOUR))}") == [two, one]
    assert listed(api, f"since={quote(rfc3339(now() + HOUR))}") == []


@pytest.mark.parametrize("query", ["since=yesterday", "since=", "maybe_twice=perhaps", "text=%00"])
def test_a_condition_that_is_none_is_refused(query, api):
    """422, rather than a list of everything."""
    api.get(f"/deliveries?{query}").problem(422, "input.invalid")


def test_hold_and_release(api, reported, delivery):
    """Why and by whom stands in the delivery as long as it is held."""
    id_ = delivery(reported(), "queued")
    held = api.post(f"/deliveries/{id_}/hold").json
    assert (held["state"], held["hold"], held["held_by"]) == ("held", "person", "administrator")
    api.post(f"/deliveries/{id_}/hold").problem(409, "config.conflict")
    released = api.post(f"/deliveries/{id_}/release").json
    assert (released["state"], released["hold"], released["held_by"]) == ("queued", None, None)
    api.post(f"/deliveries/{id_}/release").problem(409, "config.conflict")


@pytest.mark.parametrize("verb", ["hold", "release"])
@pytest.mark.parametrize("id_", ["nothing", "01990000-0000-7000-8000-000000000000", "%00"])
def test_a_delivery_that_is_not_there(verb, id_, api):
    """404 for holding and releasing too."""
    api.post(f"/deliveries/{id_}/{verb}").problem(404, "input.not-found")


def test_all_that_a_digest_tells(api, reported, delivery):
    """The exact number stands in the delivery; the list gives each alarm once, in parts."""
    alarms = [reported() for _ in range(25)]
    id_ = delivery(alarms[0], "delivered", told=25)
    for alarm in alarms[1:]:
        transition = models.Transition.objects.get(alarm_id=alarm)
        models.Telling.objects.create(delivery_id=id_, transition=transition, action="Mail the SOC")
    shown = api.get(f"/deliveries/{id_}").json
    assert shown["told"] == 25
    assert shown["alarms"] == alarms[:20]
    found, cursor = [], ""
    while True:
        page = api.get(f"/deliveries/{id_}/alarms?limit=10{cursor}").json
        assert page["total"] == 25
        found += [one["alarm"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == alarms
    assert page["items"][0]["kind"] == "active"
    api.get(f"/deliveries/{id_}/alarms?cursor=x").problem(404, "input.not-found")
    api.get(f"/deliveries/{id_}/alarms?colour=red").problem(422, "input.invalid")
    api.get("/deliveries/nothing/alarms").problem(404, "input.not-found")
