"""The doctor's walk over real sockets: the true cause first, and nothing said that is secret."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nameserver import serving
from rehearsing import RECIPIENT, SENDER, client_settings, content_of, rehearsing
from scriptedrelay import (
    GREETING,
    OFFER,
    PASSWORD,
    USER,
    Authority,
    Peer,
    Script,
    relay_settings,
    scripted_relay,
    within,
)
from tocsin.base.secret import Secret
from tocsin.doctor import walk as walking
from tocsin.doctor.errand import Errand
from tocsin.doctor.remedy import RemedyKind
from tocsin.doctor.report import Report
from tocsin.doctor.step import Step
from tocsin.doctor.testmessage import make_message
from tocsin.doctor.told import report_json, report_text
from tocsin.doctor.walk import walk
from tocsin.faults.fault import Seriousness
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.rehearsal import inbox
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.fault.registry import load_faults, make_faults
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.trust.policy import CipherPolicy

# A server that a busy machine keeps waiting does not hang up.
PATIENT = RehearsalSettings(port=0, smtps_port=0, region="eu-west-1", idle_seconds=60)
WITH_DHE = CipherPolicy("DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
AT_ONCE = 4
# Nobody can see these in one walk over loopback.
UNSEEN = {
    "one-address-refused",  # it needs a second address of the name
    "other-intermediate",  # it needs to know the chain of before
}
# Silences are waited out, and each costs so many seconds.
SECONDS = 1.5
TIMED = {"banner-late", "banner-stall", "connection-stuck", "drip", "garbage-greeting"} | {
    "silent-at-mail",
    "silent-after-dot",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with keys, so that no relay need make its own."""

    async def make(folder: Path) -> None:
        async with rehearsing(folder, PATIENT):
            pass

    folder = tmp_path_factory.mktemp("made")
    asyncio.run(make(folder))
    return folder


@pytest.fixture
def relays(made, tmp_path):
    """Makes relays with faults, each in a folder of its own."""
    count = iter(range(10_000))

    @contextlib.asynccontextmanager
    async def run(*faults: str, settings: RehearsalSettings = PATIENT) -> AsyncIterator[Endpoint]:
        out = shutil.copytree(made, tmp_path / str(next(count)))
        async with rehearsing(out, settings, make_faults(faults)) as endpoint:
            yield endpoint

    return run


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Nobody waits for a late greeting longer than a test can bear."""
    monkeypatch.setattr(walking, "_PATIENT_S", SECONDS)


def errand(
    settings: RelaySettings, *, send: bool = False, octets: int = 0, **changes: object
) -> Errand:
    """The whole way, without other ports of the machine that the tests run on."""
    message = make_message(SENDER, (RECIPIENT,)) if send else None
    if message is not None:
        message += (b"x" * 70 + b"\r\n") * (octets // 72)
    known: dict[str, object] = {
        "relay": settings,
        "sender": SENDER,
        "recipients": (RECIPIENT,),
        "message": message,
        "neighbours": (),
    }
    return Errand(**{**known, **changes})  # type: ignore[arg-type]


def codes(report: Report) -> list[str]:
    return [one.finding.code for one in report.findings]


def errors(report: Report) -> list[str]:
    return [one.finding.code for one in report.findings if one.severity is Seriousness.ERROR]


def names(report: Report) -> list[str]:
    return [one.name for one in report.steps]


async def diagnosed(relays, *faults: str) -> list[str]:
    """What the doctor finds of a relay with these faults, a message handed over at the end."""
    seconds = SECONDS if TIMED & set(faults) else 20
    async with relays(*faults) as endpoint:
        settings = client_settings(endpoint, seconds=seconds)
        if "dh-1024" in faults:
            settings = replace(settings, policy=WITH_DHE)
        octets = 4_000_000 if "close-mid-data" in faults else 0
        return codes(await walk(errand(settings, send=True, octets=octets)))


async def many(relays, sets: Sequence[Sequence[str]]) -> dict[tuple[str, ...], list[str]]:
    """Several relays in turn, a few at a time."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(faults: Sequence[str]) -> list[str]:
        async with limit:
            return await diagnosed(relays, *faults)

    found = await asyncio.gather(*(one(each) for each in sets))
    return {tuple(each): said for each, said in zip(sets, found, strict=True)}


