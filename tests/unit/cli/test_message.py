"""``tocsin message verify``."""

from __future__ import annotations

import json

import pytest

from dkimkeys import MESSAGE, Domain
from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.store import models
from tocsin.store.queries import feedback

OWN = Domain("example.com")


@pytest.fixture
def keys(tmp_path) -> str:
    """A file with the key of `OWN`."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({OWN.record_name: OWN.record()}))
    return str(path)


def deliver(**said) -> str:
    """A delivery of this manager; gives its id."""
    id_ = uuid7()
    fields = {
        "action": "Mail the SOC",
        "kind": "email",
        "configuration": 1,
        "severity": 4,
        "message_id": f"<{id_}@example.com>",
        "recipients": "[]",
        "queued_at": now(),
        "not_before": now(),
        "expires_at": now(),
        "attempts": 1,
        "maybe_twice": False,
    }
    models.Delivery.objects.create(id=id_, state="delivered", **{**fields, **said})
    return id_


def test_a_signed_message_is_proved(command, keys, tmp_path):
    """Exit status 0, the verdict in words, a table of signatures."""
    (tmp_path / "mail.eml").write_bytes(OWN.sign())
    done = command("message", "verify", "mail.eml", "--keys", keys)
    assert "The DKIM signature of example.com is valid" in done.out
    assert "1024 bits" in done.out
    assert keys in done.out


def test_the_shape_that_programs_read(command, keys):
    """Every field that the contract names."""
    answer = command.answer("message", "verify", "-", "--keys", keys, given=OWN.sign())
    assert answer["ok"] is True
    assert answer["ses"] is False
    assert answer["hops"] == []
    (signature,) = answer["dkim"]
    assert (signature["d"], signature["s"], signature["result"]) == (
        "example.com",
        "tocsin",
        "pass",
    )
    assert signature["key"] == {"kind": "rsa", "bits": 1024}
    assert answer["arc"] == {"result": "none", "reason": "", "sets": []}
    assert answer["authentication_results"] == []
    assert answer["delivery"] is None
    assert answer["subject"] == "Suspect Data Loss"
    assert answer["verdict"]


def test_a_changed_message_is_status_1(command, keys):
    """It was established that it is not as it was signed."""
    content = OWN.sign().replace(b"sends much", b"sends little")
    answer = command.answer("message", "verify", "-", "--keys", keys, given=content, status=1)
    assert answer["ok"] is False
    assert answer["dkim"][0]["result"] == "fail"


def test_without_dns_it_is_read_and_not_checked(command):
    """Nothing is established against it: status 0, and ok is null."""
    answer = command.answer("message", "verify", "-", "--no-dns", given=OWN.sign())
    assert answer["ok"] is None
    assert answer["dkim"][0]["reason"] == "not checked: DNS was not asked"


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (b"", ["--no-dns"], "no message"),
        (b"no message", ["--no-dns"], "no message"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ["--no-dns"], "Outlook"),
        (MESSAGE, ["--nameserver", "ns.example.com"], "name server"),
        (MESSAGE, ["--keys", "nowhere.json"], "nowhere.json"),
        (MESSAGE, ["--keys", "odd.txt"], "no records"),
        (MESSAGE, ["--no-dns", "--nameserver", "127.0.0.1"], "not allowed"),
    ],
)
def test_wrong_use_is_status_2(command, tmp_path, given, options, words):
    """What is no message, no records or no name server is said."""
    (tmp_path / "odd.txt").write_text("odd\n")
    done = command("message", "verify", "-", *options, given=given, status=2)
    assert words in done.err
    assert done.out == ""


def test_a_file_that_is_not_there(command):
    """Status 2, with its name."""
    done = command("message", "verify", "nowhere.eml", "--no-dns", status=2)
    assert "nowhere.eml" in done.err


def test_hostile_text_cannot_steer_the_terminal(command):
    """Control characters in a header are made visible."""
    content = b"Subject: \x1b[2J\x1b]0;owned\x07\r\nReceived: from \x1b[31m by \x9b x\r\n" + MESSAGE
    out = command("message", "verify", "-", "--no-dns", given=content).out
    assert "\x1b" not in out
    assert "\x07" not in out


@pytest.fixture
def managed(monkeypatch) -> None:
    """The home has a store: that of the test."""
    monkeypatch.setattr("tocsin.cli.message.has_store", lambda _: True)


@pytest.mark.usefixtures("managed")
def test_our_own_delivery_is_found_by_its_message_id(command):
    """As long as nobody replaced it; another manager's id is none of ours."""
    id_ = deliver()
    content = MESSAGE.replace(b"<one@example.com>", f"<{id_}@example.com>".encode())
    answer = command.answer("message", "verify", "-", "--no-dns", given=content)
    assert (answer["delivery"], answer["matched_by"]) == (id_, "message-id")
    assert answer["verdict"][0] == f"It is delivery {id_} of this manager."
    other = MESSAGE.replace(b"<one@example.com>", f"<{id_}@example.org>".encode())
    assert command.answer("message", "verify", "-", "--no-dns", given=other)["delivery"] is None


@pytest.mark.usefixtures("managed")
def test_our_own_delivery_is_found_by_the_id_that_ses_gave(command):
    """SES replaces the Message-ID; its own stands in the reply that was kept."""
    relay_id = f"0100{now() // 1000:012x}-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
    id_ = deliver()
    feedback.keep_relay_ids([(f"250 Ok {relay_id}", id_)])
    deliver()
    content = MESSAGE.replace(b"<one@example.com>", f"<{relay_id}@email.amazonses.com>".encode())
    answer = command.answer("message", "verify", "-", "--no-dns", given=content)
    assert (answer["delivery"], answer["matched_by"]) == (id_, "relay-id")


@pytest.mark.usefixtures("managed")
def test_a_message_that_is_none_of_ours(command):
    """It is said, and is no fault."""
    answer = command.answer("message", "verify", "-", "--no-dns", given=MESSAGE)
    assert answer["verdict"][0] == "It is no delivery of this manager."


def test_a_rehearsed_mail_is_verified_with_the_keys_beside_it(command, tmp_path):
    """The relay's folder holds them; without them nothing can be said."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    content = b"X-Rehearsal: a stand-in took it\r\n" + OWN.sign()
    (folder / "mail.eml").write_bytes(content)
    (folder / "dns.json").write_text(json.dumps({f"{OWN.record_name}.": OWN.record()}))
    answer = command.answer("message", "verify", "inbox/mail.eml")
    assert (answer["ok"], answer["rehearsal"]) == (True, True)
    assert answer["keys_from"] == str(folder / "dns.json")


def test_endpoints_of_every_region(command):
    """`tocsin ses endpoints`: all regions, ports, and how sure each is."""
    answer = command.answer("ses", "endpoints")
    regions = {one["region"]: one for one in answer["regions"]}
    assert regions["eu-west-1"]["host"] == "email-smtp.eu-west-1.amazonaws.com"
    assert (regions["me-south-1"]["smtp"], regions["me-south-1"]["host"]) == ("absent", None)
    assert regions["eu-south-2"]["smtp"] == "unconfirmed"
    assert regions["us-gov-west-1"]["govcloud"] is True
    assert {one["port"] for one in answer["ports"]} == {25, 465, 587, 2465, 2587}
    out = command("ses", "endpoints").out
    assert "email-smtp-fips.us-east-1.amazonaws.com" in out
    assert "email-smtp.eu-south-2.amazonaws.com ?" in out
