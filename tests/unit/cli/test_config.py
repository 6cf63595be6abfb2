"""``tocsin config``, ``trust`` and ``ciphers``: the document and its parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import chains
from tocsin.engine import configuration

PASSWORD = "correct horse battery staple"
ROOT = chains.make("Example Root CA 1", ca=True, ends=4000)
OTHER = chains.make("Example Root CA 2", ca=True, ends=4000)

DOCUMENT = """
smtp:
  server: relay.example.com
  port: 587
  encryption: starttls
  from: sna@example.com
  user: AKIAEXAMPLE
  password_file: smtp.pw
trust:
  - {name: Example Root CA 1, file: root.pem}
ciphers: {preset: tocsin}
sources:
  - {name: ids-1, kind: eve, path: /var/log/suricata/eve.json, from: start}
actions:
  - name: Mail the SOC
    kind: email
    to: [soc@example.com]
    subject: "{{ alarm.severity }} {{ alarm.type }}"
    body: |
      First line of a body
      {{ alarm.details }}
    group: none
rules:
  - {name: All major alarms, type: any, when: {severity: major}, active: [Mail the SOC]}
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The document of the manual, with the files that it names."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "smtp.pw").write_text(PASSWORD + "\n")
    (folder / "root.pem").write_bytes(ROOT.pem)
    path = folder / "tocsin.yaml"
    path.write_text(DOCUMENT)
    return path


def test_applying_twice_changes_once(command, document):
    """The first time one version comes of it, the second time none; files are beside it."""
    first = command.answer("config", "apply", str(document))
    assert first["ok"] is True
    assert (first["changed"], first["version"]) == (True, 1)
    assert {"path": "smtp.password", "before": "", "after": "set"} in first["differences"]
    second = command("config", "apply", str(document))
    assert second.out == "already so: version 1 stays in force\n"
    assert configuration.current_number() == 1


def test_what_is_shown_can_be_applied_and_changes_nothing(command, document):
    """Round trip in both notations, with password, trust, sources, actions and rules set."""
    command("config", "apply", str(document))
    for options in ((), ("--json",)):
        shown = command("config", "show", *options).out
        assert PASSWORD not in shown
        done = command.answer("config", "apply", "-", given=shown)
        assert (done["ok"], done["version"], done["changed"]) == (True, 1, False)
        assert done["differences"] == []
    parsed = yaml.safe_load(command("config", "show").out)
    assert parsed == command.answer("config", "show")
    assert parsed["smtp"]["password_file"] == "set"
    assert parsed["trust"][0]["pem"] == ROOT.pem.decode()


def test_texts_of_several_lines_are_shown_as_they_are(command, document):
    """A certificate and a body stand in the YAML line by line, so that a person can read them."""
    command("config", "apply", str(document))
    shown = command("config", "show").out
    assert "\n    -----BEGIN CERTIFICATE-----\n" in shown
    assert "    First line of a body\n" in shown


def test_an_empty_document_changes_nothing(command, document):
    """Parts that are absent stay: also when all are."""
    command("config", "apply", str(document))
    for text in ("", "{}", "# nothing\n", "\ufeff{}"):
        assert not command.answer("config", "apply", "-", given=text)["changed"]