# ---------------------------------------------------------------------- what is right


@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.SMTPS])
async def test_a_healthy_way_has_no_findings(relays, encryption):
    """Each step is taken once, well, and stops before DATA: nothing arrives."""
    seen: list[Step] = []
    async with relays() as endpoint:
        settings = client_settings(endpoint, encryption=encryption)
        report = await walk(errand(settings), seen.append)
        assert inbox.count_mails(Path(endpoint.inbox)) == 0
    assert report.ok
    assert report.findings == ()
    assert report.remedies == ()
    assert seen == list(report.steps)
    way = [one.name for one in report.steps if one.address is not None]
    assert way[0] == "tcp"
    for name in ("greeting", "ehlo", "tls", "certificate", "auth", "mail", "rcpt"):
        assert name in way
    assert all(one.ok is not False for one in report.steps)
    assert not {"data", "body"} & set(names(report))


async def test_a_message_is_handed_over_when_asked(relays):
    """With a message the walk ends with the relay's answer to the final dot."""
    async with relays() as endpoint:
        report = await walk(errand(client_settings(endpoint), send=True))
        assert inbox.count_mails(Path(endpoint.inbox)) == 1
    assert report.ok
    assert names(report)[-2:] == ["data", "body"]


async def test_without_a_sender_it_ends_after_the_sign_in(relays):
    """Nobody is asked about an envelope that is not there."""
    async with relays() as endpoint:
        settings = client_settings(endpoint)
        report = await walk(errand(settings, sender=None, recipients=()))
    assert report.ok
    assert "mail" not in names(report)


# ---------------------------------------------------------------------- what is wrong


async def test_each_fault_alone_comes_first(relays):
    """Of every fault of the rehearsal relay the doctor's first finding is its code."""
    faults = {name: one.code for name, one in load_faults().items() if name not in UNSEEN}
    assert len(faults) > 60
    found = await many(relays, [(name,) for name in faults])
    wrong = {name: said for (name,), said in found.items() if said[:1] != [faults[name]]}
    assert wrong == {}


@pytest.mark.parametrize(
    "pair",
    [
        ("expired", "wrong-name"),
        ("expired", "untrusted-issuer"),
        ("wrong-name", "no-auth"),
        ("self-signed", "no-mechanism"),
        ("weak-key", "not-yet-valid"),
        ("starttls-injection", "expired"),
        ("sender-refused", "recipient-refused"),
    ],
    ids="+".join,
)
async def test_two_faults_at_once_are_both_found(relays, pair):
    """What a certificate or a refusal hides is found behind it, without a password."""
    said = await diagnosed(relays, *pair)
    assert {load_faults()[one].code for one in pair} <= set(said)


async def test_a_weak_exchange_can_be_left_out(relays):
    """The offer to drop DHE is made because without it the relay was met and verified."""
    async with relays("dh-1024") as endpoint:
        settings = replace(client_settings(endpoint), policy=WITH_DHE)
        report = await walk(errand(settings))
    assert [(one.kind, one.code) for one in report.remedies] == [
        (RemedyKind.DROP_DHE, "tls.dh-too-small")
    ]


async def test_the_anchor_that_is_missing_is_offered(relays):
    """The highest certificate presented, whole; its PEM stays out of the document."""
    async with relays() as endpoint:
        settings = replace(client_settings(endpoint), anchors=())
        report = await walk(errand(settings))
    (offer,) = [one for one in report.remedies if one.kind is RemedyKind.ADD_ANCHOR]
    assert "BEGIN CERTIFICATE" in offer.facts["pem"]
    document = report_json(report)
    assert document["findings"][0]["code"] in {"tls.untrusted-issuer", "tls.incomplete-chain"}
    assert "pem" not in document["remedies"][0]["facts"]
    # What was looked at without trust is a step like any other, without a verdict.
    (look,) = [one for one in document["steps"] if one["name"] == "look"]
    assert look["ok"] is None
    assert "TLSv1.3" in look["answered"]
    assert "sign-in by" in look["answered"]


