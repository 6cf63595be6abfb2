"""``/api/v1/arrival``, and the mailbox's password over the API."""

from __future__ import annotations

from tocsin.base.clock import SECOND, now
from tocsin.base.ids import uuid7
from tocsin.domain.principal import Role
from tocsin.engine import configuration
from tocsin.store import models

BOX = {"to": "probe@example.org", "server": "imap.example.org", "user": "probe"}


def test_the_password_goes_in_and_never_out(api, configured):
    """Absent or set it stays; null is refused, since the mailbox needs one."""
    assert api.post("/configuration", {"arrival": {**BOX, "password": "the secret"}}).status == 200
    shown = api.get("/configuration")
    assert shown.json["document"]["arrival"]["password_file"] == "set"
    again = api.post("/configuration", {"arrival": shown.json["document"]["arrival"]})
    assert again.json["changed"] is False
    arrival = configuration.current().configuration.arrival
    assert arrival is not None
    assert arrival.password is not None
    assert arrival.password.reveal() == "the secret"
    assert api.post("/configuration", {"arrival": {**BOX, "password": None}}).status == 422


def test_canaries_are_listed_newest_first(api, configured):
    """With latency and what measured it; not configured says so."""
    assert api.get("/arrival", role=Role.VIEWER).json["configured"] is False
    api.post("/configuration", {"arrival": {**BOX, "password": "the secret"}})
    arrival = configuration.current().configuration.arrival
    assert arrival is not None
    ids = []
    for state in ("missing", "late"):
        ids.append(uuid7())
        models.ArrivalCanary.objects.create(
            id=ids[-1], basis=arrival.basis, address=arrival.to, asked_by="the schedule",
            queued_at=now(), accepted_at=now(), state=state, hops='[["mx.example.org", 1.5]]',
            code=f"arrival.{state}", latency=400 * SECOND if state == "late" else None,
        )  # fmt: skip
    told = api.get("/arrival?limit=1").json
    assert (told["state"], told["arrives"], told["total"]) == ("late", True, 2)
    (one,) = told["items"]
    assert (one["id"], one["latency_s"], one["code"]) == (ids[1], 400.0, "arrival.late")
    assert one["hops"] == [{"by": "mx.example.org", "delay_s": 1.5}]
    (older,) = api.get(f"/arrival?cursor={told['next']}").json["items"]
    assert older["id"] == ids[0]
    assert told["last_24_hours"] == {
        "waiting": 0, "arrived": 0, "late": 1, "missing": 1, "not-sent": 0,
    }  # fmt: skip
    assert api.get("/arrival?cursor=gone").status == 404


def test_a_probe_needs_a_responder(api, configured):
    """503 with the role's fault while none runs; with one the canary is queued."""
    api.post("/configuration", {"arrival": {**BOX, "password": "the secret"}})
    assert api.post("/arrival/probe", role=Role.RESPONDER).status == 503
    models.RoleState.objects.create(
        node="n", role="responder", instance="i", pid=1, started_at=now(), heartbeat_at=now(),
        applied_version=1, ready=True, failure="", detail="{}",
    )  # fmt: skip
    answer = api.post("/arrival/probe", role=Role.RESPONDER)
    assert answer.status == 202
    delivery = models.Delivery.objects.get(id=answer.json["id"])
    assert (delivery.state, delivery.told) == ("queued", 0)
    assert models.ArrivalCanary.objects.get().id == delivery.id
