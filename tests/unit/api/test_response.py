"""Actions and rules over the API: each change is a version of the one document."""

from __future__ import annotations

import pytest

from tocsin.domain.principal import Role
from tocsin.engine import access, configuration

ACTION = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}


def rules(api) -> dict[str, dict]:
    """The rules by their names."""
    return {one["name"]: one for one in api.get("/rules").json["items"]}


def test_an_action_is_added_shown_replaced_and_removed(api):
    """The whole life of an action, each step a version made by the token that asked."""
    answer = api.post("/actions", ACTION, role=Role.RESPONDER)
    assert answer.status == 201
    assert answer.json["to"] == ["soc@example.com"]
    assert answer.json["enabled"] is True
    assert api.get("/actions/Mail the SOC").json == answer.json
    changed = api.ask(
        "PUT", "/actions/Mail the SOC", {**ACTION, "to": ["a@example.com", "b@example.com"]}
    )
    assert changed.status == 200
    assert changed.json["to"] == ["a@example.com", "b@example.com"]
    removed = api.ask("DELETE", "/actions/Mail the SOC")
    assert (removed.status, removed.text) == (204, "")
    api.get("/actions/Mail the SOC").problem(404, "input.not-found")
    versions = api.get("/configuration/versions").json["items"]
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert [one["actor"] for one in versions] == ["administrator", "administrator", "responder"]
    assert {one["origin"] for one in versions} == {"api"}
    assert versions[0]["summary"] == ["actions Mail the SOC: removed"]


def test_rules_follow_an_action_to_its_new_name(api, configured):
    """Renaming an action keeps every rule that names it working, in one version."""
    api.post(
        "/rules",
        {"name": "Both", "when": {}, "active": ["Mail the SOC"], "inactive": ["Mail the SOC"]},
    )
    before = configuration.current_number()
    answer = api.ask("PUT", "/actions/Mail the SOC", {**ACTION, "name": "Mail us"})
    assert answer.status == 200
    assert answer.json["name"] == "Mail us"
    assert rules(api)["Everything"]["active"] == ["Mail us"]
    assert rules(api)["Both"]["active"] == rules(api)["Both"]["inactive"] == ["Mail us"]
    assert configuration.current_number() == before + 1


def test_without_a_name_in_the_body_it_keeps_its_own(api, configured):
    """Replacing by an object without a name is no renaming."""
    body = {"kind": "email", "to": ["new@example.com"]}
    assert api.ask("PUT", "/actions/Mail the SOC", body).json["name"] == "Mail the SOC"
    assert api.ask("PUT", "/rules/Everything", {"when": {}}).json["name"] == "Everything"
    assert rules(api)["Everything"]["active"] == []


def test_an_action_that_rules_name_stays(api, configured):
    """409 that names the rules; after they are gone the action can go."""
    api.post("/rules", {"name": "Second", "when": {}, "inactive": ["Mail the SOC"]})
    document = api.ask("DELETE", "/actions/Mail the SOC").problem(409, "config.conflict")
    assert "Everything" in document["detail"]
    assert "Second" in document["detail"]
    for name in ("Everything", "Second"):
        assert api.ask("DELETE", f"/rules/{name}").status == 204
    assert api.ask("DELETE", "/actions/Mail the SOC").status == 204


def test_a_rule_is_added_replaced_renamed_and_removed(api, configured):
    """The life of a rule; a replaced one keeps its place in the order."""
    rule = {"name": "Major", "when": {"severity": "major"}, "active": ["Mail the SOC"]}
    answer = api.post("/rules", rule, role=Role.RESPONDER)
    assert answer.status == 201
    assert answer.json["when"] == {"severity": "major"}
    assert answer.json["enabled"] is True
    renamed = api.ask("PUT", "/rules/Everything", {"name": "All", "when": {}, "enabled": False})
    assert renamed.json["enabled"] is False
    assert list(rules(api)) == ["All", "Major"]
    assert api.ask("DELETE", "/rules/All").status == 204
    assert list(rules(api)) == ["Major"]


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({"name": "R", "when": {"severity": "high"}}, "rules[1].when.severity", "high"),
        ({"name": "R", "when": {"colour": "red"}}, "rules[1].when.colour", "no field"),
        (
            {"name": "R", "when": {"source_host": "192.0.2.0/33"}},
            "rules[1].when.source_host",
            "/33",
        ),
        ({"name": "R", "when": []}, "rules[1].when", "mapping"),
        ({"name": "R", "active": ["Nobody"]}, "rules[1].active[0]", "Nobody"),
        ({"name": "R", "colour": 1}, "rules[1].colour", "not known"),
        ({"name": "everything"}, "rules[1].name", "too"),
        ({"name": ""}, "rules[1].name", "characters"),
        ({"name": "a\nb"}, "rules[1].name", "printable"),
        ({"name": 5}, "rules[1].name", "text"),
        ({}, "rules[1].name", "missing"),
    ],
)
def test_a_wrong_rule_is_refused_naming_the_path(body, path, words, api, configured):
    """422 that names the place in the document and says what is wrong; nothing changes."""
    document = api.post("/rules", body).problem(422, "input.invalid")
    (error,) = document["errors"]
    assert error["field"].startswith(path)
    assert words in error["message"] + error["accepted"]
    assert path in document["detail"]
    assert configuration.current_number() == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "pigeon"}, "actions[1].kind"),
        ({"kind": None}, "actions[1].kind"),
        ({"to": []}, "actions[1].to"),
        ({"to": ["nobody"]}, "actions[1].to"),
        ({"to": ["a@example.com\r\nBcc: x@example.org"]}, "actions[1].to"),
        ({"subject": "{{ alarm.nothing }}"}, "actions[1].subject"),
        ({"subject": "{{ alarm"}, "actions[1].subject"),
        ({"colour": 1}, "actions[1].colour"),
        ({"name": "mail the soc"}, "actions[1].name"),
    ],
)
def test_a_wrong_action_is_refused_naming_the_path(change, path, api, configured):
    """422 that names the place in the document; nothing changes."""
    body = {"name": "B", "kind": "email", "to": ["b@example.com"], **change}
    document = api.post("/actions", body).problem(422, "input.invalid")
    assert document["errors"][0]["field"].startswith(path)
    assert configuration.current_number() == 1


