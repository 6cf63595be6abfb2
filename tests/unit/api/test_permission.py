"""Who may do what: one table for the whole API."""

from __future__ import annotations

import re
from typing import Any

import pytest

import walks
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.store import models

MAIL = {"kind": "email", "to": ["b@example.com"]}

# Method, path, body, the least role, and the status for whoever may.
TABLE: list[tuple[str, str, Any, Role, int]] = [
    ("POST", "/alarms", {"type": "x"}, Role.ANALYST, 202),
    ("GET", "/alarms", None, Role.VIEWER, 200),
    ("GET", "/alarms/{alarm}", None, Role.VIEWER, 200),
    ("GET", "/alarms/{alarm}/why", None, Role.VIEWER, 200),
    ("POST", "/alarms/{alarm}/acknowledge", None, Role.ANALYST, 200),
    ("POST", "/alarms/{alarm}/close", None, Role.ANALYST, 200),
    ("GET", "/deliveries", None, Role.VIEWER, 200),
    ("GET", "/deliveries/{delivery}", None, Role.VIEWER, 200),
    ("GET", "/deliveries/{delivery}/alarms", None, Role.VIEWER, 200),
    ("POST", "/deliveries/{delivery}/hold", None, Role.RESPONDER, 409),
    ("POST", "/deliveries/{delivery}/release", None, Role.RESPONDER, 409),
    ("POST", "/deliveries/{delivery}/retry", None, Role.RESPONDER, 200),
    ("POST", "/deliveries/{delivery}/cancel", None, Role.RESPONDER, 409),
    ("POST", "/doctor", {"relay": "none such"}, Role.RESPONDER, 404),
    ("POST", "/doctor", {"host": "127.0.0.1", "port": 0}, Role.ADMINISTRATOR, 422),
    ("GET", "/doctor", None, Role.VIEWER, 200),
    ("GET", "/doctor/{walk}", None, Role.VIEWER, 200),
    ("GET", "/doctor/{walk}/report", None, Role.VIEWER, 200),
    ("GET", "/actions", None, Role.VIEWER, 200),
    (
        "POST",
        "/actions",
        {"name": "B", "kind": "email", "to": ["b@example.com"]},
        Role.RESPONDER,
        201,
    ),
    ("GET", "/actions/Mail the SOC", None, Role.VIEWER, 200),
    (
        "PUT",
        "/actions/Mail the SOC",
        {"kind": "email", "to": ["b@example.com"]},
        Role.RESPONDER,
        200,
    ),
    ("DELETE", "/actions/Mail the SOC", None, Role.RESPONDER, 409),
    ("POST", "/actions/Mail the SOC/test", None, Role.RESPONDER, 503),
    ("GET", "/rules", None, Role.VIEWER, 200),
    ("POST", "/rules", {"name": "R", "when": {}}, Role.RESPONDER, 201),
    ("GET", "/rules/Everything", None, Role.VIEWER, 200),
    ("PUT", "/rules/Everything", {"when": {"severity": "major"}}, Role.RESPONDER, 200),
    ("DELETE", "/rules/Everything", None, Role.RESPONDER, 204),
    ("GET", "/trust", None, Role.VIEWER, 200),
    ("GET", "/trust/watch", None, Role.VIEWER, 200),
    ("GET", "/ciphers", None, Role.VIEWER, 200),
    ("POST", "/ciphers", {"preset": "none such"}, Role.ADMINISTRATOR, 422),
    ("POST", "/ciphers/restore", None, Role.ADMINISTRATOR, 409),
    ("POST", "/certs/probe", {"host": "127.0.0.1", "port": 0}, Role.ADMINISTRATOR, 422),
    ("POST", "/trust/watch/look", {}, Role.ADMINISTRATOR, 503),
    ("GET", "/trust/Example Root CA 1", None, Role.VIEWER, 200),
    ("POST", "/trust", {"pem": "no certificate"}, Role.ADMINISTRATOR, 422),
    ("DELETE", "/trust/Example Root CA 1", None, Role.ADMINISTRATOR, 200),
    ("POST", "/certs/collect", {"host": "127.0.0.1", "port": 0}, Role.ADMINISTRATOR, 422),
    ("GET", "/configuration", None, Role.VIEWER, 200),
    ("POST", "/configuration", {"ciphers": {"preset": "tls13"}}, Role.ADMINISTRATOR, 200),
    ("POST", "/configuration", {"rules": []}, Role.RESPONDER, 200),
    ("GET", "/configuration/versions", None, Role.VIEWER, 200),
    ("GET", "/appliances", None, Role.VIEWER, 200),
    ("POST", "/explain", {"text": "535 no"}, Role.VIEWER, 200),
    ("POST", "/messages/verify", {"message": "no message"}, Role.VIEWER, 422),
    ("GET", "/relays", None, Role.VIEWER, 200),
    ("GET", "/arrival", None, Role.VIEWER, 200),
    ("POST", "/arrival/probe", None, Role.RESPONDER, 404),
    ("GET", "/rehearsal/faults", None, Role.VIEWER, 409),
    ("PUT", "/rehearsal/faults", {"faults": []}, Role.ADMINISTRATOR, 409),
    ("POST", "/relays/smtp/try", None, Role.RESPONDER, 503),
    ("GET", "/doctor/{alarm}/remedies", None, Role.VIEWER, 404),
    ("POST", "/doctor/{alarm}/remedies/0/preview", {}, Role.RESPONDER, 404),
    ("POST", "/doctor/{alarm}/remedies/0", {"version": 1}, Role.RESPONDER, 404),
    ("POST", "/doctor/undo", {"version": 1}, Role.ADMINISTRATOR, 409),
    ("POST", "/doctor/release", None, Role.RESPONDER, 200),
    ("POST", "/ses/events", {"eventType": "Send"}, Role.ANALYST, 202),
    ("GET", "/ses/account", None, Role.VIEWER, 200),
    ("POST", "/ses/account/look", None, Role.RESPONDER, 404),
    (
        "POST",
        "/ses/setup/look",
        {"region": "nowhere", "user": "U", "password": "P"},
        Role.ADMINISTRATOR,
        422,
    ),
    (
        "POST",
        "/ses/setup",
        {
            "region": "nowhere",
            "user": "U",
            "password": "P",
            "from": "a@example.com",
            "to": ["b@example.com"],
        },
        Role.ADMINISTRATOR,
        422,
    ),
    ("GET", "/ses/flags", None, Role.VIEWER, 200),
    ("DELETE", "/ses/flags/{alarm}", None, Role.RESPONDER, 404),
    ("GET", "/ses/quarantine", None, Role.VIEWER, 200),
    ("GET", "/ses/subscriptions", None, Role.VIEWER, 200),
    ("POST", "/ses/subscriptions/{alarm}/confirm", None, Role.ADMINISTRATOR, 404),
    ("DELETE", "/ses/subscriptions/{alarm}", None, Role.ADMINISTRATOR, 404),
]
RANK = {role: place for place, role in enumerate(Role)}


