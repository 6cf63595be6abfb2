"""The relays that mail goes to, and what may be asked of each."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import chains
from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.central.configuration import EMPTY
from tocsin.engine import access, configuration, furtherrelay
from tocsin.engine.errors import Conflict, NotFound
from tocsin.engine.relay import Relay, relays
from tocsin.mail.relay import Encryption
from tocsin.mail.relay.settings import Deadlines

SMTP = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "Tocsin@Bücher.example",
    "user": "AKIAEXAMPLE",
    "password": Secret("correct horse"),
}
BACKUP = {
    "name": "Backup",
    "server": "backup.example.com",
    "port": 465,
    "encryption": "smtps",
    "user": "backup",
    "password": Secret("battery staple"),
}
SAID = {
    "sign_in": "scram",
    "max_send_rate": 0.5,
    "max_24_hour_send": 200,
    "max_connections": 3,
    "max_messages_per_connection": 100,
    "max_recipients": 10,
    "window": 8,
    "idle_s": 5,
    "timeout_s": 20,
}
ROOT = chains.make("Example Root CA 1", ca=True, ends=4000)


@pytest.fixture
def here(home: Path) -> Home:
    """The home of this test alone."""
    assert Home.of_environment().folder == home
    return Home.of_environment()


def told(here: Home, document: dict[str, Any]) -> tuple[Relay, ...]:
    """The relays of a document that was applied and read back from the store."""
    configuration.change(access.LOCAL, document)
    return relays(here, configuration.current().configuration)


def test_none_without_a_configuration(here: Home) -> None:
    """A fresh manager has no relay."""
    assert relays(here, EMPTY) == ()


def test_what_nobody_said(here: Home) -> None:
    """Limits that are not set are left to be learnt; the others are those of the settings."""
    (first,) = told(here, {"smtp": SMTP, "trust": [{"name": "R", "pem": ROOT.pem.decode()}]})
    settings = first.settings
    assert (settings.name, settings.host, settings.port) == ("smtp", "relay.example.com", 587)
    assert settings.encryption is Encryption.STARTTLS
    assert (settings.user, settings.password) == ("AKIAEXAMPLE", Secret("correct horse"))
    assert [one.name for one in settings.anchors] == ["R"]
    assert settings.sign_in == "auto"
    assert settings.deadlines == Deadlines()
    assert (settings.window, settings.idle_limit) == (64, 8.0)
    assert (settings.max_messages_per_connection, settings.max_connections) == (None, 20)
    assert (first.max_send_rate, first.max_24_hour_send, first.max_recipients) == (None, None, 50)
    assert first.after_s == 0
    assert first.sender == "Tocsin@xn--bcher-kva.example"


def test_everything_that_can_be_said(here: Home) -> None:
    """Each setting reaches the relay that it was said of, and no other."""
    first, backup = told(
        here,
        {"smtp": SMTP, "relays": [{**BACKUP, **SAID, "after_s": 60, "from": "noc@example.com"}]},
    )
    settings = backup.settings
    assert (settings.name, settings.host, settings.port) == ("Backup", "backup.example.com", 465)
    assert settings.encryption is Encryption.SMTPS
    assert (settings.user, settings.password) == ("backup", Secret("battery staple"))
    assert settings.sign_in == "scram"
    assert settings.deadlines == Deadlines().capped(20)
    assert (settings.window, settings.idle_limit) == (8, 5.0)
    assert (settings.max_messages_per_connection, settings.max_connections) == (100, 3)
    assert (backup.max_send_rate, backup.max_24_hour_send, backup.max_recipients) == (0.5, 200, 10)
    assert (backup.after_s, backup.sender) == (60.0, "noc@example.com")
    assert first.settings.max_connections == 20
    assert first.max_send_rate is None


def test_a_relay_without_a_sender_has_that_of_the_first(here: Home) -> None:
    """In the order in which they stand, each after 300 s unless said otherwise."""
    last = {**BACKUP, "name": "Last", "after_s": 0}
    found = told(here, {"smtp": SMTP, "relays": [BACKUP, last]})
    assert [one.settings.name for one in found] == ["smtp", "Backup", "Last"]
    assert [one.after_s for one in found] == [0.0, 300.0, 0.0]
    assert {one.sender for one in found} == {"Tocsin@xn--bcher-kva.example"}


def test_the_rehearsal_stands_in_for_all(here: Home, tmp_path: Path) -> None:
    """One relay alone, trusted by its own root, with the sender that is configured."""
    root, password = tmp_path / "root.pem", tmp_path / "password"
    root.write_bytes(ROOT.pem)
    password.write_text("rehearsed\n")
    facts = {
        "host": "127.0.0.1",
        "port": 2525,
        "smtps_port": 2465,
        "region": "eu-west-1",
        "user": "AKIAREHEARSAL",
        "password_file": str(password),
        "root_file": str(root),
        "identities": ["alarms@rehearsal.example"],
        "inbox": str(tmp_path),
        "pid": os.getpid(),
        "stands_in": True,
    }
    here.rehearsal_facts.parent.mkdir(parents=True, exist_ok=True)
    here.rehearsal_facts.write_text(json.dumps(facts))
    (alone,) = relays(here, EMPTY)
    assert (alone.settings.name, alone.sender) == ("rehearsal", "tocsin@rehearsal.example")
    assert alone.settings.password == Secret("rehearsed")
    (alone,) = told(here, {"smtp": SMTP, "relays": [BACKUP]})
    assert alone.settings.host == "127.0.0.1"
    assert alone.sender == "Tocsin@xn--bcher-kva.example"
    assert [one.certificate.sha256 for one in alone.settings.anchors] == [ROOT.sha256]
    assert (alone.max_send_rate, alone.max_24_hour_send, alone.max_recipients) == (None, None, 50)
    here.rehearsal_facts.write_text(json.dumps({**facts, "stands_in": False}))
    assert len(relays(here, configuration.current().configuration)) == 2


def test_a_version_read_again_says_the_same(here: Home) -> None:
    """What was sealed comes back whole: no relay is taken for a changed one."""
    found = told(here, {"smtp": SMTP, "relays": [{**BACKUP, **SAID}]})
    again = configuration.version(configuration.current_number()).configuration
    assert relays(here, again) == found
    assert "battery staple" not in repr(found)


def test_going_back_keeps_the_passwords_there_are(here: Home) -> None:
    """An older version has its relays back; a password is the one of now."""
    told(here, {"smtp": SMTP, "relays": [BACKUP]})
    told(here, {"relays": [{**BACKUP, "port": 2465, "password": Secret("newer")}]})
    configuration.revert(access.LOCAL, 1)
    _, backup = relays(here, configuration.current().configuration)
    assert (backup.settings.port, backup.settings.password) == (465, Secret("newer"))


def test_relays_are_put_in_and_taken_out(here: Home) -> None:
    """At the end, or in the place of the one named, whose password goes along."""
    told(here, {"smtp": SMTP})
    furtherrelay.put_relay(access.LOCAL, BACKUP)
    furtherrelay.put_relay(access.LOCAL, {**BACKUP, "name": "Last", "port": 2465})
    spare = {name: said for name, said in BACKUP.items() if name != "password"}
    furtherrelay.put_relay(access.LOCAL, {**spare, "name": "Spare"}, replaces="Backup")
    _, first, second = relays(here, configuration.current().configuration)
    assert (first.settings.name, second.settings.name) == ("Spare", "Last")
    assert first.settings.password == Secret("battery staple")
    number = configuration.current_number()
    assert not furtherrelay.remove_relay(access.LOCAL, "Spare", dry_run=True).made
    with pytest.raises(Conflict):
        furtherrelay.remove_relay(access.LOCAL, "Spare", expected=number - 1)
    assert configuration.current_number() == number
    furtherrelay.remove_relay(access.LOCAL, "Spare")
    for change in (
        lambda: furtherrelay.remove_relay(access.LOCAL, "Spare"),
        lambda: furtherrelay.put_relay(access.LOCAL, BACKUP, replaces="Spare"),
    ):
        with pytest.raises(NotFound):
            change()
    assert len(relays(here, configuration.current().configuration)) == 2
