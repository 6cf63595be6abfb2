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
        "trust": [],
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


def test_a_document_of_an_older_version_is_read() -> None:
    """A part that was not known when a version was stored is as on a fresh manager."""
    assert from_stored({}, lambda _id: Secret(""), documents.KINDS) == EMPTY
    rules = from_stored({"rules": [{"name": "All"}]}, lambda _id: Secret(""), documents.KINDS).rules
    assert rules[0].enabled
