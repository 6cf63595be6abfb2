"""Deliveries: the list and its filters, what is done with one or several, the evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tocsin.base.clock import HOUR, now
from tocsin.base.ids import uuid7
from tocsin.domain.principal import Role
from tocsin.store import models
from tocsin.store.queries import counters


@pytest.fixture
def texts(markup) -> Callable[[Client, str], str]:
    """Gives the text of a page that must be there."""

    def read(client: Client, path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return str(markup(answer.content.decode()).text)

    return read


@pytest.fixture
def rows(markup) -> Callable[[Client, str], set[str]]:
    """Gives the ids of the deliveries that a list shows."""

    def read(client: Client, query: str) -> set[str]:
        page = markup(client.get(f"/deliveries{query}").content.decode())
        return {one["id"].removeprefix("row-") for one in page.all("tr") if "id" in one}

    return read


def test_filters_narrow_the_list_and_stay_in_the_form(
    scene, reported, admin: Client, delivery, markup, rows
):
    """Each filter alone; what is chosen is what the form shows."""
    alarm = reported()
    twice = delivery(alarm, "retrying", maybe_twice=True, action="Other")
    other = delivery(
        reported(),
        "delivered",
        recipients='[{"address": "boss@example.com", "state": "accepted", "reply": null, '
        '"receipt": "none"}]',
    )
    every = {scene.delivery, twice, other}
    assert rows(admin, "") == every
    assert rows(admin, "?state=retrying") == {twice}
    assert rows(admin, "?action=Other") == {twice}
    assert rows(admin, "?text=boss") == {other}
    assert rows(admin, f"?text=%3C{other}%40example.com%3E") == {other}
    assert rows(admin, "?twice=yes") == {twice}
    assert rows(admin, "?since=1h") == every
    assert rows(admin, "?since=2099-01-01T00:00:00Z") == set()
    assert rows(admin, "?since=nonsense&state=nonsense&twice=maybe") == every
    page = markup(admin.get("/deliveries?text=boss&since=24h&twice=yes").content.decode())
    assert "boss" in [one.get("value") for one in page.all("input")]
    assert "24h" in [one["value"] for one in page.all("option") if "selected" in one]
    assert [one["name"] for one in page.all("input") if "checked" in one] == ["twice"]


def test_a_list_that_did_not_change_is_not_sent_again(scene, reported, admin: Client):
    """304 while nothing happened; a change of a delivery is a change of the list."""
    admin.get("/deliveries")  # brings the cookie of the forms
    first = admin.get("/deliveries")
    again = admin.get("/deliveries", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    weak = admin.get("/deliveries", headers={"If-None-Match": f"W/{first['ETag']}"})
    assert weak.status_code == 304
    admin.post(f"/deliveries/{scene.delivery}/retry")
    admin.get(f"/deliveries/{scene.delivery}")  # takes the message about it away
    changed = admin.get("/deliveries", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"hold": "person", "held_by": "<b>anna</b>"}, "held by <b>anna</b>"),
        ({"hold": "gathering"}, "gathers alarms until"),
        ({"hold": "in-doubt", "maybe_twice": True}, "in doubt"),
    ],
)
def test_why_it_is_held_stands_in_list_and_detail(
    said, words, scene, reported, admin: Client, delivery, markup, texts
):
    """By whom, until when, or what is not known; and it can be released."""
    id_ = delivery(reported(), "held", **said)
    assert words in texts(admin, "/deliveries")
    answer = admin.get(f"/deliveries/{id_}")
    page = markup(answer.content.decode())
    assert words in page.text
    sent = {one["action"] for one in page.all("form") if one.get("method") == "post"}
    assert f"/deliveries/{id_}/release" in sent
    assert f"/deliveries/{id_}/hold" not in sent
    assert "<b>anna" not in answer.content.decode()


def test_one_is_held_and_released(scene, reported, admin: Client, delivery, texts):
    """The address stays, with its filters; the message says what it means."""
    id_ = delivery(reported(), "queued")
    answer = admin.post(f"/deliveries/{id_}/hold?state=queued")
    assert answer["Location"] == f"/deliveries/{id_}?state=queued"
    row = models.Delivery.objects.get(id=id_)
    assert (row.state, row.hold, row.held_by) == ("held", "person", "administrator")
    assert "until somebody releases it" in texts(admin, answer["Location"])
    admin.post(f"/deliveries/{id_}/release")
    assert models.Delivery.objects.get(id=id_).state == "queued"
    assert admin.post(f"/deliveries/{id_}/release").status_code == 409


def test_several_at_once(scene, reported, admin: Client, delivery, texts):
    """All that are chosen, counted in the message."""
    ids = [delivery(reported(), "queued") for _ in range(3)]
    answer = admin.post("/deliveries/handle?state=queued", {"what": "hold", "id": ids})
    assert answer["Location"] == "/deliveries?state=queued"
    assert "3 deliveries are held" in texts(admin, "/deliveries")
    assert set(models.Delivery.objects.filter(state="held").values_list("id", flat=True)) == set(
        ids
    )


def test_what_could_not_be_done_with_each_is_said(scene, reported, admin: Client, delivery, markup):
    """Those that went are done; for each of the others why not, however hostile its name."""
    good, sending = delivery(reported(), "queued"), delivery(reported(), "sending")
    hostile = "<script>alert(1)</script>"
    answer = admin.post("/deliveries/handle", {"what": "cancel", "id": [good, sending, hostile]})
    text = markup(answer.content.decode()).text
    assert answer.status_code == 200
    assert "2 deliveries" in text
    assert "the delivery is sending" in text
    assert hostile in text
    assert hostile not in answer.content.decode()
    assert models.Delivery.objects.get(id=good).state == "cancelled"
    assert models.Delivery.objects.get(id=sending).state == "sending"


@pytest.mark.parametrize("form", [{}, {"what": "explode"}, {"id": "x"}])
def test_nothing_is_done_without_a_word_for_it(form, scene, admin: Client):
    """404 in words, and nothing changes."""
    form = {"id": scene.delivery, **form}
    assert admin.post("/deliveries/handle", form).status_code == 404
    assert models.Delivery.objects.get(id=scene.delivery).state == "failed"


def test_boxes_are_there_for_who_may_use_them(scene, admin: Client, signed_in: Any, markup):
    """Chosen by hand or all by a link that needs no script; a viewer has none."""
    plain = markup(admin.get("/deliveries").content.decode())
    boxes = [one for one in plain.all("input") if one.get("name") == "id"]
    assert [one["value"] for one in boxes] == [scene.delivery]
    assert {one["form"] for one in boxes} == {"several"}
    assert not any("checked" in one for one in boxes)
    link = next(one["href"] for one in plain.all("a") if "check=all" in one["href"])
    every = markup(admin.get(link).content.decode())
    assert all("checked" in one for one in every.all("input") if one.get("name") == "id")
    viewer = markup(signed_in(Role.VIEWER).get("/deliveries").content.decode())
    assert not [one for one in viewer.all("input") if one.get("name") == "id"]


def test_the_day_is_drawn_and_told(scene, admin: Client, markup, texts):
    """Bars by state, a legend with totals, and the same as a table."""
    assert "highest bar" not in texts(admin, "/deliveries")
    at = now()
    counters.add_deliveries([("email", "delivered")] * 40 + [("email", "failed")] * 2, at)
    counters.add_deliveries([("email", "retrying")] * 3 + [("email", "queued")] * 45, at - HOUR)
    page = markup(admin.get("/deliveries").content.decode())
    drawn = {one["class"] for one in page.all("rect") if "x" in one}
    assert drawn == {"state delivered", "state failed", "state retrying"}
    assert "highest bar: 42" in page.text
    assert "Delivered 40" in page.text
    assert "Failed 2" in page.text
    assert "Retrying 3" in page.text
    assert "45" in page.text
    (drawing,) = (one for one in page.all("svg") if one.get("role") == "img")
    assert "42" in drawing["aria-label"]
    striped = [one for one in page.all("rect") if one.get("fill") == "url(#stripes)"]
    assert striped
    assert {one["class"] for one in striped} == {"state failed"}


def test_a_digest_shows_every_alarm_that_it_tells(
    scene, reported: Callable[..., str], admin, delivery, markup, texts
):
    """Its exact number in list and detail, the alarms in parts on a page of their own."""
    alarms = [reported(type=f"<i>scan</i> {place}") for place in range(60)]
    id_ = delivery(alarms[0], "delivered")
    for alarm in alarms[1:]:
        transition = models.Transition.objects.get(alarm_id=alarm)
        models.Telling.objects.create(delivery_id=id_, transition=transition, action="Mail the SOC")
    models.Delivery.objects.filter(id=id_).update(told=60)
    assert "60 alarms" in texts(admin, "/deliveries")
    assert "60 alarms" in texts(admin, f"/deliveries/{id_}")
    answer = admin.get(f"/deliveries/{id_}/alarms")
    page = markup(answer.content.decode())
    assert "<i>scan" not in answer.content.decode()
    linked = [one["href"] for one in page.all("a") if one.get("class") == "open"]
    assert linked == [f"/alarms/{one}" for one in alarms[:50]]
    more = next(one["href"] for one in page.all("a") if "cursor=" in one["href"])
    rest = markup(admin.get(more).content.decode())
    linked = [one["href"] for one in rest.all("a") if one.get("class") == "open"]
    assert linked == [f"/alarms/{one}" for one in alarms[50:]]
    assert not any("cursor=" in one["href"] for one in rest.all("a"))


def test_what_is_not_there_is_said(scene, admin: Client):
    """404 in words for a delivery and for a cursor that lead nowhere."""
    assert admin.get(f"/deliveries/{uuid7()}/alarms").status_code == 404
    assert admin.get(f"/deliveries/{scene.delivery}/alarms?cursor=x").status_code == 404
    assert admin.get("/deliveries?cursor=x").status_code == 404


def test_a_resumed_session_shows_what_it_rests_on(scene, admin: Client, texts):
    """The evidence names the connection whose full handshake showed the certificates."""
    fields: dict[str, Any] = {
        "relay": "smtp",
        "host": "relay.example.com",
        "port": 587,
        "address": "192.0.2.25",
        "tls_version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "chain": "[]",
        "transcript": "[]",
    }
    models.Connection.objects.create(id="full", opened_at=0, resumed=False, **fields)
    over = models.Connection.objects.create(
        id="again", opened_at=1, resumed=True, rests_on="full", **fields
    )
    models.Attempt.objects.create(
        delivery_id=scene.delivery, connection=over, number=1, started_at=0, finished_at=1,
        ok=True, in_doubt=False, facts="{}", transcript="[]",
    )  # fmt: skip
    text = texts(admin, f"/deliveries/{scene.delivery}")
    assert "resumed session" in text
    assert "the full handshake of 1970-01-01 00:00:00 UTC" in text
