"""``tocsin doctor``: what its arguments come to, and what is refused before anything is walked."""

from __future__ import annotations

from pathlib import Path

import pytest

import chains
from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.cli import remedy
from tocsin.doctor import walk as walking
from tocsin.doctor.errand import Errand
from tocsin.doctor.remedy import RemedyKind
from tocsin.doctor.report import Diagnosed, Report
from tocsin.doctor.step import Step
from tocsin.engine import access, configuration, doctor
from tocsin.faults.fault import Finding, Seriousness
from tocsin.mail.relay.settings import Deadlines
from tocsin.mail.smtp.opening import Encryption
from walked import walked

ROOT = chains.make("Example Root CA 11", ca=True, ends=4000)
PASSWORD = "a password of a test"
REFUSED = Diagnosed(Finding("tcp.refused"), "tcp", "192.0.2.25", Seriousness.ERROR, {})
SMTP = {
    "server": "relay.example.com",
    "port": 2587,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "user": "somebody",
    "password": Secret(PASSWORD),
}
SENT = ("--send", "--from", "alarm@example.com", "--to", "soc@example.org")


class Walks:
    """Stands in for the walk: keeps each errand, and finds what it is told to."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.findings: tuple[Diagnosed, ...] = ()

    async def __call__(self, errand: Errand, _on_step: object = None) -> Report:
        """A walk that is over at once."""
        self.errands.append(errand)
        relay = errand.relay
        steps = (Step("tcp", "192.0.2.25", not self.findings, 1.0, "connect", "\x1b[2Jspoken"),)
        place = (relay.host, relay.port, relay.encryption.value)
        return Report(*place, began_at=0, ms=1.0, steps=steps, findings=self.findings)


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> Walks:
    """No walk leaves the process."""
    stand_in = Walks()
    monkeypatch.setattr(walking, "walk", stand_in)
    return stand_in


@pytest.fixture
def password(tmp_path: Path) -> str:
    """A file that holds a password on one line."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return "password"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["relay.example.com"], ("relay.example.com", 587, Encryption.STARTTLS)),
        (["relay.example.com", "--smtps"], ("relay.example.com", 465, Encryption.SMTPS)),
        (["relay.example.com", "--plain"], ("relay.example.com", 25, Encryption.NONE)),
        (["relay.example.com:465"], ("relay.example.com", 465, Encryption.SMTPS)),
        (["relay.example.com:2465"], ("relay.example.com", 2465, Encryption.SMTPS)),
        (["relay.example.com:465", "--starttls"], ("relay.example.com", 465, Encryption.STARTTLS)),
        (["[2001:db8::25]:2587"], ("2001:db8::25", 2587, Encryption.STARTTLS)),
    ],
)
def test_the_mode_follows_the_port_and_the_port_the_mode(command, walks, arguments, expected):
    """As for collecting certificates; what is said outright counts first."""
    command("doctor", *arguments)
    relay = walks.errands[0].relay
    assert (relay.host, relay.port, relay.encryption) == expected


def test_a_server_alone_is_an_errand_without_an_envelope(command, walks):
    """Nothing is asked about a sender, nothing is sent, nothing is trusted."""
    command("doctor", "relay.example.com")
    (errand,) = walks.errands
    assert (errand.sender, errand.recipients, errand.message) == (None, (), None)
    assert (errand.relay.user, errand.relay.anchors) == (None, ())
    assert errand.timeout_s == 60