@pytest.mark.parametrize("spoken", [Encryption.STARTTLS, Encryption.SMTPS])
async def test_a_port_spoken_to_in_the_wrong_way(relays, spoken):
    """A TLS port in the clear, or the reverse: the mode is the cause, and changing it offered."""
    other = Encryption.SMTPS if spoken is Encryption.STARTTLS else Encryption.STARTTLS
    async with relays() as endpoint:
        right = client_settings(endpoint, encryption=other, seconds=SECONDS)
        report = await walk(errand(replace(right, encryption=spoken)))
    assert codes(report)[0] == "tls.wrong-mode"
    offer = report.remedies[0]
    assert offer.kind is RemedyKind.CHANGE_MODE
    assert offer.facts == {"port": str(right.port), "encryption": other.value}


async def test_a_closed_port_beside_one_that_works(relays):
    """Another port of the host is offered only where it was met and verified."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    async with relays() as endpoint:
        settings = replace(client_settings(endpoint), port=closed)
        ports = ((closed + 1, Encryption.STARTTLS), (endpoint.smtps_port, Encryption.SMTPS))
        report = await walk(errand(settings, neighbours=ports))
        lone = await walk(errand(settings))
        strange = await walk(errand(replace(settings, anchors=()), neighbours=ports))
    assert codes(report) == ["tcp.refused"]
    assert dict(report.remedies[0].facts) == {
        "port": str(endpoint.smtps_port),
        "encryption": "smtps",
    }
    looks = {one.asked: one.answered for one in report.steps if one.name == "look"}
    assert looks == {
        f"port {closed + 1} with starttls": "tcp.refused",
        f"port {endpoint.smtps_port} with smtps": "works up to the certificate",
    }
    for other in (lone, strange):
        assert [one.kind for one in other.remedies] == [RemedyKind.TRY_NOW]


async def test_a_secret_key_in_the_place_of_the_password(relays):
    """The 535 is a consequence of what was entered; the secret itself is shown nowhere."""
    async with relays() as endpoint:
        secret = content_of(endpoint.secret_file).split()[-1]
        settings = replace(client_settings(endpoint), password=Secret(secret))
        report = await walk(errand(settings))
    assert codes(report) == ["auth.secret-not-smtp-password", "auth.rejected"]
    assert report.findings[1].consequence_of == "auth.secret-not-smtp-password"
    assert report.remedies[0].kind is RemedyKind.DERIVE_PASSWORD
    shown = report_text(report) + str(report_json(report)) + repr(report)
    assert secret not in shown
    assert base64.b64encode(secret.encode()).decode() not in shown


async def test_the_form_of_what_was_entered_is_looked_at(relays):
    """User and password of Amazon's form are a step of their own."""
    async with relays() as endpoint:
        settings = client_settings(endpoint)
        found = await walk(errand(settings))
    assert "credentials" in names(found)
    assert found.ok


# ---------------------------------------------------------------------- nothing secret


@pytest.fixture(scope="module")
def authority():
    return Authority()


