"""``/healthz``, ``/readyz`` and ``/metrics``: who may ask, and what is told."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tocsin.base.clock import SECOND, now
from tocsin.base.home import node_name
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.store import models

PATHS = ("/healthz", "/readyz", "/metrics")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_token(path, peer):
    """A peer on loopback is answered, when nothing was forwarded."""
    assert Client().get(path, REMOTE_ADDR=peer).status_code == 200
    assert Client().head(path, REMOTE_ADDR=peer).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Host": "example.com"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X-Forwarded-For": ""},
    ],
)
def test_what_was_forwarded_needs_a_token(path, header, api):
    """Behind a proxy every peer is loopback, so a trace of one asks for a token of any role."""
    answer = api.get(path, role=None, **header)
    answer.problem(401, "access.sign-in-required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.get(path, role=Role.VIEWER, **header).status == 200
    assert api.get(path, role=None, **header, Authorization="Bearer x").status == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("peer", ["192.0.2.1", "128.0.0.1", "2001:db8::1", "", "1127.0.0.1"])
def test_another_machine_needs_a_token(path, peer):
    """Only loopback itself is trusted."""
    token = access.add_token(access.LOCAL, "t", Role.VIEWER).reveal()
    assert Client().get(path, REMOTE_ADDR=peer).status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert Client().get(path, REMOTE_ADDR=peer, headers=bearer).status_code == 200


def role_state(role: str, *, ready: bool, failure: str = "", age: int = 0) -> None:
    """A role that reported itself some seconds ago."""
    models.RoleState.objects.update_or_create(
        node=node_name(),
        role=role,
        defaults={
            "pid": 1,
            "started_at": now(),
            "heartbeat_at": now() - age * SECOND,
            "applied_version": 0,
            "ready": ready,
            "failure": failure,
            "detail": "{}",
        },
    )


def test_ready_means_that_alarms_can_be_accepted(api, tmp_path):
    """Without sources the store is enough; with some the intake must have opened them."""
    assert api.get("/readyz", role=None).json == {"ok": True, "reasons": []}
    source = {"name": "ids-1", "kind": "eve", "path": str(tmp_path / "eve.json")}
    configuration.change(access.LOCAL, {"sources": [source]})
    answer = api.get("/readyz", role=None)
    assert answer.status == 503
    assert "intake" in answer.json["reasons"][0]
    role_state("intake", ready=False, failure="ids-1: no such file")
    assert api.get("/readyz", role=None).json["reasons"] == ["ids-1: no such file"]
    role_state("intake", ready=True)
    assert api.get("/readyz", role=None).status == 200
    role_state("intake", ready=True, age=3600)
    assert api.get("/readyz", role=None).status == 503


NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = rf'{NAME}="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"^({NAME})(?:\{{((?:{LABEL}(?:,{LABEL})*)?)\}})? (-?[0-9]+(?:\.[0-9]+)?)$")


def read_openmetrics(text: str) -> dict[str, dict[str, float]]:
    """The families of an exposition, held to the rules of OpenMetrics 1.0.

    One TYPE and HELP before the samples of a family, families not interleaved, counters
    ending in _total, no sample twice, no blank line, EOF at the very end.
    """
    assert text.endswith("\n# EOF\n") or text == "# EOF\n"
    families: dict[str, dict[str, float]] = {}
    types: dict[str, str] = {}
    helped: set[str] = set()
    family = ""
    for line in text.removesuffix("# EOF\n").splitlines():
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in types, f"interleaved: {family}"
            assert kind in {"counter", "gauge"}
            types[family], families[family] = kind, {}
        elif line.startswith("# HELP "):
            _, _, name, words = line.split(" ", 3)
            assert name == family
            assert name not in helped
            assert words.strip()
            helped.add(name)
        else:
            sample = SAMPLE.match(line)
            assert sample, line
            name = family + ("_total" if types[family] == "counter" else "")
            assert sample[1] == name, line
            key = sample[2] or ""
            assert key not in families[family], line
            assert float(sample[3]) >= 0
            families[family][key] = float(sample[3])
    assert helped == set(types)
    return families


def test_metrics_are_openmetrics(api, reported, delivery, configured):
    """The exposition keeps the format, and tells what happened."""
    empty = read_openmetrics(api.get("/metrics", role=None).text)
    assert empty["tocsin_transitions_undecided"] == {"": 0}
    api.post("/alarms", [{"type": "a"}, {"type": "a"}, {"type": "b", "source_type": "zeek"}])
    api.post("/alarms", {"typ": "refused"})
    alarm = reported()
    api.post(f"/alarms/{alarm}/acknowledge")
    early = now() - 60 * SECOND
    waiting = delivery(alarm, "queued", queued_at=early)
    api.post(f"/deliveries/{delivery(reported(), 'failed', queued_at=early)}/retry")
    api.post(f"/deliveries/{waiting}/cancel")
    delivery(reported(), "retrying", queued_at=early)
    role_state("responder", ready=True)
    role_state("intake", ready=True, age=3600)
    models.RelayState.objects.create(
        name='a"b\\c\nd', paused_at=now(), code="tcp.refused", facts="{}", failures=1
    )
    answer = api.get("/metrics", role=None)
    assert answer.type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    found = read_openmetrics(answer.text)
    assert found["tocsin_alarms"] == {'source_type="api"': 5, 'source_type="zeek"': 1}
    assert found["tocsin_transitions"] == {'kind="active"': 5}
    assert found["tocsin_transitions_undecided"] == {"": 5}
    assert found["tocsin_alarms_worked"] == {'as="acknowledged"': 1}
    assert found["tocsin_deliveries"] == {
        'kind="email",state="queued"': 1,
        'kind="email",state="cancelled"': 1,
    }
    assert found["tocsin_deliveries_now"]['state="queued"'] == 1
    assert found["tocsin_deliveries_now"]['state="retrying"'] == 1
    assert found["tocsin_deliveries_now"]['state="delivered"'] == 0
    assert 60 <= found["tocsin_oldest_waiting_seconds"][""] < 600
    assert found["tocsin_relay_paused"] == {'relay="a\\"b\\\\c\\nd"': 1}
    assert set(found["tocsin_role_up"].values()) == {0, 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a 1\n# EOF",
        "# TYPE a counter\n# HELP a b\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a b\na 1\na 2\n# EOF\n",
        "# TYPE a gauge\n# HELP a b\na{b=c} 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a b\na one\n# EOF\n",
        "# TYPE a gauge\n# HELP a b\n\n# EOF\n",
        "# TYPE a gauge\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a b\n# TYPE c gauge\n# HELP c d\n# TYPE a gauge\n# EOF\n",
    ],
)
def test_the_reader_of_openmetrics_refuses_what_is_none(text):
    """The check above can fail."""
    with pytest.raises((AssertionError, KeyError, ValueError)):
        read_openmetrics(text)
