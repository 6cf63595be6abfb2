"""The cipher policy over the API: shown, looked at, changed, changed back; and the deep probe."""

from __future__ import annotations

from tocsin.domain.principal import Role

LIST = "ECDHE-RSA-AES256-GCM-SHA384"


def test_the_policy_and_the_presets_are_shown(api):
    """What is offered, and which of it no list alters."""
    told = api.get("/ciphers").json
    assert told["policy"]["preset"] == "tocsin"
    assert told["policy"]["security_level"] == 2
    assert all(name.startswith("TLS_") for name in told["policy"]["fixed"])
    assert "OpenSSL" in told["policy"]["openssl"]
    sources = {one["preset"]: one["source"] for one in told["items"]}
    assert "5.7" in sources["mozilla-intermediate"]


def test_a_policy_is_looked_at_before_it_is_in_force(api):
    """A dry run changes nothing; without a relay there is nobody to ask."""
    looked = api.post("/ciphers?dry_run=true", {"list": LIST}).json
    assert looked["effects"] == []
    assert looked["changed"] is False
    assert LIST in looked["policy"]["offered"]
    assert api.get("/ciphers").json["policy"]["preset"] == "tocsin"
    assert api.post("/ciphers", {"list": LIST}).json["changed"] is True
    assert api.get("/ciphers").json["policy"]["list"] == LIST
    assert api.post("/ciphers/restore?dry_run=true").json["policy"]["preset"] == "tocsin"
    assert api.get("/ciphers").json["policy"]["list"] == LIST
    assert api.post("/ciphers/restore").json["changed"] is True
    assert api.get("/ciphers").json["policy"]["preset"] == "tocsin"


def test_an_unknown_name_is_refused_by_name(api):
    """OpenSSL alone would say nothing."""
    refused = api.post("/ciphers", {"list": f"{LIST}:NOPE"})
    assert refused.status == 422
    assert "NOPE" in str(refused.json)


def test_without_a_change_there_is_nothing_to_go_back_to(api):
    """It is said, and nothing is changed."""
    assert api.post("/ciphers/restore").status == 409


def test_a_probe_is_for_administrators_and_for_real_ports(api):
    """Connections are made from this machine: not for everybody, and not to nowhere."""
    where = {"host": "127.0.0.1", "port": 0}
    assert api.post("/certs/probe", where, role=Role.RESPONDER).status == 403
    refused = api.post("/certs/probe", where)
    assert refused.status == 422
    assert "port" in str(refused.json)
