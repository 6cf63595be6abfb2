"""The whole way, with real processes: an alarm comes in, a mail arrives, and why is shown."""

from __future__ import annotations

import email
import email.policy
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from manager import Program, alarms, document_of, free_port, smtp_of, wait_until

ALERT = {
    "timestamp": "2026-11-24T10:00:00.000000+0100",
    "flow_id": 1,
    "event_type": "alert",
    "src_ip": "192.0.2.5",
    "src_port": 40000,
    "dest_ip": "198.51.100.9",
    "dest_port": 22,
    "proto": "TCP",
    "alert": {
        "action": "allowed",
        "gid": 1,
        "signature_id": 1000001,
        "rev": 1,
        "signature": "TEST password guessing",
        "category": "Attempted User Privilege Gain",
        "severity": 1,
    },
}


@dataclass(frozen=True)
class Running:
    """A manager that is well, for tests that leave it so."""

    program: Program
    relay: dict[str, Any]
    url: str


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all of them; nobody has signed in yet."""
    program = Program(tmp_path_factory.mktemp("running"))
    try:
        relay = program.rehearse()
        program.apply(document_of(relay))
        yield Running(program, relay, program.up())
    finally:
        program.stop()


def mails(inbox: str) -> list[EmailMessage]:
    """The mails that arrived, oldest first."""
    found = []
    for path in sorted(Path(inbox).glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def states(program: Program) -> list[str]:
    """The states of all deliveries, newest first."""
    return [one["state"] for one in program.json("deliveries")]


def test_a_suricata_alert_becomes_a_mail(program: Program, tmp_path: Path):
    """From a line in eve.json over rule, action and outbox to a mail, with its evidence."""
    relay = program.rehearse()
    eve = tmp_path / "eve.json"
    eve.write_text(json.dumps(ALERT) + "\n" + '{"event_type":"stats"}\n' + "broken\n")
    source = {"name": "ids-1", "kind": "eve", "path": str(eve), "from": "start"}
    program.apply(document_of(relay, sources=[source]))
    url = program.up()
    wait_until(lambda: len(mails(relay["inbox"])) == 1, "the mail")
    (mail,) = mails(relay["inbox"])
    assert "TEST password guessing" in mail["Subject"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "198.51.100.9" in body.get_content()
    wait_until(lambda: states(program) == ["delivered"], "the outcome")
    (delivery,) = program.json("deliveries")
    (attempt,) = delivery["attempts"]
    assert attempt["reply"].startswith("250 ")
    assert attempt["tls_version"].startswith("TLSv1.")
    assert len(attempt["chain"]) == 4
    assert mail["X-Rehearsal-Original-Message-ID"] == delivery["message_id"]
    (alarm,) = program.json("alarm", "list")
    why = program.json("why", alarm["id"])
    (transition,) = why["transitions"]
    assert [rule["matched"] for rule in transition["rules"]] == [True]
    assert transition["deliveries"][0]["state"] == "delivered"
    assert "matched" in program.run("why", alarm["id"]).stdout
    assert (program.home / "quarantine").exists()
    assert list((program.home / "quarantine").glob("*.jsonl"))
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert 'tocsin_deliveries_total{kind="email",state="delivered"} 1' in text
    assert text.endswith("# EOF\n")


def test_an_untrusted_relay_gets_neither_mail_nor_password(program: Program):
    """Nothing is sent, the missing issuer is named, and after trust is added the mail goes out."""
    relay = program.rehearse()
    program.apply(document_of(relay, trust=[]))
    program.up()
    program.json("alarm", "send", "-", text=json.dumps(alarms(1)))
    result = program.json("action", "test", "Mail the SOC", status=1)
    assert result["code"].startswith("tls.")
    assert "Rehearsal" in result["cause"]
    assert not any("AUTH" in line["sent"] for line in result["transcript"])
    assert mails(relay["inbox"]) == []
    wait_until(lambda: states(program).count("retrying") == 1, "the evidence of the pause")
    program.run("trust", "add", relay["root_file"], "--name", "Rehearsal Root CA 1")
    wait_until(lambda: len(mails(relay["inbox"])) == 1, "the mail that waited")
    wait_until(lambda: "delivered" in states(program), "its outcome")


def test_a_wrong_password_is_told_and_corrected(program: Program, tmp_path: Path):
    """auth.rejected pauses the relay; a corrected password lets everything out at once."""
    relay = program.rehearse()
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong-horse-battery\n")
    program.apply(document_of(relay, smtp=smtp_of(relay, password_file=str(wrong))))
    program.up()
    program.json("alarm", "send", "-", text=json.dumps(alarms(3)))
    result = program.json("action", "test", "Mail the SOC", status=1)
    assert result["code"] == "auth.rejected"
    assert "wrong-horse-battery" not in json.dumps(result)
    program.apply({"smtp": smtp_of(relay)})
    wait_until(lambda: len(mails(relay["inbox"])) == 3, "the mails that waited")


def mail_after(running: Running, count: int) -> EmailMessage:
    """The one that comes in when so many are there."""
    inbox = running.relay["inbox"]
    wait_until(lambda: len(mails(inbox)) > count, "the mail")
    (mail,) = mails(inbox)[count:]
    return mail


def test_test_action_succeeds_the_way_an_alarm_goes(running: Running):
    """Success is the relay's 250 after the final dot, shown with its evidence."""
    before = len(mails(running.relay["inbox"]))
    result = running.program.json("action", "test", "Mail the SOC")
    assert result["ok"]
    assert result["reply"].startswith("250 ")
    assert any(line["sent"].startswith("AUTH PLAIN ***") for line in result["transcript"])
    assert "Test" in mail_after(running, before)["Subject"]


