"""``/api/v1/trust/watch``: what the relays presented, and asking for a look."""

from __future__ import annotations

import json

import chains
from tocsin.base.clock import DAY, now
from tocsin.domain.principal import Role
from tocsin.store import models
from tocsin.store.queries.chains import keep_certificates

HOST = "relay.example.com"
ROOT = chains.make("Example Root CA 9", ca=True, ends=4000)
OLD, NEW = chains.make(HOST, issuer=ROOT, ends=40), chains.make(HOST, issuer=ROOT, ends=400)


def see(one: chains.Made, first: int, last: int) -> None:
    """The relay presented a leaf from so long ago until so long ago."""
    keep_certificates([one.der], now())
    models.ChainSeen.objects.create(
        relay="smtp", host=HOST, port=587, address="192.0.2.25", chain=json.dumps([one.sha256]),
        first_seen_at=now() - first, last_seen_at=now() - last, trusted=True, anchor=ROOT.sha256,
    )  # fmt: skip


def responder() -> None:
    """One runs."""
    models.RoleState.objects.create(
        node="here", role="responder", instance="i", pid=1, started_at=now(), heartbeat_at=now(),
        applied_version=1, ready=True, failure="", detail="{}",
    )  # fmt: skip


def test_the_history_of_a_relay(configured, api):
    """Each address with its chains, the newest first, and what changed in words."""
    see(OLD, 30 * DAY, DAY)
    see(NEW, DAY, 0)
    (relay,) = api.get("/trust/watch", role=Role.VIEWER).json["items"]
    assert (relay["relay"], relay["server"], relay["port"]) == ("smtp", HOST, 587)
    assert (relay["configured"], relay["looked_at"], relay["code"]) == (True, None, None)
    (address,) = relay["addresses"]
    assert address["address"] == "192.0.2.25"
    new, old = address["chains"]
    assert new["chain"] == [NEW.sha256]
    assert (new["present"], old["present"]) == (True, False)
    assert new["changes"][0].startswith("The server's certificate is another one")
    assert old["changes"] == []
    assert (new["trusted"], new["anchor"], new["anchor_name"]) == (True, ROOT.sha256, None)
    assert new["subject"] == f"CN={HOST}"


def test_the_list_comes_in_parts(configured, api):
    """As every list of the API does."""
    see(OLD, 30 * DAY, DAY)
    models.ChainSeen.objects.create(
        relay="former", host=HOST, port=25, address="192.0.2.1", chain='["00"]',
        first_seen_at=1, last_seen_at=1, trusted=False, code="tls.invalid-chain",
    )  # fmt: skip
    first = api.get("/trust/watch?limit=1").json
    assert [one["relay"] for one in first["items"]] == ["smtp"]
    second = api.get(f"/trust/watch?limit=1&cursor={first['next']}").json
    assert [one["relay"] for one in second["items"]] == ["former"]
    (address,) = second["items"][0]["addresses"]
    assert address["chains"][0]["subject"] is None
    assert second["next"] is None


def test_a_look_is_asked_for(configured, api):
    """202 with the names; only for administrators, and only while a responder runs."""
    api.post("/trust/watch/look", {}).problem(503, "role.missing")
    responder()
    api.post("/trust/watch/look", {}, role=Role.RESPONDER).problem(403, "access.not-permitted")
    answer = api.post("/trust/watch/look", {"relay": "smtp"})
    assert (answer.status, answer.json) == (202, {"relays": ["smtp"]})
    assert models.ChainLook.objects.get().next_look_at <= now()
    assert api.post("/trust/watch/look", {"relay": "another"}).status == 404
    api.post("/trust/watch/look", {"relay": 5}).problem(422, "input.invalid")


def test_without_encryption_there_is_nothing_to_look_at(api):
    """A conflict, not silence."""
    from tocsin.engine import access, configuration

    plain = {"server": "127.0.0.1", "port": 25, "encryption": "none", "from": "t@example.com"}
    configuration.change(access.LOCAL, {"smtp": plain})
    responder()
    assert api.post("/trust/watch/look", {}).status == 409
    assert api.get("/trust/watch").json["items"] == []