@pytest.mark.parametrize("what", ["actions", "rules"])
def test_what_is_not_there_cannot_be_replaced_or_removed(what, api, configured):
    """404 for a name that no entry has, in whatever case."""
    other = "mail the soc" if what == "actions" else "everything"
    for name in ("Nothing", other):
        for method in ("GET", "PUT", "DELETE"):
            api.ask(method, f"/{what}/{name}", {"kind": "email", "to": ["a@example.com"]}).problem(
                404, "input.not-found"
            )


def test_names_with_slashes_and_other_marks(api):
    """An entry is found under any name that it may have, also one with slashes."""
    for name in ("SOC / night", "a/test", "50% ?#&", "\u00dc\u0308 \u6d4b\u8bd5"):
        path = "/actions/" + "".join(f"%{octet:02x}" for octet in name.encode())
        assert api.post("/actions", {**ACTION, "name": name}).status == 201
        if not name.endswith("/test"):
            assert api.get(path).json["name"] == name
            assert api.post(f"{path}/test").status == 503
            assert api.ask("DELETE", path).status == 204


def test_a_test_needs_a_responder_and_an_action(api, configured):
    """503 that says which role is not running; 404 for an action that is not there."""
    document = api.post("/actions/Mail the SOC/test").problem(503, "role.missing")
    assert "responder" in document["detail"]
    api.post("/actions/Nothing/test").problem(404, "input.not-found")


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_an_entry_is_an_object(body, api):
    """A list, a text or a number is no rule and no action."""
    import json

    for path in ("/rules", "/actions"):
        raw = json.dumps(body).encode()
        document = api.ask("POST", path, raw=raw).problem(422, "input.invalid")
        assert "not a JSON object" in document["detail"]


def test_text_that_a_store_cannot_hold_is_no_mishap(api, configured):
    """NUL and line ends in a description are kept or refused, and the history stays readable."""
    body = {"name": "R", "when": {}, "description": "one\ntwo\u2028three\0four"}
    answer = api.post("/rules", body)
    assert answer.status in {201, 422}
    assert api.ask("PUT", "/rules/Everything", {"when": {}, "description": "a\nb"}).status == 200
    summary = api.get("/configuration/versions").json["items"][0]["summary"]
    assert any("a b" in line for line in summary)
    assert all(line.isprintable() for line in summary)


def test_half_a_surrogate_pair_is_refused(api, configured):
    """Text that no encoding has is refused wherever it stands, and repeated safely."""
    for raw in (
        b'{"name": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"name": "x", "when": {"\\ud800": 1}}',
    ):
        for path in ("/rules", "/actions", "/configuration", "/trust", "/certs/collect"):
            api.ask("POST", path, raw=raw).problem(422, "input.invalid")


def test_changes_by_two_at_once_do_not_lose_one(api, configured, monkeypatch):
    """A change that another one overtook is refused with 409 instead of undoing it."""
    real = configuration.current
    latest = real()
    api.post("/rules", {"name": "Theirs", "when": {}})
    answers = iter([latest])
    monkeypatch.setattr(configuration, "current", lambda: next(answers, None) or real())
    api.post("/rules", {"name": "Ours", "when": {}}).problem(409, "config.conflict")
    assert list(rules(api)) == ["Everything", "Theirs"]


def test_the_actor_is_the_token(api):
    """A version says which token made it."""
    api.post("/actions", ACTION)
    (one,) = configuration.history(access.LOCAL)
    assert (one.actor, one.origin) == ("administrator", "api")