def test_without_a_manager_a_test_says_what_is_missing(program: Program):
    """Exit status 3 and the command that starts a manager."""
    program.apply({"actions": [{"name": "A", "kind": "email", "to": ["a@example.com"]}]})
    done = program.run("action", "test", "A", status=3)
    assert "tocsin up" in done.stderr


def test_hostile_text_cannot_alter_a_mail(running: Running):
    """Line breaks, NUL, bidi controls and a flood of text stay inside their field."""
    program = running.program
    before = len(mails(running.relay["inbox"]))
    hostile = {
        "type": "x",
        "severity": "major",
        "details": "a\r\nBcc: victim@example.org\r\n\r\n.\r\nQUIT\r\n\u202egnp.exe" + "y" * 60_000,
        "attributes": {"k": "\r\n.\r\nMAIL FROM:<evil@example.org>"},
    }
    results = program.json("alarm", "send", "-", text=json.dumps(hostile))
    assert results[0]["ok"]
    mail_after(running, before)
    time.sleep(0.3)
    mail = mail_after(running, before)
    assert mail["Bcc"] is None
    assert mail["To"] == "soc@example.com"
    assert not mail.defects
    refused = program.json(
        "alarm", "send", "-", text=json.dumps({"type": "a\r\nBcc: x@example.org"}), status=2
    )
    assert refused[0]["problem"]["errors"][0]["field"] == "type"


def test_a_change_is_taken_over_by_every_role(program: Program):
    """The appliance is Up again once all roles really work with the new version."""
    relay = program.rehearse()
    url = program.up()
    token = program.json("token", "add", "t", "--role", "viewer")["token"]
    program.apply(document_of(relay))

    def appliance() -> dict[str, Any]:
        request = urllib.request.Request(
            f"{url}/api/v1/appliances", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            (one,) = json.load(answer)["items"]
        return one

    wait_until(lambda: appliance()["status"] == "Up", "the roles")
    found = appliance()
    assert found["latest_version"] == 1
    assert {one["role"]: one["applied_version"] for one in found["roles"]} == {
        "web": 1,
        "responder": 1,
        "intake": 1,
    }


def test_a_home_has_one_manager(running: Running):
    """A second `up` is refused with exit status 3 and does not disturb the first."""
    done = running.program.run("up", "--http", "--bind", "127.0.0.1:1", status=3)
    assert str(running.program.home) in done.stderr
    with urllib.request.urlopen(f"{running.url}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_a_taken_port_is_said_at_once(program: Program):
    """Exit status 3 and the port named, instead of a web role that is started for ever."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = program.run("up", "--http", "--bind", f"127.0.0.1:{port}", status=3)
    assert str(port) in done.stderr


def roles_of(pid: int) -> list[int]:
    """The processes below a supervisor."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(one) for one in text.split()]


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_sigterm_ends_everything(program: Program):
    """A clean stop: exit status 0, no role left behind."""
    program.up()
    (up,) = [one for one in program._running if "up" in one.args]
    roles = roles_of(up.pid)
    assert len(roles) == 3
    up.send_signal(signal.SIGTERM)
    assert up.wait(20) == 0
    assert not any(is_alive(pid) for pid in roles)


def test_roles_end_with_a_killed_supervisor(program: Program):
    """Kill -9 of `up` leaves no role running alone."""
    program.up()
    (up,) = [one for one in program._running if "up" in one.args]
    roles = roles_of(up.pid)
    up.kill()
    up.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in roles), "the roles to end")