def name(row: tuple[str, str, Any, Role, int]) -> str:
    """How a row is called in a report."""
    return f"{row[0]} {row[1]}"


@pytest.fixture
def scene(configured, reported, delivery) -> dict[str, str]:
    """Ids for the paths of the table."""
    alarm = reported()
    return {"alarm": alarm, "delivery": delivery(alarm), "walk": walks.keep()}


def state() -> object:
    """All that a request of the table could change."""
    return (
        configuration.current_number(),
        list(models.Alarm.objects.values_list("id", "count", "acknowledged_at", "closed_at")),
        list(models.Delivery.objects.values_list("id", "state")),
        sorted(models.Counter.objects.values_list("name", "labels", "value")),
    )


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_each_role_may_what_the_table_says(row, api, scene):
    """Below the least role 403 and nothing changes; the others get what they asked for."""
    method, path, body, least, expected = row
    refused = [role for role in Role if RANK[role] < RANK[least]]
    before = state()
    for role in refused:
        document = api.ask(method, path.format(**scene), body, role=role).problem(
            403, "access.not-permitted"
        )
        assert role.value in document["detail"]
    assert state() == before
    assert api.ask(method, path.format(**scene), body, role=least).status == expected
    if method == "GET":
        for role in Role:
            if role not in refused:
                assert api.get(path.format(**scene), role=role).status == expected


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_nobody_gets_anything_without_a_token(row, api, scene):
    """A problem document with the challenge of RFC 6750, and nothing is done."""
    method, path, body, _, _ = row
    before = state()
    answer = api.ask(method, path.format(**scene), body, role=None)
    answer.problem(401, "access.sign-in-required")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Tocsin"'
    assert state() == before