def test_all_that_can_be_given(command, walks, password, tmp_path: Path):
    """Each option arrives where the walk looks for it."""
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    command(
        *("doctor", "relay.example.com", "--user", "somebody", "--password-file", password),
        *("--from", "alarm@example.com", "--to", "soc@example.org", "--to", "noc@example.org"),
        *("--trust", "root.pem", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256", "--min-tls", "1.2"),
        *("--timeout", "7", "--nameserver", "192.0.2.53", "--nameserver", "[2001:db8::53]:5353"),
    )
    (errand,) = walks.errands
    relay = errand.relay
    assert (relay.user, relay.password) == ("somebody", Secret(PASSWORD))
    assert [one.certificate.sha256 for one in relay.anchors] == [ROOT.sha256]
    assert relay.policy.ciphers == "ECDHE-RSA-AES128-GCM-SHA256"
    assert relay.deadlines == Deadlines().capped(7)
    assert errand.timeout_s == 7
    assert errand.nameservers == ("192.0.2.53", "[2001:db8::53]:5353")
    assert errand.sender == "alarm@example.com"
    assert errand.recipients == ("soc@example.org", "noc@example.org")
    assert errand.message is None


def test_a_message_only_when_it_is_asked_for(command, walks):
    """It is addressed as the envelope is."""
    command("doctor", "relay.example.com", *SENT)
    message = walks.errands[0].message
    assert b"From: alarm@example.com\r\n" in message
    assert b"To: soc@example.org\r\n" in message


def test_the_home_s_trust_store_counts_where_none_is_given(command, walks, home, tmp_path: Path):
    """As when certificates are collected; an empty file takes its place and trusts nothing."""
    Home(home).database.touch()  # the test's store is elsewhere
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "none.pem").write_bytes(b"")
    command("trust", "add", "root.pem")
    command("doctor", "relay.example.com")
    command("doctor", "relay.example.com", "--trust", "none.pem")
    assert [len(one.relay.anchors) for one in walks.errands] == [1, 0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["relay.example.com", "--user", "somebody"], "go together"),
        (["relay.example.com", "--password-file", "password"], "go together"),
        (
            ["relay.example.com", "--plain", "--user", "u", "--password-file", "password"],
            "without encryption",
        ),
        (["relay.example.com", "--user", "u", "--password-file", "absent"], "absent"),
        (["relay.example.com", "--user", "u", "--password-file", "two-lines"], "one line"),
        (["relay.example.com", "--user", "u", "--password-file", "nothing"], "one line"),
        (["relay.example.com", "--user", "u", "--password-file", "latin"], "no UTF-8"),
        (["relay.example.com", "--send"], "--send needs"),
        (["relay.example.com", "--send", "--from", "a@example.com"], "--send needs"),
        (["relay.example.com", "--to", "soc@example.org"], "give both"),
        (["relay.example.com", "--from", "nobody"], "--from"),
        (["relay.example.com", "--from", "a@example.com\r\nRCPT TO:<b@example.org>"], "--from"),
        (["relay.example.com", "--nameserver", "dns.example.com"], "name server"),
        (["relay.example.com", "--ciphers", "NOTHING-KNOWN"], "NOTHING-KNOWN"),
        (["relay.example.com:99999"], "is no port"),
        (["relay.example.com", "--relay", "smtp"], "leave HOST out"),
        (["relay.example.com", "--fix"], "leave HOST out"),
        (["relay.example.com", "--undo", "2"], "leave HOST out"),
        (["--user", "somebody"], "--user goes with HOST"),
        (["--password-file", "password"], "--password-file goes with HOST"),
        (["--smtps"], "goes with HOST"),
        (["--trust", "root.pem"], "--trust goes with HOST"),
        (["--min-tls", "1.3"], "--min-tls goes with HOST"),
        (["--fix", "--yes", "everything"], "--yes everything"),
        (["--fix", "--yes", "add-anchor"], "unseen"),
        (["--yes", "drop-dhe"], "--yes goes with --fix"),
        (["--fix", "--nameserver", "192.0.2.53"], "--nameserver"),
        (["--relay", "another"], "another"),
    ],
)
def test_what_cannot_be_walked_is_refused(command, walks, password, tmp_path, arguments, said):
    """With words that tell why, exit status 2, and nobody having been spoken to."""
    (tmp_path / "two-lines").write_text("one\ntwo\n")
    (tmp_path / "nothing").write_text("\n")
    (tmp_path / "latin").write_bytes(b"p\xe4ssword")
    configuration.change(access.LOCAL, {"smtp": SMTP})
    done = command("doctor", *arguments, status=2)
    assert said in done.err
    assert done.out == ""
    assert "pässword" not in done.err
    assert r"\xe4" not in done.err
    assert walks.errands == []


def test_what_is_found_decides_the_exit_status(command, walks):
    """An error is a 1; a warning is none."""
    walks.findings = (REFUSED,)
    found = command.answer("doctor", "relay.example.com", status=1)
    assert (found["ok"], found["findings"][0]["code"]) == (False, "tcp.refused")
    mild = Diagnosed(Finding("sender.spf-missing"), "spf", None, Seriousness.WARNING, {})
    walks.findings = (mild,)
    assert command.answer("doctor", "relay.example.com")["ok"] is True


def test_what_a_server_said_does_not_steer_the_terminal(command, walks):
    """The report shows control characters and sends none."""
    done = command("doctor", "relay.example.com")
    assert "\x1b" not in done.out
    assert r"\x1b[2Jspoken" in done.out


def test_the_configured_relay_is_walked_without_a_manager(command, walks):
    """With its own sender, credentials and port, and who is asked about on top."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    done = command("doctor", "--to", "soc@example.org", "--nameserver", "192.0.2.53")
    (errand,) = walks.errands
    assert (errand.relay.host, errand.relay.port) == ("relay.example.com", 2587)
    assert errand.relay.password == Secret(PASSWORD)
    assert (errand.sender, errand.recipients) == ("tocsin@example.com", ("soc@example.org",))
    assert errand.nameservers == ("192.0.2.53",)
    assert "tocsin@example.com" in done.err
    assert PASSWORD not in done.out + done.err


def test_without_a_relay_there_is_nothing_to_walk(command, walks):
    """It is said by its fault, with exit status 3."""
    assert command.answer("doctor", status=3)["code"] == "smtp.not-configured"
    assert "Traceback" not in command("doctor", status=3).err
    assert walks.errands == []


def test_mending_ends_with_the_last_walk(command, monkeypatch):
    """Its report is told and its verdict is the exit status; what was allowed is passed on."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    begun: list[object] = []

    def start(_who: object, asked: object) -> str:
        begun.append(asked)
        return walked(code="tcp.refused")

    given: dict[str, object] = {}

    def fix(run, yes, _output):
        given.update(yes)
        return run

    monkeypatch.setattr(doctor, "start", start)
    monkeypatch.setattr(remedy, "fix", fix)
    done = command("doctor", "--fix", "--yes", "drop-dhe", "--relay", "smtp", status=1)
    assert done.out == "a report\n"
    assert given == {RemedyKind.DROP_DHE: ""}
    assert [one.relay for one in begun] == ["smtp"]


def test_undoing_without_a_walk_after_it_is_no_failure(command, monkeypatch):
    """It is undone; that mail cannot go was not established."""
    monkeypatch.setattr(remedy, "undo", lambda _version, _output: None)
    assert command.answer("doctor", "--undo", "4") == {"ok": None, "undone": 4}


def test_undoing_what_is_not_there_is_refused(command):
    """A version that no remedy made stays as it is."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    command("doctor", "--undo", "1", status=2)
    command("doctor", "--undo", "999", status=2)
