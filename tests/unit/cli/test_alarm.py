"""``tocsin alarm``, ``why``, ``deliveries``, ``delivery``, ``action`` and ``rule``."""

from __future__ import annotations

import json
import time

import pytest

from tocsin.base.clock import now, rfc3339
from tocsin.base.ids import uuid7
from tocsin.engine import access, configuration
from tocsin.store import models


def document() -> None:
    """An action and two rules."""
    configuration.change(
        access.LOCAL,
        {
            "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}],
            "rules": [
                {"name": "Major", "when": {"severity": "major"}, "active": ["Mail the SOC"]},
                {"name": "Off", "when": {}, "active": ["Mail the SOC"], "enabled": False},
            ],
        },
    )


def test_one_alarm_and_many(command, tmp_path):
    """From a file or standard input; one result each, in order."""
    (tmp_path / "one.json").write_text(json.dumps({"type": "x", "severity": "major"}))
    (one,) = command.answer("alarm", "send", "one.json")
    assert one["ok"] is True
    many = json.dumps([{"type": "a"}, {"type": "b"}, {"type": "a"}])
    first, second, third = command.answer("alarm", "send", "-", given=many)
    assert first["id"] == third["id"] != second["id"]
    told = command("alarm", "send", "-", given=many)
    assert told.out.split() == [first["id"], second["id"], first["id"]]
    assert told.err == ""
    listed = command.answer("alarm", "list")
    assert [one["type"] for one in listed] == ["b", "a", "x"]
    assert listed[1]["count"] == 4
    assert listed[0]["source"] == "local administrator"


def test_the_good_ones_are_stored(command):
    """Exit status 0 with the bad ones by their place, and a word about them on standard error."""
    given = json.dumps([{"type": "a"}, {"typ": "b"}])
    done = command("alarm", "send", "-", given=given)
    assert "refused [1]: " in done.out
    assert "typ" in done.out
    assert "1 of 2 refused, 1 stored" in done.err
    good, bad = command.answer("alarm", "send", "-", given=given)
    assert good["ok"] is True
    assert bad["problem"]["code"] == "input.invalid"
    assert bad["problem"]["errors"][0]["field"] == "type"


@pytest.mark.parametrize(
    "given",
    ['{"typ": "x"}', "[]", "[1, 2]", '"x"', "null", json.dumps([{"type": "a\nb"}])],
)
def test_when_none_is_stored_it_is_2(command, given):
    """Exit status 2, and each is told why."""
    results = command.answer("alarm", "send", "-", given=given, status=2)
    assert results
    assert not any(one["ok"] for one in results)
    assert models.Alarm.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{"type": NaN}', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff", "no UTF-8"),
    ],
)
def test_what_is_no_json_is_said_in_words(command, given, words):
    """Exit status 2, no stack trace."""
    done = command("alarm", "send", "-", given=given, status=2)
    assert words in done.err
    assert "unexpected" not in done.err


def test_the_list_by_its_conditions(command):
    """Severity at least, state, type, category, source, host, text, time, marks, and a limit."""
    given = [
        {"type": "SSH scan", "severity": "critical", "category": "Recon", "source": "ids-1",
         "source_host": {"ip": "192.0.2.1"}, "details": "many ports"},
        {"type": "Loss", "severity": "minor", "target_host": {"ip": "192.0.2.1"}},
    ]  # fmt: skip
    (first, _) = command.answer("alarm", "send", "-", given=json.dumps(given))
    time.sleep(0.001)
    between = rfc3339(now())
    command("alarm", "send", "-", given=json.dumps({"type": "Late", "dedup_key": "k"}))
    command("alarm", "send", "-", given=json.dumps({"type": "Late", "dedup_key": "k",
                                                     "state": "inactive"}))  # fmt: skip
    command("alarm", "acknowledge", first["id"])

    def types(*options: str) -> list[str]:
        return [one["type"] for one in command.answer("alarm", "list", *options)]

    assert types() == ["Late", "Loss", "SSH scan"]
    assert types("--severity", "minor") == ["Loss", "SSH scan"]
    assert types("--state", "inactive") == ["Late"]
    assert types("--type", "Loss") == ["Loss"]
    assert types("--category", "Recon") == ["SSH scan"]
    assert types("--source", "ids-1") == ["SSH scan"]
    assert types("--host", "192.0.2.1") == ["Loss", "SSH scan"]
    assert types("--text", "PORTS") == ["SSH scan"]
    assert types("--since", between) == ["Late"]
    assert types("--acknowledged") == ["SSH scan"]
    assert types("--no-acknowledged", "--severity", "minor") == ["Loss"]
    assert types("--closed") == []
    assert types("--limit", "2") == ["Late", "Loss"]
    assert "yesterday" in command("alarm", "list", "--since", "yesterday", status=2).err
    lines = command("alarm", "list").out.splitlines()
    assert lines[0].split() == ["ID", "SEVERITY", "STATE", "COUNT", "SOURCE", "HOST", "TARGET",
                                "HOST", "TYPE"]  # fmt: skip
    assert len(lines) == 4