def test_the_table_has_every_path_of_the_api(api):
    """Each path and method that the description names stands in the table, and no other."""
    found = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/api/v1")))
        for path, methods in api.get("/openapi.json", role=None).json["paths"].items()
        for method in methods
    }
    told = set()
    for method, path, *_ in TABLE:
        names = r"\{[^}]*\}|Mail the SOC|Everything|Example Root CA 1|smtp|(?<=remedies/)0"
        bare = re.sub(names, "{}", path)
        told.add((method, bare))
    assert told == found


@pytest.mark.parametrize(
    "header",
    [
        "Bearer nothing",
        "Bearer ",
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "tocsin_x",
        "Bearer \u00ff\u00fe",
    ],
)
def test_what_is_no_token_is_refused(header, api):
    """A wrong scheme, an empty and an unknown token all end in 401."""
    answer = api.get("/alarms", role=None, Authorization=header)
    answer.problem(401, "access.sign-in-required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_when_it_expires_or_is_removed(api):
    """An expired and a removed token are as good as none, and the challenge says so."""
    token = access.add_token(access.LOCAL, "short", Role.VIEWER, days=1).reveal()
    bearer = {"Authorization": f"Bearer {token}"}
    assert api.get("/alarms", role=None, **bearer).status == 200
    models.Token.objects.filter(name="short").update(expires_at=1)
    answer = api.get("/alarms", role=None, **bearer)
    answer.problem(401, "access.sign-in-required")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    models.Token.objects.filter(name="short").update(expires_at=None)
    assert api.get("/alarms", role=None, **bearer).status == 200
    access.remove_token(access.LOCAL, "short")
    assert api.get("/alarms", role=None, **bearer).status == 401


def test_a_session_of_the_pages_is_no_token(api, client):
    """Being signed in to the pages opens nothing here: no other page can use the browser."""
    person = models.Person.objects.create(
        name="admin", role="administrator", one_time=False, created_at=0, created_by="a test"
    )
    client.force_login(person)
    assert client.get("/api/v1/alarms").status_code == 401
    assert client.post("/api/v1/alarms", "{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/alarms", {"GET", "POST"}),
        ("DELETE", "/alarms", {"GET", "POST"}),
        ("POST", "/appliances", {"GET"}),
        ("PUT", "/healthz", {"GET", "HEAD"}),
        ("POST", "/metrics", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_told_which_are_right(method, path, allowed, api):
    """405 as a problem document with the header Allow (RFC 9110 section 15.5.6)."""
    answer = api.ask(method, path, {})
    answer.problem(405, "input.invalid")
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/alarm", "/api/v1/", "/api/v1", "/api/v9/x"])
def test_a_path_that_is_not_there_is_a_problem_document(method, path, api):
    """Programs get 404 in JSON, not the page that a browser would get."""
    assert path in api.ask(method, path, {}, role=None).problem(404, "input.not-found")["detail"]
