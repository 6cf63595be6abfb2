"""What a change changes, in words."""

from __future__ import annotations

from typing import Any

import pytest

from documents import applied
from tocsin.central.configuration import EMPTY
from tocsin.central.difference import Difference, diff, words

RELAY = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "sna@example.com",
}
SIGN_IN = {"user": "AKIAEXAMPLE", "password_file": "smtp.pw"}
BACKUP = {
    "name": "Backup",
    "server": "backup.example.com",
    "port": 465,
    "encryption": "smtps",
    "user": "backup",
    "password_file": "other.pw",
}
SOC = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}
ALL = {"name": "All", "when": {"severity": "major"}, "active": ["Mail the SOC"]}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The differences that a second document makes, as lines."""
    first = applied(before)
    return [str(one) for one in diff(first, applied(after, first))]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"smtp": RELAY}, {"smtp": {**RELAY, "port": 465, "encryption": "smtps"}},
         ["smtp.port: 587 → 465", "smtp.encryption: starttls → smtps"]),
        ({"smtp": RELAY}, {"smtp": {**RELAY, **SIGN_IN}},
         ["smtp.user: AKIAEXAMPLE", "smtp.password: set"]),
        ({"smtp": {**RELAY, **SIGN_IN}},
         {"smtp": {**RELAY, **SIGN_IN, "password_file": "other.pw"}},
         ["smtp.password: set → another"]),
        ({"smtp": {**RELAY, **SIGN_IN}}, {"smtp": RELAY},
         ["smtp.user: removed (was AKIAEXAMPLE)", "smtp.password: removed (was set)"]),
        ({"smtp": RELAY}, {"smtp": {**RELAY, "max_send_rate": 14, "window": 32}},
         ["smtp.max_send_rate: 14", "smtp.window: 64 → 32"]),
        ({"smtp": {**RELAY, "sign_in": "scram", "timeout_s": 30}}, {"smtp": RELAY},
         ["smtp.sign_in: scram → auto", "smtp.timeout_s: removed (was 30)"]),
        ({"smtp": RELAY}, {"relays": [BACKUP]},
         ["relays Backup.server: backup.example.com", "relays Backup.port: 465",
          "relays Backup.encryption: smtps", "relays Backup.user: backup",
          "relays Backup.password: set"]),
        ({"smtp": RELAY, "relays": [BACKUP]}, {"relays": [{**BACKUP, "after_s": 60}]},
         ["relays Backup.after_s: 300 → 60"]),
        ({"smtp": RELAY, "relays": [BACKUP]}, {"relays": [{**BACKUP, "password_file": "smtp.pw"}]},
         ["relays Backup.password: set → another"]),
        ({"smtp": RELAY, "relays": [BACKUP]}, {"relays": []}, ["relays Backup: removed"]),
        ({"smtp": RELAY, "relays": [BACKUP, {**BACKUP, "name": "Last"}]},
         {"relays": [{**BACKUP, "name": "Last"}, BACKUP]},
         ["relays (order): Backup, Last → Last, Backup"]),
        ({}, {"outbox": {"in_doubt": "hold", "keep_trying_h": 48}},
         ["outbox.in_doubt: again → hold", "outbox.keep_trying_h: 24 → 48"]),
        ({"outbox": {"in_doubt": "hold"}}, {"outbox": None}, ["outbox.in_doubt: hold → again"]),
        ({}, {"ciphers": {"preset": "tls13"}}, ["ciphers.preset: tocsin → tls13"]),
        ({"actions": [SOC]}, {"actions": [{**SOC, "enabled": False}]},
         ["actions Mail the SOC.enabled: yes → no"]),
        ({"actions": [SOC]}, {"actions": [{**SOC, "to": ["soc@example.com", "noc@example.com"]}]},
         ["actions Mail the SOC.to: soc@example.com → soc@example.com, noc@example.com"]),
        ({"actions": [SOC]}, {"actions": []}, ["actions Mail the SOC: removed"]),
        ({"actions": [SOC]}, {"rules": [ALL]}, ["rules All: added"]),
        ({"actions": [SOC], "rules": [ALL]},
         {"rules": [{**ALL, "when": {"source_host": ["192.0.2.0/24", "198.51.100.7"]}}]},
         ["rules All.when: severity: major → source_host: 192.0.2.0/24, 198.51.100.7"]),
        ({"actions": [SOC], "rules": [ALL]}, {"rules": [{**ALL, "when": {}, "active": []}]},
         ["rules All.when: severity: major → nothing", "rules All.active: Mail the SOC → none"]),
        ({"rules": [{"name": "A"}, {"name": "B"}]}, {"rules": [{"name": "B"}, {"name": "A"}]},
         ["rules (order): A, B → B, A"]),
        ({"rules": [{"name": "A"}]}, {"rules": [{"name": "B"}]},
         ["rules B: added", "rules A: removed"]),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(
    before: dict[str, Any], after: dict[str, Any], lines: list[str]
) -> None:
    """Each change reads as the line on Apply Settings says it."""
    assert told(before, after) == lines


def test_a_replaced_certificate_is_told_by_its_fingerprint() -> None:
    """Another certificate under the same name is seen, by what tells them apart."""
    first = applied({"trust": [{"name": "R", "file": "root.pem"}]})
    second = applied({"trust": [{"name": "R", "file": "other.pem"}]}, first)
    fingerprints = [one.trust[0].anchor.certificate.sha256 for one in (first, second)]
    assert diff(first, second) == [Difference("trust R.certificate", *fingerprints)]


def test_a_relay_that_is_new_or_gone_is_told_field_by_field() -> None:
    """From nothing to a relay and back every field is named."""
    relay = applied({"smtp": RELAY})
    assert [one.path for one in diff(EMPTY, relay)] == [
        "smtp.server",
        "smtp.port",
        "smtp.encryption",
        "smtp.from",
    ]
    assert str(diff(relay, EMPTY)[1]) == "smtp.port: removed (was 587)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        ("", '""'),
        (0, "0"),
        ([], "none"),
        ({}, "nothing"),
        ({"by": ["type", "source"], "window_s": 60}, "by: type, source; window_s: 60"),
    ],
)
def test_a_value_in_words(value: object, text: str) -> None:
    """Values are written for people, and only what is not set is empty."""
    assert words(value) == text