def test_several_mistakes_are_all_listed_and_nothing_is_applied(command, document):
    """Every problem with its place and what is accepted; the good parts are not applied."""
    wrong = {
        "smtp": {"server": "relay.example.com", "port": 70000, "encryption": "ssl"},
        "trust": [{"name": "x", "file": "nowhere.pem"}],
        "actions": [{"name": "B", "kind": "email", "to": ["b@example.com"]}],
        "rules": [{"name": "R", "when": {"severity": "high"}, "active": ["Nobody"]}],
        "sauces": [],
    }
    done = command("config", "apply", "-", given=json.dumps(wrong), status=2)
    assert done.out == ""
    lines = done.err.splitlines()
    assert lines[0] == "nothing was changed:"
    places = {line.strip().split(":")[0] for line in lines[1:]}
    assert places >= {
        "smtp.port", "smtp.encryption", "smtp.from", "trust[0].file",
        "rules[0].when.severity", "sauces",
    }  # fmt: skip
    answer = command.answer("config", "apply", "-", given=json.dumps(wrong), status=2)
    assert answer["ok"] is False
    assert {one["path"] for one in answer["problems"]} == places
    assert configuration.current_number() == 0
    # The whole is looked at once its parts are right.
    wrong = {"rules": [{"name": "R", "when": {}, "active": ["Nobody"]}], "ciphers": None}
    done = command("config", "apply", "-", given=json.dumps(wrong), status=2)
    assert "rules[0].active[0]" in done.err
    assert configuration.current_number() == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("a: [", "line 1"),
        ("rules: []\nrules: []\n", "twice"),
        ("- a\n- b\n", "no mapping"),
        ("just text", "no mapping"),
        ("a: &a [*a]\n", "line"),
        ("!!python/object/apply:os.system [id]", "line 1"),
        (b"\xff\xfe", "no UTF-8"),
        ("smtp: 5", "smtp"),
        ("rules:", "rules"),
    ],
)
def test_a_broken_document_is_refused_in_words(command, given, words):
    """Exit status 2 and where it is broken; never a stack trace."""
    done = command("config", "apply", "-", given=given, status=2)
    assert words in done.err
    assert "Traceback" not in done.err
    assert "unexpected" not in done.err


@pytest.mark.parametrize("name", ["nowhere.yaml", ".", "nowhere/x.yaml"])
def test_a_document_that_cannot_be_read(command, name):
    """Exit status 2, and the file is named."""
    assert name in command("config", "apply", name, status=2).err


def test_a_password_file_that_is_not_there(command, document):
    """The place in the document and the file are named, and nothing is applied."""
    (document.parent / "smtp.pw").unlink()
    done = command("config", "apply", str(document), status=2)
    assert "smtp.password_file" in done.err
    assert "smtp.pw" in done.err
    assert configuration.current_number() == 0


def test_a_dry_run_and_diff_say_what_would_change(command, document):
    """Both name every change and make no version."""
    told = command("config", "diff", str(document)).out
    assert command("config", "apply", str(document), "--dry-run").out == told
    assert "rules All major alarms: added" in told
    assert "nothing was changed; version 0 stays in force" in told
    answer = command.answer("config", "diff", str(document))
    assert answer["changed"] is False
    assert answer["version"] == 0
    assert configuration.current_number() == 0


def test_get_gives_one_value(command, document):
    """Parts, values and entries by their names, bare enough for a script to use."""
    command("config", "apply", str(document))
    assert command("config", "get", "smtp.port").out == "587\n"
    assert command("config", "get", "smtp.server").out == "relay.example.com\n"
    assert command("config", "get", "smtp.password_file").out == "set\n"
    assert command("config", "get", "rules.All major alarms.enabled").out == "true\n"
    assert command("config", "get", "rules.All major alarms.when").out == "severity: major\n"
    assert command("config", "get", "actions.Mail the SOC.to").out == "- soc@example.com\n"
    assert command.answer("config", "get", "smtp.port") == 587
    for path in ("smpt", "smtp.colour", "smtp.port.more", "rules.Nothing", ".", "smtp."):
        assert path in command("config", "get", path, status=2).err


BACKUP = {
    "name": "Backup",
    "server": "backup.example.com",
    "port": 465,
    "encryption": "smtps",
    "user": "backup",
    "password_file": "smtp.pw",
}