def test_octets_that_are_no_text_are_said(command):
    """A condition in another encoding than UTF-8: exit status 2, and it is shown harmlessly."""
    for arguments in (("alarm", "list", "--type", "\udcff"), ("deliveries", "--action", "\udcff")):
        done = command(*arguments, status=2)
        assert "no UTF-8" in done.err
        assert command.answer(*arguments, status=2)["code"] == "input.invalid"


def test_acknowledge_and_close(command):
    """By the local administrator; what is not there is said."""
    (one,) = command.answer("alarm", "send", "-", given='{"type": "x"}')
    assert command.answer("alarm", "acknowledge", one["id"])["acknowledged"] is True
    assert command("alarm", "close", one["id"]).out == f"{one['id']}: closed\n"
    for verb in ("acknowledge", "close"):
        assert "there is no alarm" in command("alarm", verb, "nothing", status=2).err


def test_why(command):
    """Each rule with its reason, in words and as JSON; an unknown alarm is said."""
    document()
    (one,) = command.answer("alarm", "send", "-", given='{"type": "x", "severity": "minor"}')
    told = command("why", one["id"]).out
    assert "rule Major: did not match" in told
    assert "minor" in told
    (transition,) = command.answer("why", one["id"])["transitions"]
    assert {rule["rule"]: rule["matched"] for rule in transition["rules"]} == {
        "Major": False,
        "Off": False,
    }
    for id_ in ("nothing", "a\udcff\nb"):
        done = command("why", id_, status=2)
        assert "there is no alarm" in done.err
        assert command.answer("why", id_, status=2)["ok"] is False


@pytest.fixture
def outbox(command) -> dict[str, str]:
    """A delivery in each of some states; ids by state."""
    document()
    found = {}
    for state in ("failed", "queued", "delivered", "unknown"):
        (one,) = command.answer("alarm", "send", "-", given=json.dumps({"type": state}))
        id_ = uuid7()
        models.Delivery.objects.create(
            id=id_, state=state, action="Mail the SOC", kind="email", configuration=1, severity=4,
            message_id=f"<{id_}@example.com>", queued_at=now(), not_before=now(),
            expires_at=now(), attempts=0, maybe_twice=False, code="auth.rejected" if
            state == "failed" else None, recipients='[{"address": "soc@example.com", '
            '"state": "pending", "reply": null, "receipt": "none"}]',
        )  # fmt: skip
        transition = models.Transition.objects.get(alarm_id=one["id"])
        models.Telling.objects.create(delivery_id=id_, transition=transition, action="Mail the SOC")
        found[state] = id_
    return found


def test_the_outbox_by_its_conditions(command, outbox):
    """State, action, alarm, code and limit; whole unless asked otherwise."""

    def states(*options: str) -> list[str]:
        return [one["state"] for one in command.answer("deliveries", *options)]

    assert states() == ["unknown", "delivered", "queued", "failed"]
    assert states("--state", "queued") == ["queued"]
    assert states("--action", "Mail the SOC", "--limit", "2") == ["unknown", "delivered"]
    assert states("--action", "Nothing") == []
    assert states("--code", "auth.rejected") == ["failed"]
    (shown,) = command.answer("deliveries", "--state", "failed")
    assert states("--alarm", shown["alarms"][0]) == ["failed"]
    lines = command("deliveries").out.splitlines()
    assert len(lines) == 5
    assert lines[4].endswith("auth.rejected  failed")


