"""The configuration document, the trust store and the appliances over the API."""

from __future__ import annotations

import json

import pytest

import chains
from tocsin.base.home import node_name
from tocsin.base.secret import Secret
from tocsin.domain.principal import Role
from tocsin.engine import configuration
from tocsin.store import models

PASSWORD = "correct horse battery staple"
SMTP = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "user": "AKIAEXAMPLE",
}
SMTP_OPEN = {name: said for name, said in SMTP.items() if name != "user"}
ROOT = chains.make("Example Root CA 2", ca=True, ends=4000)
OLD = chains.make("Old Root CA", ca=True, starts=-90, ends=-1)
FUTURE = chains.make("New Root CA", ca=True, starts=5, ends=90)


def test_an_empty_manager_shows_an_empty_document(api):
    """Version 0 before the first change, every part there and empty."""
    assert api.get("/configuration").json == {
        "version": 0,
        "document": {
            "smtp": None,
            "relays": [],
            "outbox": {"in_doubt": "again", "keep_trying_h": 24, "page_address": ""},
            "ses": None,
            "arrival": None,
            "trust": [],
            "trust_system_roots": False,
            "ciphers": {"preset": "tocsin"},
            "sources": [],
            "actions": [],
            "rules": [],
        },
    }


def test_what_is_shown_can_be_sent_back_and_changes_nothing(api, configured):
    """The document that GET gives is one that POST takes, password and all."""
    api.post("/configuration", {"smtp": {**SMTP, "password": PASSWORD}})
    shown = api.get("/configuration").json
    answer = api.post("/configuration", shown["document"])
    assert answer.status == 200, answer.text
    assert answer.json["version"] == shown["version"]
    assert answer.json["changed"] is False
    assert answer.json["differences"] == []


def test_a_dry_run_says_what_would_change(api, configured):
    """The differences are told, and the version stays."""
    body = {"ciphers": {"preset": "tls13"}}
    answer = api.post("/configuration?dry_run=true", body).json
    assert answer["changed"] is False
    assert answer["version"] == 1
    assert [one["path"] for one in answer["differences"]] == ["ciphers.preset"]
    assert answer["differences"][0]["before"] == "tocsin"
    assert configuration.current_number() == 1
    made = api.post("/configuration", body).json
    assert made["changed"] is True
    assert made["version"] == 2
    assert made["differences"] == answer["differences"]


def test_a_change_can_be_tied_to_the_version_it_was_made_for(api, configured):
    """With `expected` 409 when another version is in force, and the change when it is not."""
    body = {"ciphers": {"preset": "tls13"}}
    document = api.post("/configuration?expected=0", body).problem(409, "config.conflict")
    assert "version 1" in document["detail"]
    api.post("/configuration?expected=99999999999999999999", body).problem(409, "config.conflict")
    assert api.post("/configuration?expected=1", body).json["version"] == 2


def test_the_password_is_taken_and_never_given(api):
    """In no answer and in no table in the clear; a change without it leaves it as it is."""
    answers = [api.post("/configuration", {"smtp": {**SMTP, "password": PASSWORD}})]
    assert answers[0].status == 200
    assert {"path": "smtp.password", "before": "", "after": "set"} in answers[0].json["differences"]
    answers += [
        api.post("/configuration", {"smtp": {**SMTP, "port": 2587}}),
        api.post("/configuration", {"smtp": {**SMTP, "password": PASSWORD + "2"}}),
        api.post("/configuration", {"smtp": {**SMTP, "password": "set"}}),
        api.post("/configuration", {"smtp": {**SMTP, "password": PASSWORD, "port": "x"}}),
        api.post("/configuration?dry_run=true", {"smtp": {**SMTP, "password": PASSWORD}}),
        api.post("/configuration?expected=0", {"smtp": {**SMTP, "password": PASSWORD}}),
        api.post("/configuration", {"smtp": {"password": PASSWORD}}, role=Role.VIEWER),
        api.get("/configuration"),
        api.get("/configuration/versions"),
        api.get("/configuration", role=Role.VIEWER),
    ]
    assert [one.status for one in answers] == [
        200,
        200,
        200,
        200,
        422,
        200,
        409,
        403,
        200,
        200,
        200,
    ]
    assert not any(PASSWORD in one.text for one in answers)
    assert configuration.current().configuration.smtp.password == Secret(PASSWORD + "2")
    assert answers[-1].json["document"]["smtp"]["password_file"] == "set"
    tables = [
        str(list(models.ConfigurationVersion.objects.values_list())),
        str([bytes(one.ciphertext) for one in models.StoredSecret.objects.all()]),
        str(list(models.StoredSecret.objects.values_list())),
    ]
    assert models.StoredSecret.objects.count() == 2
    assert not any(PASSWORD in one for one in tables)