def test_settings_of_relays_are_got_and_set(command, document):
    """Also what nobody set is told; `config show` has only what was said."""
    command("config", "apply", str(document))
    assert command("config", "get", "smtp.window").out == "64\n"
    assert command("config", "get", "smtp.max_send_rate").out == "null\n"
    done = command("config", "set", "smtp.max_send_rate", "14")
    assert done.out.splitlines()[0] == "smtp.max_send_rate: 14"
    assert command("config", "get", "smtp.max_send_rate").out == "14\n"
    assert command.answer("config", "show")["smtp"]["max_send_rate"] == 14
    assert "window" not in command.answer("config", "show")["smtp"]
    done = command("config", "set", "smtp.max_send_rate", "0", status=2)
    assert "smtp.max_send_rate: is less than 0.001 (accepted: 0.001 to 1000000)" in done.err
    command("config", "set", "smtp.max_send_rate", "null")
    assert "max_send_rate" not in command.answer("config", "show")["smtp"]
    assert configuration.current().configuration.smtp.password.reveal() == PASSWORD


def test_the_outbox_is_got_and_set(command):
    """One value at a time; the others stay."""
    assert command("config", "get", "outbox.keep_trying_h").out == "24\n"
    command("config", "set", "outbox.keep_trying_h", "48")
    command("config", "set", "outbox.in_doubt", "hold")
    assert command("config", "get", "outbox.keep_trying_h").out == "48\n"
    assert configuration.current().configuration.outbox.in_doubt == "hold"


def test_further_relays_by_document(command, document):
    """Taken with their password, shown without, applied again without a change, in the history."""
    command("config", "apply", str(document))
    file = document.parent / "relays.yaml"
    file.write_text(yaml.safe_dump({"relays": [BACKUP]}))
    done = command("config", "apply", str(file))
    assert "relays Backup.password: set" in done.out.splitlines()
    assert command("config", "apply", str(file)).out.startswith("already so")
    shown = command("config", "show").out
    assert PASSWORD not in shown
    assert command("config", "apply", "-", given=shown).out.startswith("already so")
    assert command("config", "get", "relays.Backup.password_file").out == "set\n"
    assert command("config", "get", "relays.Backup.after_s").out == "300\n"
    assert "relays Backup.server: backup.example.com" in command("config", "history").out
    assert PASSWORD not in command("config", "history", "--json").out
    assert "is a list" in command("config", "set", "relays.Backup", "x", status=2).err
    command("config", "apply", "-", given="relays: []")
    assert configuration.current().configuration.relays == ()


def test_set_changes_one_value(command, document):
    """As YAML reads it; everything else stays, the password too."""
    command("config", "apply", str(document))
    assert "smtp.port: 587 \u2192 2587" in command("config", "set", "smtp.port", "2587").out
    command("config", "set", "ciphers.list", "ECDHE-RSA-AES128-GCM-SHA256")
    assert command.answer("config", "get", "ciphers") == {"list": "ECDHE-RSA-AES128-GCM-SHA256"}
    command("config", "set", "ciphers.preset", "tls13")
    assert command.answer("config", "get", "ciphers") == {"preset": "tls13"}
    assert configuration.current().configuration.smtp.password.reveal() == PASSWORD
    (document.parent / "new.pw").write_text("another horse")
    command("config", "set", "smtp.password_file", str(document.parent / "new.pw"))
    assert configuration.current().configuration.smtp.password.reveal() == "another horse"
    number = configuration.current_number()
    assert not command.answer("config", "set", "smtp.port", "587", "--dry-run")["changed"]
    assert configuration.current_number() == number
    command("config", "set", "smtp.user", "null")
    assert "password_file" not in command.answer("config", "get", "smtp")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("smtp", "x", "PART.NAME"),
        ("smtp.a.b", "x", "PART.NAME"),
        ("smtp.port", "ten", "smtp.port"),
        ("smtp.colour", "red", "smtp.colour"),
        ("smpt.port", "1", "smpt"),
        ("rules.x", "1", "config apply"),
        ("smtp.password", "hunter2", "does not stand in the document"),
        ("smtp.server", "[", "no YAML"),
        ("smtp.server", "!!python/name:os.system", "no YAML"),
    ],
)
def test_set_refuses_what_cannot_be_set(command, document, path, value, words):
    """Exit status 2, words that help, no version, and no secret repeated."""
    command("config", "apply", str(document))
    done = command("config", "set", path, value, status=2)
    assert words in done.err
    assert "hunter2" not in done.err
    assert configuration.current_number() == 1


