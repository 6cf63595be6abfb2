"""The doctor's remedies over the API: offered, looked at, carried out, undone."""

from __future__ import annotations

import pytest

from tocsin.domain.principal import Role
from tocsin.engine import access, configuration, doctor
from walked import ANCHOR, DERIVE, HERE, IAM, ROOT, SMTP, walked


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> str:
    """A walk that offers two remedies."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    monkeypatch.setattr(doctor, "start", lambda _principal, _asked: walked(target=HERE))
    return walked(ANCHOR, DERIVE, target=HERE)


def test_a_remedy_is_offered_looked_at_carried_out_and_undone(api, run):
    """The version that the look names goes into the order; the new walk is named."""
    offered = api.get(f"/doctor/{run}/remedies").json["items"]
    assert [(one["kind"], one["asks"]) for one in offered] == [
        ("add-anchor", ["sha256"]),
        ("derive-password", ["secret"]),
    ]
    look = api.post(f"/doctor/{run}/remedies/0/preview", {}).json
    assert look["certificate"]["sha256"] == ROOT.sha256
    assert look["differences"] == [
        {"path": "trust Example Root CA 9", "before": "", "after": "added"}
    ]
    order = {"given": {"sha256": ROOT.sha256}, "version": look["version"]}
    done = api.post(f"/doctor/{run}/remedies/0", order).json
    assert done["version"] == look["version"] + 1
    assert done["walk"]
    assert [one["kind"] for one in api.get(f"/doctor/{run}/remedies").json["items"]] == [
        "derive-password"
    ]
    back = api.post("/doctor/undo", {"version": done["version"]}).json
    assert back["ok"] is True
    assert configuration.current().configuration.trust == ()
    api.post("/doctor/undo", {"version": done["version"]}).problem(409, "config.conflict")


def test_what_was_not_confirmed_or_is_stale_is_refused(api, run):
    """409, and the document says why."""
    order = {"given": {}, "version": 1}
    told = api.post(f"/doctor/{run}/remedies/0", order).problem(409, "config.conflict")
    assert "sha256" in told["detail"]
    order = {"given": {"sha256": ROOT.sha256}, "version": 0}
    api.post(f"/doctor/{run}/remedies/0", order).problem(409, "config.conflict")
    api.post(f"/doctor/{run}/remedies/9", order).problem(404, "input.not-found")
    assert configuration.current_number() == 1


def test_a_secret_goes_in_and_never_out(api, run):
    """Neither in the answer nor in a problem."""
    for secret in (IAM[:-1], IAM):
        order = {"given": {"secret": secret}, "version": 1}
        assert secret not in api.post(f"/doctor/{run}/remedies/1", order).text
    assert configuration.current_number() == 2
    assert IAM not in api.get("/configuration").text


@pytest.mark.parametrize(
    "body",
    [
        {"given": {"password": "x"}, "version": 1},
        {"given": {"sender": 7}, "version": 1},
        {"given": {"sender": "a\0b"}, "version": 1},
        {"given": [], "version": 1},
        {"version": -1},
        {"version": 1, "more": 1},
        {},
        [],
    ],
)
def test_a_body_of_another_shape_is_refused(api, run, body):
    """Unknown fields and other types, by name."""
    assert api.post(f"/doctor/{run}/remedies/1", body).status == 422
    assert configuration.current_number() == 1


def test_a_responder_is_not_an_administrator(api, run):
    """They see what is offered, and that it is not theirs."""
    offered = api.get(f"/doctor/{run}/remedies", role=Role.RESPONDER).json["items"]
    assert [one["permitted"] for one in offered] == [False, False]
    path = f"/doctor/{run}/remedies/0/preview"
    api.ask("POST", path, {}, role=Role.RESPONDER).problem(403, "access.not-permitted")


def test_what_the_sandbox_holds_is_released_all_at_once(api, run):
    """How many there were."""
    assert api.post("/doctor/release").json == {"ok": True, "released": 0}