BACKUP = {**SMTP, "name": "Backup", "server": "backup.example.com"}


def test_the_password_of_a_further_relay_is_taken_and_never_given(api):
    """As that of the first: set and replaced, kept without a word, told by its relay's name."""
    last = {**BACKUP, "name": "Last", "port": 2587, "password": PASSWORD + "3"}
    said = {
        "smtp": {**SMTP, "password": PASSWORD + "1"},
        "relays": [{**BACKUP, "password": PASSWORD + "2"}, last],
    }
    answers = [
        api.post("/configuration", said),
        api.post("/configuration", {"relays": [{**BACKUP, "after_s": 60}]}),
        api.post("/configuration?dry_run=true", {"relays": [{**BACKUP, "password": PASSWORD}]}),
        api.get("/configuration"),
        api.get("/configuration/versions"),
    ]
    assert [one.status for one in answers] == [200] * 5, [one.text for one in answers]
    assert not any(PASSWORD in one.text for one in answers)
    paths = {one["path"] for one in answers[0].json["differences"]}
    assert {"smtp.password", "relays Backup.password", "relays Last.password"} <= paths
    assert [(one["path"], one["after"]) for one in answers[1].json["differences"]] == [
        ("relays Backup.after_s", "60"),
        ("relays Last", ""),
    ]
    assert answers[3].json["document"]["relays"][0]["password_file"] == "set"
    (backup,) = configuration.current().configuration.relays
    assert backup.password == Secret(PASSWORD + "2")
    assert not any(
        PASSWORD in str(row) for row in models.ConfigurationVersion.objects.values_list("document")
    )


@pytest.mark.parametrize("relays", [None, 5, "x", {}, [5], [None], [{"password": 5}], [[]]])
def test_relays_that_are_none_are_refused(relays, api):
    """Whatever stands there, the answer names what is wrong."""
    answer = api.post("/configuration", {"smtp": SMTP_OPEN, "relays": relays})
    document = answer.problem(422, "input.invalid")
    assert all(one["field"].startswith("relays") for one in document["errors"])


@pytest.mark.parametrize("password", [5, True, ["x"], {"x": "y"}, "", "a\nb", "x" * 100_000])
def test_a_password_that_is_none_is_refused_without_being_repeated(password, api):
    """Neither a wrong kind of value nor a hostile text becomes a password or stands in words."""
    answer = api.post("/configuration", {"smtp": {**SMTP, "password": password}})
    if answer.status != 200:
        answer.problem(422, "input.invalid")
    else:
        assert password == ""
    assert "x" * 200 not in answer.text


def test_files_of_the_manager_cannot_be_read_by_naming_them(api, tmp_path):
    """A document sent over the network names no file of this machine."""
    secret = tmp_path / "secret"
    secret.write_text("content of a file\n")
    for body in (
        {"smtp": {**SMTP, "password_file": str(secret)}},
        {"trust": [{"name": "x", "file": str(secret)}]},
    ):
        answer = api.post("/configuration", body)
        answer.problem(422, "input.invalid")
        assert "content of a file" not in answer.text
        assert "config apply" in answer.text


def test_every_problem_is_listed_and_nothing_is_half_done(api, configured):
    """Several mistakes in one document: all are named, and the good parts are not applied."""
    document = api.post(
        "/configuration",
        {
            "smtp": {**SMTP, "port": 0, "encryption": "ssl", "colour": "red"},
            "ciphers": {"list": "RC4-NOTHING"},
            "rules": [{"name": "R", "when": {"severity": "high"}}],
            "sources": [{"name": "s", "kind": "pigeon"}],
            "smpt": {},
            "actions": [],
        },
    ).problem(422, "input.invalid")
    fields = {one["field"] for one in document["errors"]}
    assert fields == {
        "smtp.port",
        "smtp.encryption",
        "smtp.colour",
        "ciphers.list",
        "rules[0].when.severity",
        "sources[0].kind",
        "smpt",
    }
    assert configuration.current_number() == 1
    assert len(api.get("/actions").json["items"]) == 1