def lure(authority: Authority, context_of: Authority) -> Script:
    """A relay that would take whatever is said, under a certificate of the second authority."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"220 Go ahead\r\n")
        await peer.start_tls(context_of.server_context())
        while line := await peer.line():
            await peer.say(OFFER if line.startswith(b"EHLO") else b"250 Ok\r\n")

    return script


async def in_the_clear(peer: Peer) -> None:
    """A relay without STARTTLS that invites to sign in all the same."""
    await peer.say(GREETING)
    while line := await peer.line():
        if line.startswith(b"EHLO"):
            await peer.say(b"250-relay.example.com\r\n250 AUTH PLAIN LOGIN\r\n")
        else:
            await peer.say(b"502 Not known\r\n")


def verbs(server) -> set[bytes]:
    heard = b"".join(peer.heard for peer in server.peers)
    for secret in (PASSWORD, USER, base64.b64encode(PASSWORD.encode()).decode()):
        assert secret.encode() not in heard
    return {line.split()[0] for line in heard.splitlines() if line.strip()}


async def test_a_relay_that_is_not_verified_hears_no_secret(authority):
    """Under a certificate of a stranger nothing is said but what leads to TLS, and goodbye."""
    async with scripted_relay(lure(authority, Authority())) as server:
        settings = relay_settings(server.port, authority)
        report = await walk(errand(settings, send=True))
        assert len(server.peers) >= 2
        assert verbs(server) <= {b"EHLO", b"STARTTLS", b"QUIT"}
    assert not report.ok
    assert errors(report)[0].startswith("tls.")


async def test_nothing_secret_is_said_in_the_clear(authority):
    """Without STARTTLS there is no sign-in, however much the relay invites to it."""
    async with scripted_relay(in_the_clear) as server:
        settings = relay_settings(server.port, authority)
        report = await walk(errand(settings, send=True))
        assert verbs(server) <= {b"EHLO", b"STARTTLS", b"QUIT"}
    assert errors(report)[0] == "smtp.starttls-missing"


async def test_a_report_holds_no_password(relays):
    """Neither the text nor the document nor a step shows what was sent in the sign-in."""
    async with relays("wrong-password") as endpoint:
        settings = client_settings(endpoint)
        report = await walk(errand(settings))
    assert codes(report) == ["auth.rejected"]
    assert settings.password is not None
    password = settings.password.reveal()
    plain = base64.b64encode(f"\0{settings.user}\0{password}".encode()).decode()
    shown = report_text(report) + str(report_json(report)) + repr(report)
    assert password not in shown
    assert plain not in shown


# ---------------------------------------------------------------------- hostile servers


async def endless_line(peer: Peer) -> None:
    await peer.say(b"220 ")
    while True:
        await peer.say(b"x" * 65_536)


async def endless_greeting(peer: Peer) -> None:
    while True:
        await peer.say(b"220-more\r\n" * 1000)


async def huge_offer(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(b"250-" + b"X" * 1_000_000 + b"\r\n250 STARTTLS\r\n")
    await peer.silence()


async def control_characters(peer: Peer) -> None:
    await peer.say(b"554 \x1b[2Jgo \x00away \xff\r\n")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (endless_line, "smtp.not-smtp"),
        (endless_greeting, "smtp.not-smtp"),
        (huge_offer, "smtp.not-smtp"),
        (control_characters, "smtp.greeting-refused"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_hostile_server_costs_little(authority, script, code):
    """Floods are cut off, and what they say cannot steer a terminal or fill a report."""
    async with scripted_relay(script) as server:
        settings = relay_settings(server.port, authority, deadlines=within(greeting=5, ehlo=5))
        report = await walk(errand(settings, timeout_s=20))
    assert codes(report)[0] == code
    text = report_text(report)
    assert "\x1b" not in text
    assert "\x00" not in text
    assert len(str(report_json(report))) < 200_000


async def stalling(peer: Peer) -> None:
    await peer.silence()


async def test_the_whole_walk_is_over_in_its_time(authority):
    """A relay that stalls is told as what was waited for when the time was over."""
    async with scripted_relay(stalling) as server:
        report = await walk(errand(relay_settings(server.port, authority), timeout_s=1))
    assert codes(report)[0] == "smtp.banner-timeout"
    assert "smtp.banner-timeout" in report_text(report)


@pytest.mark.parametrize(
    ("fault", "code", "step"),
    [
        ("silent-at-mail", "smtp.timeout", "mail"),
        ("silent-after-dot", "smtp.outcome-unknown", "body"),
    ],
)
async def test_what_was_awaited_when_the_time_was_over(tmp_path, fault, code, step):
    """A step that lasts longer than the whole walk is what failed, and nothing before it."""
    async with rehearsing(tmp_path, faults=make_faults([fault])) as endpoint:
        settings = client_settings(endpoint)
        message = make_message(SENDER, (RECIPIENT,))
        report = await walk(
            Errand(settings, SENDER, (RECIPIENT,), message=message, timeout_s=2, neighbours=())
        )
    assert codes(report) == [code]
    assert report.steps[-1].name == step
    assert report.steps[-1].ok is False
    assert "can go" not in report_text(report).splitlines()[0]


# ---------------------------------------------------------------------- addresses


async def test_one_address_that_fails_is_a_warning(authority, monkeypatch):
    """The mail goes by the other one, so that the way as a whole is well."""

    async def good(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        while await peer.line():
            await peer.say(b"250 Ok\r\n")

    async def refused(peer: Peer) -> None:
        await peer.say(b"554 Not here\r\n")

    def look_up(_host, port, **_options):
        places = [("127.0.0.2", port), ("127.0.0.3", port)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in places]

    async with (
        scripted_relay(refused, host="127.0.0.2") as first,
        scripted_relay(good, host="127.0.0.3", port=first.port),
    ):
        monkeypatch.setattr("tocsin.mail.relay.dial.socket.getaddrinfo", look_up)
        report = await walk(errand(relay_settings(first.port, authority)))
        monkeypatch.undo()
    assert codes(report) == ["smtp.greeting-refused"]
    assert report.findings[0].severity is Seriousness.WARNING
    assert report.findings[0].evidence["addresses"] == ["127.0.0.2"]
    assert report.ok
    assert ("rcpt", "127.0.0.3") in {(one.name, one.address) for one in report.steps}


async def test_a_name_that_does_not_exist(monkeypatch):
    """The walk ends at the name, and offers nothing that was not seen."""

    def not_found(*_asked, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("tocsin.mail.relay.dial.socket.getaddrinfo", not_found)
    settings = RelaySettings("none", "relay.example.com", 587, Encryption.STARTTLS)
    report = await walk(errand(settings))
    monkeypatch.undo()
    assert codes(report) == ["dns.not-found"]
    assert names(report) == ["dns"]
    assert report.remedies == ()
    assert report.findings[0].finding.facts["host"] == "relay.example.com"


# ---------------------------------------------------------------------- the sender's domain


async def test_the_name_servers_that_are_named_are_asked(relays):
    """What they say of the domain is a warning beside a way that is well."""
    zone = {
        "example.com": {"MX": ("10 mail.example.com.",)},
        "_dmarc.example.com": {"TXT": ('"v=DMARC1; p=reject"',)},
    }
    with serving(zone) as server:
        async with relays() as endpoint:
            settings = client_settings(endpoint)
            report = await walk(errand(settings, nameservers=(server.address,)))
    assert codes(report) == ["sender.spf-missing"]
    assert report.findings[0].severity is Seriousness.WARNING
    assert report.ok
    assert {"spf", "dkim", "dmarc", "mta-sts", "mx"} <= set(names(report))


async def test_a_silent_name_server_holds_up_nothing_but_itself(relays):
    """When the time is over while only DNS is awaited, the way to the relay is still well."""
    silent = dict.fromkeys(("example.com", "_dmarc.example.com"), "silent")
    with serving(silent) as server:
        async with relays() as endpoint:
            settings = client_settings(endpoint)
            report = await walk(errand(settings, nameservers=(server.address,), timeout_s=2))
    assert report.ok
    assert report.findings == ()


async def test_nobody_is_asked_about_a_name_that_is_nobodys(relays, monkeypatch):
    """Without name servers of its own a walk for example.com puts no question to the public."""

    async def ask(*_asked):
        raise AssertionError("a question was put")

    monkeypatch.setattr("tocsin.doctor.zone.Zone.ask", ask)
    async with relays() as endpoint:
        report = await walk(errand(client_settings(endpoint)))
    assert report.ok
    assert "spf" not in names(report)