def test_history_and_revert(command, document):
    """Versions newest first, whole unless limited; going back makes a version of its own."""
    command("config", "apply", str(document))
    for port in range(60):
        command("config", "set", "smtp.port", str(1000 + port))
    versions = command.answer("config", "history")
    assert [one["version"] for one in versions] == list(range(61, 0, -1))
    assert versions[0]["summary"] == ["smtp.port: 1058 \u2192 1059"]
    assert versions[0]["origin"] == "command"
    assert len(command.answer("config", "history", "--limit", "2")) == 2
    assert "smtp.port: 1058" in command("config", "history").out
    command("config", "revert", "1", "--dry-run")
    assert configuration.current_number() == 61
    assert command.answer("config", "revert", "1")["version"] == 62
    assert command("config", "get", "smtp.port").out == "587\n"
    assert configuration.current().configuration.smtp.password.reveal() == PASSWORD
    assert "99" in command("config", "revert", "99", status=2).err


def test_the_password_is_in_no_output_and_not_in_the_clear_in_a_table(command, document):
    """After everything that shows or changes the document."""
    from tocsin.store import models

    command("config", "apply", str(document))
    command("config", "set", "smtp.port", "2587")
    outputs = [
        command(*words.split(), status=None)
        for words in (
            "config show", "config show --json", "config get smtp", "config history --json",
            "config diff etc/tocsin.yaml", "config revert 1 --json", "action list --json",
        )
    ]  # fmt: skip
    assert not any(PASSWORD in one.out + one.err for one in outputs)
    rows = [str(list(model.objects.values_list())) for model in (
        models.ConfigurationVersion, models.StoredSecret,
    )]  # fmt: skip
    rows += [str(bytes(one.ciphertext)) for one in models.StoredSecret.objects.all()]
    assert not any(PASSWORD in row for row in rows)
    assert models.StoredSecret.objects.count() == 1


def test_certificates_in_and_out(command, tmp_path):
    """Add, list, export, remove: what is exported is what was added."""
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "other.der").write_bytes(OTHER.der)
    assert ROOT.sha256 in command("trust", "add", "root.pem").out
    added = command.answer("trust", "add", "other.der", "--name", "Our relay")
    assert added["added"] == [OTHER.sha256]
    listed = command.answer("trust", "list")
    assert [one["name"] for one in listed] == ["Example Root CA 1", "Our relay"]
    assert listed[0]["added_by"] == "local administrator"
    assert listed[0]["problems"] == []
    assert "Our relay" in command("trust", "list").out
    exported = command("trust", "export").out
    assert ROOT.pem.decode().strip() in exported
    assert OTHER.pem.decode().strip() in exported
    (tmp_path / "bundle.pem").write_text(exported)
    command("trust", "remove", "Our relay")
    command("trust", "remove", "Example Root CA 1")
    assert command.answer("trust", "list") == []
    command("trust", "add", "bundle.pem")
    assert len(command.answer("trust", "list")) == 2
    assert "there is no certificate Nobody" in command("trust", "remove", "Nobody", status=2).err