def test_one_delivery_is_shown_set_going_and_given_up(command, outbox):
    """What can be done depends on its state; what cannot is 2 and says the state."""
    assert "soc@example.com pending" in command("delivery", "show", outbox["failed"]).out
    assert command.answer("delivery", "show", outbox["failed"])["state"] == "failed"
    assert command.answer("delivery", "retry", outbox["failed"])["state"] == "queued"
    assert command.answer("delivery", "retry", outbox["unknown"])["maybe_twice"] is True
    assert command.answer("delivery", "cancel", outbox["queued"])["state"] == "cancelled"
    for verb in ("retry", "cancel"):
        done = command("delivery", verb, outbox["delivered"], status=2)
        assert "the delivery is delivered" in done.err
    for verb in ("show", "retry", "cancel"):
        assert "there is no delivery" in command("delivery", verb, "nothing", status=2).err


def test_actions_and_rules(command, home):
    """Listed, previewed and checked; a test needs the responder."""
    assert command.answer("action", "list") == []
    document()
    assert command.answer("action", "list")[0]["name"] == "Mail the SOC"
    assert command("action", "list").out.splitlines()[1].split() == [
        "Mail", "the", "SOC", "email", "yes",
    ]  # fmt: skip
    preview = command.answer("action", "preview", "Mail the SOC")
    assert set(preview) == {"subject", "text", "html"}
    (one,) = command.answer("alarm", "send", "-", given='{"type": "Odd \\u202e thing"}')
    told = command("action", "preview", "Mail the SOC", "--alarm", one["id"]).out
    assert told.startswith("Subject: ")
    assert "Odd" in told
    assert "\u202e" not in told
    assert "responder" in command("action", "test", "Mail the SOC", status=3).err
    for words in (("test", "Nothing"), ("preview", "Nothing"),
                  ("preview", "Mail the SOC", "--alarm", "nothing")):  # fmt: skip
        assert "there is no" in command("action", *words, status=2).err
    assert [one["name"] for one in command.answer("rule", "list")] == ["Major", "Off"]
    check = command.answer("rule", "check", status=1)
    assert check["ok"] is False
    assert {"rule": "Off", "problem": "the rule is switched off"} in check["findings"]
    assert "no SMTP server" in command("rule", "check", status=1).out


def test_people_and_tokens(command):
    """Added once, listed without their secrets, removed; the last administrator stays."""
    added = command.answer("user", "add", "ada", "--role", "administrator")
    password = command.answer("user", "reset", "ada")["one_time_password"]
    assert password != added["one_time_password"]
    listed = command("user", "list", "--json")
    assert listed.json == [{"name": "ada", "role": "administrator", "one_time": True}]
    assert password not in listed.out
    assert "already" in command("user", "add", "ada", "--role", "viewer", status=2).err
    assert "must stay administrator" in command("user", "remove", "ada", status=2).err
    command("user", "add", "bob", "--role", "viewer")
    command("user", "remove", "bob")
    assert "there is no person" in command("user", "remove", "bob", status=2).err
    for name in ("", " x", "a\nb", "x" * 200):
        command("user", "add", name, "--role", "viewer", status=2)
    token = command.answer("token", "add", "t", "--role", "viewer", "--days", "7")["token"]
    assert access.principal_of_token(access.Secret(token)) is not None
    (one,) = command.answer("token", "list")
    assert (one["name"], one["role"]) == ("t", "viewer")
    assert one["expires_at"] is not None
    assert token not in command("token", "list").out
    assert "already" in command("token", "add", "t", "--role", "viewer", status=2).err
    for days in ("0", "-1", "40000"):
        assert (
            "days" in command("token", "add", "u", "--role", "viewer", "--days", days, status=2).err
        )
    command("token", "remove", "t")
    assert access.principal_of_token(access.Secret(token)) is None
    assert "there is no token" in command("token", "remove", "t", status=2).err
