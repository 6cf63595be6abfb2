"""Documents as they are shown and stored."""

from __future__ import annotations

import json

import documents
from documents import applied
from tocsin.base.secret import Secret
from tocsin.central.configuration import EMPTY
from tocsin.central.document import from_stored, show, to_stored

RELAY = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "sna@example.com",
    "user": "AKIAEXAMPLE",
    "password_file": "smtp.pw",
}


def test_a_secret_is_shown_as_set() -> None:
    """What is shown says that there is a password, and may be applied again."""
    shown = show(applied({"smtp": RELAY}))
    assert shown["smtp"] == {**RELAY, "password_file": "set"}


def test_a_relay_without_a_password_shows_none() -> None:
    """Nothing is called set that is not there."""
    relay = {name: value for name, value in RELAY.items() if name not in {"user", "password_file"}}
    assert show(applied({"smtp": relay}))["smtp"] == relay


def test_an_empty_manager_shows_every_part() -> None:
    """Whoever looks at a fresh manager sees what can be said."""
    assert show(EMPTY) == {
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
    }


def test_a_secret_is_kept_apart() -> None:
    """The stored document holds the id that the store gave, told with the field's path."""
    kept: dict[str, Secret] = {}

    def keep(path: str, secret: Secret) -> str:
        kept[path] = secret
        return "id-1"

    stored = to_stored(applied({"smtp": RELAY}), keep)
    assert stored["smtp"]["password"] == "id-1"
    assert kept == {"smtp.password": Secret("correct horse")}
    assert "password_file" not in stored["smtp"]
    assert "correct horse" not in json.dumps(stored)


BACKUP = {
    "name": "Backup",
    "server": "backup.example.com",
    "port": 465,
    "encryption": "smtps",
    "user": "backup",
    "password_file": "other.pw",
}


def test_a_relay_shows_what_was_said_of_it() -> None:
    """What is as nobody said otherwise is left out; a whole rate is written as one."""
    said = {
        **RELAY,
        "sign_in": "plain",
        "max_send_rate": 14.0,
        "max_24_hour_send": 50_000,
        "max_connections": 20,
        "window": 64,
        "idle_s": 9,
        "timeout_s": None,
    }
    shown = show(applied({"smtp": said}))["smtp"]
    assert shown == {
        **RELAY,
        "password_file": "set",
        "sign_in": "plain",
        "max_send_rate": 14,
        "max_24_hour_send": 50_000,
        "idle_s": 9,
    }
    assert repr(shown["max_send_rate"]) == "14"
    assert show(applied({"smtp": {**RELAY, "max_send_rate": 0.5}}))["smtp"]["max_send_rate"] == 0.5


def test_further_relays_are_shown_in_their_order() -> None:
    """Each with its name first and without its password."""
    other = {**BACKUP, "name": "Another", "after_s": 0, "from": "noc@example.com"}
    shown = show(applied({"smtp": RELAY, "relays": [BACKUP, other]}))["relays"]
    assert shown == [{**BACKUP, "password_file": "set"}, {**other, "password_file": "set"}]
    assert [next(iter(one)) for one in shown] == ["name", "name"]


def test_every_relay_keeps_its_secret_apart() -> None:
    """Each password is told to the store and comes back to its relay; the document has ids."""
    kept: dict[str, Secret] = {}

    def keep(path: str, secret: Secret) -> str:
        kept[path] = secret
        return path

    one = applied({"smtp": RELAY, "relays": [BACKUP]})
    stored = json.loads(json.dumps(to_stored(one, keep)))
    assert stored["relays"][0]["password"] == "relays.password"
    assert kept == {
        "smtp.password": Secret("correct horse"),
        "relays.password": Secret("battery staple"),
    }
    assert "battery staple" not in json.dumps(stored)
    assert from_stored(stored, kept.__getitem__, documents.KINDS) == one


def test_a_document_of_an_older_version_is_read() -> None:
    """A part that was not known when a version was stored is as on a fresh manager."""
    assert from_stored({}, lambda _id: Secret(""), documents.KINDS) == EMPTY
    rules = from_stored({"rules": [{"name": "All"}]}, lambda _id: Secret(""), documents.KINDS).rules
    assert rules[0].enabled