def test_what_cannot_be_trusted_is_refused_in_words_that_help(command, tmp_path, home):
    """A key, an expired or a wrong file, a second time: exit status 2, and nothing is kept."""
    old = chains.make("Old Root CA", ca=True, starts=-90, ends=-1)
    key = chains.key_of("rsa-2048")
    leaf = chains.make("relay.example.com", key=key)
    cases = {
        "key.pem": (leaf.pem + leaf.key_pem(), "private key"),
        "key-alone.pem": (leaf.key_pem(), "private key"),
        "old.pem": (old.pem, "expired"),
        "page.html": (b"<!doctype html>", "no certificate"),
        "empty": (b"", "no certificate"),
    }
    (tmp_path / "good.pem").write_bytes(ROOT.pem)
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        done = command("trust", "add", "good.pem", name, status=2)
        assert words in done.err.lower()
        assert "fix" in command.answer("trust", "add", name, status=2)
    assert "nowhere.pem" in command("trust", "add", "nowhere.pem", status=2).err
    assert configuration.current_number() == 0
    command("trust", "add", "good.pem")
    assert "already" in command("trust", "add", "good.pem", "--name", "x", status=2).err
    secret = leaf.key_pem().splitlines()[3]
    assert not any(secret in one.read_bytes() for one in home.rglob("*") if one.is_file())


def test_trust_check_needs_a_relay_to_look_at(command, document):
    """Exit status 3 without a relay; 2 where mail goes in the clear; nothing is asked."""
    assert "SMTP" in command("trust", "check", status=3).err
    command(
        "config", "apply", "-",
        given="smtp: {server: 127.0.0.1, port: 9, encryption: none, from: a@example.com}",
    )  # fmt: skip
    assert "without encryption" in command("trust", "check", status=2).err


def test_trust_check_of_a_relay_that_is_not_there(command):
    """Exit status 1, because nothing was verified, with the fault that says why."""
    from manager import free_port

    port = free_port()
    text = f"smtp: {{server: 127.0.0.1, port: {port}, encryption: starttls, from: a@example.com}}"
    command("config", "apply", "-", given=text)
    answer = command.answer("trust", "check", "--timeout", "5", status=1)
    assert answer["ok"] is False
    assert answer["verdict"]["code"] == "tcp.refused"
    assert answer["anchors"] == []


def test_ciphers_are_shown_set_and_restored(command):
    """Each change is a version; restore goes back to the policy before, and forth again."""
    first = command.answer("ciphers", "show")
    assert first["preset"] == "tocsin"
    assert not first["weak_exchange"]
    names = [one["preset"] for one in command.answer("ciphers", "presets")]
    assert names[0] == "tocsin"
    assert {"guide", "tls13"} <= set(names)
    assert "guide" in command("ciphers", "presets").out
    assert "never changed" in command("ciphers", "restore", status=2).err
    changed = command.answer(
        "ciphers", "set", "ECDHE-RSA-AES256-GCM-SHA384:TLS_AES_128_GCM_SHA256", "--min-tls", "1.2"
    )
    assert changed["changed"] is True
    shown = command.answer("ciphers", "show")
    assert shown["preset"] is None
    assert shown["offered"][-1] == "ECDHE-RSA-AES256-GCM-SHA384"
    assert shown["without_effect"] == ["TLS_AES_128_GCM_SHA256"]
    command("config", "apply", "-", given="rules: [{name: R, when: {}}]")
    command("ciphers", "restore", "--dry-run")
    assert command.answer("ciphers", "show") == shown
    command("ciphers", "restore")
    assert command.answer("ciphers", "show") == first
    command("ciphers", "restore")
    assert command.answer("ciphers", "show") == shown
    command("ciphers", "preset", "tls13")
    told = command("ciphers", "show").out
    assert "preset tls13" in told
    assert "TLS 1.3 at least" in told
    command("ciphers", "restore")
    assert command.answer("ciphers", "show") == shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["set", "NOTHING-LIKE-IT"], "NOTHING-LIKE-IT"),
        (["set", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"], "IANA"),
        (["set", ""], "empty"),
        (["set", "ECDHE+AESGCM:@SECLEVEL=0"], "SECLEVEL=0"),
        (["preset", "nothing"], "guide"),
    ],
)
def test_wrong_ciphers_are_refused_by_name(command, arguments, words):
    """Exit status 2 with the entry at fault; nothing changes."""
    assert words in command("ciphers", *arguments, status=2).err
    assert configuration.current_number() == 0
