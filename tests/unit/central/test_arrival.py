"""The part arrival of the document: where canaries go, and the mailbox that tells of them."""

from __future__ import annotations

import json

import pytest

from documents import KINDS, applied
from tocsin.base.secret import Secret
from tocsin.central.document import diff, from_stored, show, to_stored
from tocsin.central.problem import Invalid

BOX = {
    "to": "probe@example.org",
    "server": "imap.example.org",
    "user": "probe",
    "password": Secret("not to be seen"),
}


def test_what_is_shown_can_be_applied_and_changes_nothing():
    """The password stands as set, and stays."""
    one = applied({"arrival": BOX})
    shown = show(one)["arrival"]
    assert shown == {
        "to": "probe@example.org",
        "server": "imap.example.org",
        "user": "probe",
        "password_file": "set",
    }
    again = applied({"arrival": shown}, one)
    assert again == one
    assert diff(one, again) == []


def test_the_defaults_are_those_of_the_manual():
    """IMAPS, the inbox, every quarter of an hour, five minutes of patience, found ones deleted."""
    one = applied({"arrival": BOX}).arrival
    assert one is not None
    assert (one.port, one.encryption, one.folder) == (993, "imaps", "INBOX")
    assert (one.every_s, one.patience_s, one.delete, one.relay) == (900, 300, True, None)


def test_the_password_comes_from_a_file_and_is_kept_apart():
    """No stored document holds it; the stored one gives the same again."""
    given = {**BOX, "password_file": "smtp.pw"}
    del given["password"]
    one = applied({"arrival": given})
    kept: dict[str, Secret] = {}

    def keep(path: str, secret: Secret) -> str:
        kept[path] = secret
        return path

    stored = to_stored(one, keep)
    assert "correct horse" not in json.dumps(stored)
    assert {path: one.reveal() for path, one in kept.items()} == {
        "arrival.password": "correct horse"
    }
    assert from_stored(stored, kept.__getitem__, KINDS) == one


def test_a_difference_tells_no_secret():
    """Another password is another, whichever."""
    one = applied({"arrival": BOX})
    other = applied({"arrival": {**BOX, "port": 143, "password": Secret("secret two")}}, one)
    told = [str(line) for line in diff(one, other)]
    assert "arrival.password: set → another" in told
    assert not any("secret" in line or "seen" in line for line in told)
    gone = [str(line) for line in diff(one, applied({"arrival": None}, one))]
    assert "arrival.password: removed (was set)" in gone


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"to": "no address"}, "arrival.to"),
        ({"server": "imaps://imap.example.org/"}, "arrival.server"),
        ({"encryption": "none"}, "arrival.encryption"),
        ({"every_s": 59}, "arrival.every_s"),
        ({"patience_s": 0}, "arrival.patience_s"),
        ({"folder": "IN\nBOX"}, "arrival.folder"),
        ({"password": None}, "arrival.password_file"),
        ({"password": "in the document"}, "arrival.password"),
        ({"relay": "no such"}, "arrival.relay"),
        ({"user": ""}, "arrival.user"),
        ({"mailbox": "x"}, "arrival.mailbox"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_refused(change: dict[str, object], path: str):
    """At the field, so that a form can show it there; never a sign-in in the clear."""
    with pytest.raises(Invalid) as told:
        applied({"arrival": {**BOX, **change}})
    assert path in {one.path for one in told.value.problems}


def test_another_mailbox_is_another_basis():
    """What was sent for the one says nothing about the other; how often does not matter."""
    one = applied({"arrival": BOX}).arrival
    often = applied({"arrival": {**BOX, "every_s": 60}}).arrival
    other = applied({"arrival": {**BOX, "folder": "Alarms"}}).arrival
    assert one is not None
    assert often is not None
    assert other is not None
    assert one.basis == often.basis != other.basis
