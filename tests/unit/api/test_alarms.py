"""Alarms in over the API: what is taken, what is refused, and how that is told."""

from __future__ import annotations

import json

import pytest

from tocsin.domain.principal import Role
from tocsin.store import models

GOOD = {"type": "SSH scan", "severity": "major", "source_host": {"ip": "192.0.2.1"}}


def stored() -> int:
    """How many alarms there are."""
    return models.Alarm.objects.count()


def test_one_alarm_comes_back_as_it_was_sent(api):
    """202 with one result in an array; the alarm then holds every field that was said."""
    said = {
        "source": "ids-1",
        "source_type": "zeek",
        "type": "Suspect Data Loss",
        "category": "Exfiltration",
        "severity": "critical",
        "dedup_key": "k",
        "started_at": "2026-11-24T10:00:00+01:00",
        "source_host": {
            "ip": "2001:DB8::1",
            "port": 1,
            "name": "a.example.com",
            "mac": "00:00:5E:00:53:01",
            "user": "u",
            "groups": ["g"],
        },
        "target_host": {"ip": "198.51.100.7", "port": 443},
        "protocol": "tcp",
        "details": "line 1\nline 2 \u2603",
        "url": "https://example.com/x",
        "attributes": {"k": "v"},
    }
    answer = api.post("/alarms", said)
    assert answer.status == 202
    assert answer.type == "application/json"
    ((result,), alarm) = (answer.json, api.get(f"/alarms/{answer.json[0]['id']}").json)
    assert result["ok"] is True
    expected = {
        **said,
        "id": result["id"],
        "state": "active",
        "count": 1,
        "started_at": "2026-11-24T09:00:00.000000Z",
        "acknowledged": False,
        "closed": False,
        "ended_at": None,
    }
    expected["source_host"] = {
        **said["source_host"],
        "ip": "2001:db8::1",
        "mac": "00:00:5e:00:53:01",
    }
    assert {name: alarm[name] for name in expected} == expected
    assert alarm["received_at"].endswith("Z")


def test_the_sensor_is_the_token_when_none_is_named(api):
    """An alarm without a source is that of the token's name."""
    id_ = api.post("/alarms", GOOD, role=Role.ANALYST).json[0]["id"]
    assert api.get(f"/alarms/{id_}").json["source"] == "analyst"
    assert api.get(f"/alarms/{id_}").json["source_type"] == "api"


def test_the_good_ones_of_a_batch_are_stored(api):
    """202 with a result for each in order; the bad ones have a problem naming each field."""
    answer = api.post(
        "/alarms",
        [GOOD, {"type": "x", "severity": "bad", "colour": "red"}, 7, {**GOOD, "type": "other"}],
    )
    assert answer.status == 202
    results = answer.json
    assert [one["ok"] for one in results] == [True, False, False, True]
    problem = results[1]["problem"]
    assert problem["code"] == "input.invalid"
    assert problem["status"] == 422
    assert [one["field"] for one in problem["errors"]] == ["severity", "colour"]
    assert "critical, major" in problem["errors"][0]["accepted"]
    assert "source_host" in problem["errors"][1]["accepted"]
    assert "7" in results[2]["problem"]["detail"]
    assert stored() == 2


def test_a_batch_of_bad_ones_alone_is_refused(api):
    """422 as a problem document that says for each by its index which field is wrong."""
    answer = api.post("/alarms", [{"type": ""}, {"typ": "x"}])
    document = answer.problem(422, "input.invalid")
    fields = [one["field"] for one in document["errors"]]
    assert fields == ["[0].type", "[1].type", "[1].typ"]
    assert "[0].type" in document["detail"]
    assert stored() == 0


def test_many_errors_are_all_listed_and_the_sentence_stays_short(api):
    """A hundred bad alarms give a hundred errors, and a detail that can still be read."""
    document = api.post("/alarms", [{"typ": "x"}] * 100).problem(422, "input.invalid")
    assert len(document["errors"]) == 200
    assert "and 180 more" in document["detail"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "type", "is missing"),
        ({"type": "a\r\nBcc: x@example.org"}, "type", "characters"),
        ({"type": "x", "severity": "high"}, "severity", "high"),
        ({"type": "x", "colour": 1}, "colour", "is not a field"),
        ({"type": "x", "source_host": {"ip": "192.0.2.300"}}, "source_host.ip", "no IP address"),
        ({"type": "x", "source_host": {"port": 70000}}, "source_host.port", "out of range"),
        ({"type": "x", "source_host": {"os": "x"}}, "source_host.os", "is not a field"),
        ({"type": "x", "source_type": "system"}, "source_type", "system"),
        ({"type": "x", "url": "javascript:alert(1)"}, "url", "javascript"),
        ({"type": "x", "details": "y" * 70_000}, "details", "longer than"),
        ({"type": "x", "details": "a\0b"}, "details", "characters"),
        ({"type": "x", "attributes": {"k": 1}}, "attributes.k", "is not text"),
        ({"type": "x", "started_at": "yesterday"}, "started_at", "yesterday"),
        ({"type": "\ud800"}, "type", "surrogate"),
        ([], "batch", "is empty"),
        ("text", "alarm", "text"),
        (None, "alarm", "null"),
        (5, "alarm", "5"),
    ],
)
def test_a_bad_alarm_is_refused_naming_its_field(body, field, words, api):
    """422 with the field at fault and words that say what is wrong; nothing is stored."""
    raw = json.dumps(body).encode()
    document = api.ask("POST", "/alarms", raw=raw).problem(422, "input.invalid")
    assert document["errors"][0]["field"] == field
    assert words in document["errors"][0]["message"]
    assert field in document["detail"]
    assert stored() == 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"{'type': 'x'}", "is not JSON"),
        (b'{"type": NaN}', "NaN is no JSON number"),
        (b'{"type": "x", "source_host": {"port": Infinity}}', "Infinity is no JSON number"),
        (b"\xff\xfe{\x00}\x00", "no UTF-8"),
        (b'{"type": "\xe4"}', "no UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"9" * 100_000, "is not JSON"),
        (b'{"type": "x"} trailing', "is not JSON"),
    ],
)
def test_what_is_no_json_is_refused_in_words(raw, words, api):
    """Broken, hostile and non-standard JSON ends in 422 with the reason, never in 500."""
    document = api.ask("POST", "/alarms", raw=raw).problem(422, "input.invalid")
    assert words in document["detail"]
    assert "python" not in document["detail"].lower()