def test_a_killed_role_is_started_again(program: Program):
    """The supervisor notices and restarts it, and mail goes out as before."""
    relay = program.rehearse()
    program.apply(document_of(relay))
    program.up()
    (up,) = [one for one in program._running if "up" in one.args]
    before = roles_of(up.pid)
    for pid in before:
        if b"responder" in Path(f"/proc/{pid}/cmdline").read_bytes():
            import os

            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(set(roles_of(up.pid)) | set(before)) > len(before), "a new responder")
    program.json("alarm", "send", "-", text=json.dumps(alarms(1)))
    wait_until(lambda: len(mails(relay["inbox"])) == 1, "the mail")


def test_the_first_password_stands_in_a_file_and_in_no_log(running: Running):
    """Without a terminal it is kept at mode 0600; logs do not hold it."""
    program = running.program
    path = program.home / "first-password"
    wait_until(path.exists, "the first password")
    assert path.stat().st_mode & 0o777 == 0o600
    password = path.read_text().strip()
    logs = "".join(one.read_text() for one in (program.home / "logs").iterdir())
    assert password not in logs + program.log("up")


def test_healthz_asks_a_stranger_for_a_token(running: Running):
    """What was forwarded for another is no longer this machine's own question."""
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    request = urllib.request.Request(f"{running.url}/metrics", headers=forwarded)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 401
    caught.value.close()


def test_the_stand_in_takes_the_place_of_the_configured_relay(program: Program):
    """With --rehearsal mail goes to the rehearsal relay, and the document stays as it is."""
    program.apply(
        {
            "actions": [{"name": "A", "kind": "email", "to": ["a@example.com"]}],
            "rules": [{"name": "R", "when": {}, "active": ["A"]}],
        }
    )
    program.up("--rehearsal")
    result = program.json("action", "test", "A")
    assert result["ok"]
    assert program.json("config", "show")["smtp"] is None


def test_a_stand_in_that_is_started_again_is_used_where_it_listens_then(program: Program):
    """It comes back on another port; what is queued meanwhile goes to it, and to nobody else."""
    program.apply(
        {
            "smtp": {
                "server": "127.0.0.1",
                "port": free_port(),
                "encryption": "none",
                "from": "tocsin@example.com",
            },
            "actions": [{"name": "A", "kind": "email", "to": ["a@example.com"]}],
            "rules": [{"name": "R", "when": {}, "active": ["A"]}],
        }
    )
    program.up("--rehearsal")
    facts = program.home / "run" / "rehearsal.json"
    before = json.loads(facts.read_text())
    os.kill(before["pid"], signal.SIGKILL)
    program.run("alarm", "send", "-", text=json.dumps({"type": "Scan", "severity": "major"}))
    wait_until(
        lambda: program.json("deliveries", "--state", "delivered"), "the delivery", seconds=60
    )
    port = json.loads(facts.read_text())["port"]
    assert port != before["port"]
    (delivery,) = program.json("deliveries")
    assert [one["relay"] for one in delivery["attempts"] if one["ok"]] == [f"localhost:{port}"]