def test_a_password_is_not_sent_in_the_clear(api):
    """Encryption none beside a password is refused."""
    body = {"smtp": {**SMTP, "password": PASSWORD, "encryption": "none"}}
    document = api.post("/configuration", body).problem(422, "input.invalid")
    assert document["errors"][0]["field"] == "smtp.encryption"


def test_certificates_are_added_shown_and_removed(api):
    """Under the subject's name or one of the caller's; with all that a person compares."""
    added = api.post("/trust", {"pem": ROOT.pem.decode()})
    assert added.status == 201
    assert added.json["differences"] == [
        {"path": "trust Example Root CA 2", "before": "", "after": "added"}
    ]
    other = chains.make("Example Root CA 3", ca=True, ends=4000)
    assert api.post("/trust", {"pem": other.pem.decode(), "name": "Our / relay"}).status == 201
    first, second = api.get("/trust").json["items"]
    assert (first["name"], first["sha256"]) == ("Example Root CA 2", ROOT.sha256)
    assert first["pem"] == ROOT.pem.decode()
    assert first["added_by"] == "administrator"
    assert first["ca"] is True
    assert first["self_signed"] is True
    assert first["problems"] == []
    assert api.get("/trust/Our / relay").json == second
    removed = api.ask("DELETE", "/trust/Our / relay")
    assert removed.status == 200
    assert removed.json["changed"] is True
    api.ask("DELETE", "/trust/Our / relay").problem(404, "input.not-found")


def test_a_bundle_is_added_whole_or_not_at_all(api):
    """Two certificates of one name, a root and its twin, get names of their own."""
    rungs = chains.ladder()
    bundle = (rungs.root.pem + rungs.root_crossed.pem).decode()
    bad = bundle + OLD.pem.decode()
    api.post("/trust", {"pem": bad}).problem(422, "certificate.expired")
    assert api.get("/trust").json["items"] == []
    assert api.post("/trust", {"pem": bundle}).status == 201
    names = [one["name"] for one in api.get("/trust").json["items"]]
    assert len(set(names)) == 2
    assert all(name.startswith("Example Root CA 1 (") for name in names)


@pytest.mark.parametrize(
    ("pem", "status", "code"),
    [
        (ROOT.key_pem().decode(), 422, "certificate.private-key"),
        ((ROOT.pem + ROOT.key_pem()).decode(), 422, "certificate.private-key"),
        (ROOT.key_pem(b"locked").decode(), 422, "certificate.private-key"),
        (OLD.pem.decode(), 422, "certificate.expired"),
        (FUTURE.pem.decode(), 422, "input.invalid"),
        ("", 422, "certificate.not-a-certificate"),
        ("<!doctype html>", 422, "certificate.not-a-certificate"),
        (ROOT.pem.decode()[:200], 422, "certificate.not-a-certificate"),
        (ROOT.pem.decode().replace("M", "N", 3), 422, "certificate.not-a-certificate"),
    ],
)
def test_what_cannot_be_trusted_is_refused_in_words_that_help(pem, status, code, api):
    """A key, an expired, a future, a broken certificate: refused by name, nothing kept."""
    answer = api.post("/trust", {"pem": pem})
    document = answer.problem(status, code)
    assert "PRIVATE KEY" not in answer.text
    assert document["fix"]
    if code == "certificate.expired":
        assert "Old Root CA" in document["detail"]
    assert configuration.current_number() == 0
    assert models.StoredSecret.objects.count() == 0