def test_values_nested_deeply_inside_a_field_are_refused(api):
    """JSON just flat enough to be read cannot break what looks at it afterwards."""
    for depth in (50, 500, 900):
        deep = "[" * depth + "]" * depth
        for body in (
            f'{{"type": {deep}}}',
            f'{{"type": "x", "attributes": {{"k": {deep}}}}}',
            deep,
        ):
            answer = api.ask("POST", "/alarms", raw=body.encode())
            answer.problem(422, "input.invalid")
    assert stored() == 0


def test_ten_thousand_alarms_are_taken_and_one_more_is_not(api):
    """The limit of a batch: up to it everything is stored, above it nothing."""
    batch = [{"type": f"t{place}"} for place in range(10_001)]
    document = api.post("/alarms", batch).problem(422, "input.invalid")
    assert "10001" in document["detail"]
    assert "10000" in document["errors"][0]["accepted"]
    assert stored() == 0
    answer = api.post("/alarms", batch[:10_000])
    assert answer.status == 202
    assert len({one["id"] for one in answer.json}) == 10_000
    assert stored() == 10_000


def test_a_body_above_64_mib_is_refused(api, settings):
    """413 as a problem document; the size is told."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    for path in ("/alarms", "/configuration", "/trust", "/certs/collect", "/rules"):
        raw = b'{"type": "' + b"x" * 2000 + b'"}'
        document = api.ask("POST", path, raw=raw).problem(413, "input.invalid")
        assert "64 MiB" in document["detail"]


def test_the_size_that_is_taken_is_64_mib():
    """The limit that the message names is the one that is set."""
    from django.conf import settings

    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 64 * 1024 * 1024


def test_the_same_key_is_the_same_alarm_again(api):
    """Repeated reports are counted under one id, in one batch and over several."""
    same = {"type": "x", "dedup_key": "k"}
    first = api.post("/alarms", [same, {"type": "y"}, same]).json
    assert first[0]["id"] == first[2]["id"] != first[1]["id"]
    again = api.post("/alarms", same).json
    assert again[0]["id"] == first[0]["id"]
    alarm = api.get(f"/alarms/{first[0]['id']}").json
    assert alarm["count"] == 3
    assert alarm["dedup_key"] == "k"
    assert stored() == 2


def test_after_it_ended_the_next_report_is_a_new_alarm(api):
    """A report of state inactive ends the alarm; the next one opens another id."""
    key = {"type": "x", "dedup_key": "k"}
    (one,) = api.post("/alarms", key).json
    (two,) = api.post("/alarms", {**key, "state": "inactive"}).json
    (three,) = api.post("/alarms", key).json
    assert one["id"] == two["id"] != three["id"]
    ended = api.get(f"/alarms/{one['id']}").json
    assert ended["state"] == "inactive"
    assert ended["ended_at"] is not None
    assert ended["count"] == 2


def test_acknowledge_and_close(api, reported):
    """Who did it and when is kept; a second time changes nothing; closing acknowledges."""
    id_ = reported()
    first = api.post(f"/alarms/{id_}/acknowledge", role=Role.ANALYST).json
    assert first["acknowledged"] is True
    assert first["acknowledged_by"] == "analyst"
    assert first["closed"] is False
    second = api.post(f"/alarms/{id_}/acknowledge", role=Role.RESPONDER).json
    assert second["acknowledged_by"] == "analyst"
    assert second["acknowledged_at"] == first["acknowledged_at"]
    closed = api.post(f"/alarms/{id_}/close", role=Role.RESPONDER).json
    assert closed["closed_by"] == "responder"
    assert closed["acknowledged_by"] == "analyst"
    assert closed["state"] == "active"
    other = api.post(f"/alarms/{reported()}/close").json
    assert other["acknowledged"] is True
    assert other["closed"] is True


@pytest.mark.parametrize("id_", ["nothing", "01990000-0000-7000-8000-000000000000", "%00", "a%0Ab"])
@pytest.mark.parametrize("what", ["", "/why", "/acknowledge", "/close"])
def test_an_alarm_that_is_not_there(id_, what, api):
    """404 as a problem document, whatever stands in the place of the id."""
    method = "POST" if what in {"/acknowledge", "/close"} else "GET"
    api.ask(method, f"/alarms/{id_}{what}").problem(404, "input.not-found")


def test_why_is_answered_before_anything_was_decided(api, reported, configured):
    """The rules are asked under the present version while nobody has decided."""
    answer = api.get(f"/alarms/{reported()}/why").json
    (transition,) = answer["transitions"]
    assert transition["decided_at"] is None
    assert transition["configuration"] == 1
    assert [(one["rule"], one["matched"]) for one in transition["rules"]] == [("Everything", True)]
    assert transition["rules"][0]["reasons"]
    assert transition["rules"][0]["actions"] == ["Mail the SOC"]