def test_a_certificate_is_trusted_once(api):
    """The same certificate under another name, or another under the same name: 409."""
    api.post("/trust", {"pem": ROOT.pem.decode()})
    again = api.post("/trust", {"pem": ROOT.pem.decode(), "name": "Another"})
    assert "Example Root CA 2" in again.problem(409, "certificate.duplicate")["detail"]
    other = chains.make("Example Root CA 4", ca=True, ends=4000)
    body = {"pem": other.pem.decode(), "name": "example root ca 2"}
    api.post("/trust", body).problem(409, "config.conflict")
    assert len(api.get("/trust").json["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "pem"),
        ({"pem": 5}, "pem"),
        ({"pem": "x", "colour": 1}, "colour"),
        ({"pem": "a\0b"}, "pem"),
        ({"pem": "x", "name": None}, "name"),
    ],
)
def test_a_wrong_certificate_request_names_its_field(body, field, api):
    """Unknown, missing and wrong fields are refused by their names."""
    document = api.post("/trust", body).problem(422, "input.invalid")
    assert [one["field"] for one in document["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "host"),
        ({"host": ""}, "host"),
        ({"host": "a b"}, "host"),
        ({"host": "a\nb"}, "host"),
        ({"host": 5}, "host"),
        ({"host": "127.0.0.1", "port": 0}, "port"),
        ({"host": "127.0.0.1", "port": 65_536}, "port"),
        ({"host": "127.0.0.1", "port": "x"}, "port"),
        ({"host": "127.0.0.1", "mode": "plain"}, "mode"),
        ({"host": "127.0.0.1", "timeout": "soon"}, "timeout"),
        ({"host": "127.0.0.1", "colour": 1}, "colour"),
    ],
)
def test_a_wrong_endpoint_names_its_field(body, field, api):
    """Collecting asks nobody before every field is right."""
    document = api.post("/certs/collect", body).problem(422, "input.invalid")
    assert field in document["detail"]


def test_an_appliance_that_does_not_run_is_shown_as_it_is(api):
    """The node is listed without roles and with a status that says so."""
    (one,) = api.get("/appliances").json["items"]
    assert one["node"] == node_name()
    assert one["roles"] == []
    assert one["latest_version"] == 0
    assert one["status"] != "Up"


def test_a_delivery_is_shown_with_its_evidence(api, reported, delivery):
    """Every field of the contract stands in the answer of one delivery."""
    alarm = reported()
    id_ = delivery(alarm)
    shown = api.get(f"/deliveries/{id_}").json
    assert shown["alarms"] == [alarm]
    assert shown["recipients"] == [
        {
            "address": "soc@example.com",
            "state": "pending",
            "reply": None,
            "receipt": "none",
            "receipt_at": None,
            "receipt_words": "",
        }
    ]
    wanted = {"id", "action", "kind", "state", "message_id", "queued_at", "delivered_at"}
    assert wanted | {"maybe_twice", "attempts"} <= set(shown)
    assert json.dumps(shown) == json.dumps(api.get("/deliveries").json["items"][0])


@pytest.mark.parametrize(
    "state",
    ["queued", "sending", "retrying", "held", "delivered", "failed", "cancelled", "unknown"],
)
def test_what_can_be_done_with_a_delivery_depends_on_its_state(state, api, reported, delivery):
    """Retry for what ended without success or waits; cancel for what waits; else 409."""
    again, over = delivery(reported(), state), delivery(reported(), state)
    retried = api.post(f"/deliveries/{again}/retry")
    if state in {"failed", "cancelled", "unknown", "held", "retrying"}:
        assert retried.json["state"] == "queued"
        assert retried.json["maybe_twice"] is (state == "unknown")
    else:
        assert state in retried.problem(409, "config.conflict")["detail"]
    cancelled = api.post(f"/deliveries/{over}/cancel")
    if state in {"queued", "retrying", "held"}:
        assert cancelled.json["state"] == "cancelled"
        assert cancelled.json["finished_at"] is not None
    else:
        assert state in cancelled.problem(409, "config.conflict")["detail"]


def test_a_test_is_not_sent_again(api, reported, delivery):
    """Nobody waits for the answer of an old test: retry is refused, and says what to do."""
    id_ = delivery(reported(), "failed", sample='{"type": "Test"}')
    document = api.post(f"/deliveries/{id_}/retry").problem(409, "config.conflict")
    assert "Test Action" in document["detail"]


@pytest.mark.parametrize("id_", ["nothing", "01990000-0000-7000-8000-000000000000", "%00"])
def test_a_delivery_that_is_not_there(id_, api):
    """404 for looking, retrying and cancelling alike."""
    api.get(f"/deliveries/{id_}").problem(404, "input.not-found")
    for what in ("retry", "cancel"):
        api.post(f"/deliveries/{id_}/{what}").problem(404, "input.not-found")
