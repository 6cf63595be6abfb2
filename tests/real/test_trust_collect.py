"""Collecting from SMTP servers: the honest, the broken and the silent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

import chains
from chains import HOST, Made
from tlsserver import SmtpStub, free_port
from tocsin.faults.catalogue import is_known
from tocsin.trust import collect as module
from tocsin.trust import lookup
from tocsin.trust.anchor import Anchor
from tocsin.trust.collect import Collection, collect, mode_of, save, text_report
from tocsin.trust.context import server_context

LADDER = chains.ladder()


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What every name leads to; a test may add to it."""
    found = ["127.0.0.1"]

    async def resolve(host: str, port: int, seconds: float) -> list[str]:
        return found

    monkeypatch.setattr(module, "resolve", resolve)
    return found


@pytest.fixture
def context(tmp_path: Path) -> object:
    """A server's context for the ladder."""
    return server_context(*chains.write_chain(tmp_path, LADDER.presented))


async def look(
    port: int,
    anchors: Sequence[Made] = (LADDER.root,),
    mode: str = "starttls",
    seconds: float = 15,
) -> Collection:
    trusted = [one.anchor() for one in anchors]
    return await collect(HOST, port, mode, anchors=trusted, timeout=seconds)


def the_code(collected: Collection) -> str:
    """The code of the one failure; every code must be in the catalogue."""
    (finding,) = collected.findings
    assert is_known(finding.code)
    assert finding.code == collected.verdict.code
    assert not collected.verdict.trusted
    json.dumps(collected.to_json())
    text_report(collected)
    return finding.code


def test_the_port_decides_the_mode() -> None:
    """465 and 2465 begin with TLS, all others with words."""
    assert {port: mode_of(port) for port in (25, 465, 587, 2465, 2587, 1025)} == {
        25: "starttls",
        465: "smtps",
        587: "starttls",
        2465: "smtps",
        2587: "starttls",
        1025: "starttls",
    }


@pytest.mark.parametrize("mode", ["starttls", "smtps"])
async def test_a_chain_is_collected_judged_and_saved(
    addresses: list[str], context: object, tmp_path: Path, mode: str
) -> None:
    """The whole way: STARTTLS or TLS at once, verdict, report, files, JSON."""
    with SmtpStub(context, wrapper=mode == "smtps") as server:  # type: ignore[arg-type]
        collected = await look(server.port, mode=mode)
    assert set(server.server_names) == {HOST}
    assert not any(line.startswith((b"AUTH", b"MAIL")) for line in server.commands)
    files = save(collected, tmp_path / "out")
    document = json.loads(json.dumps(collected.to_json()))
    assert document["verdict"]["trusted"] is True
    assert document["verdict"]["anchor"] == LADDER.root.sha256
    assert document["mode"] == mode
    assert document["endpoints"][0]["chain"] == [one.sha256 for one in LADDER.presented]
    assert [one["file"] for one in document["certificates"]] == [str(one) for one in files]
    report = text_report(collected)
    assert "Trusted. It rests on Example Root CA 1" in report
    assert str(files[0]) in report


async def test_an_untrusted_chain_comes_with_advice(addresses: list[str], context: object) -> None:
    """Without anchors: the code, what is missing, and the highest certificate to add."""
    with SmtpStub(context) as server:  # type: ignore[arg-type]
        collected = await look(server.port, [])
    assert the_code(collected) == "tls.untrusted-issuer"
    assert collected.verdict.missing == (LADDER.oldest.parsed.subject,)
    assert collected.recommendation is not None
    assert collected.recommendation.sha256 == LADDER.second_crossed.sha256
    assert "Add to the trust store: Example Services Root - G2" in text_report(collected)


async def test_trust_in_the_leaf_alone_works_and_is_advised_against(
    addresses: list[str], context: object
) -> None:
    """A pinned server certificate is trusted; the report names what outlasts it."""
    with SmtpStub(context) as server:  # type: ignore[arg-type]
        collected = await look(server.port, [LADDER.leaf])
    assert collected.verdict.trusted
    assert collected.verdict.anchor == LADDER.leaf.sha256
    assert collected.recommendation is not None
    assert collected.recommendation.sha256 == LADDER.second_crossed.sha256


async def test_a_lone_leaf_leads_to_its_issuer(addresses: list[str], tmp_path: Path) -> None:
    """Only the leaf is sent: incomplete, and the advice is not to pin the leaf."""
    context = server_context(*chains.write_chain(tmp_path, [LADDER.leaf]))
    with SmtpStub(context) as server:
        collected = await look(server.port)
    assert the_code(collected) == "tls.incomplete-chain"
    assert collected.recommendation is not None
    assert collected.recommendation.sha256 is None
    assert collected.recommendation.name == LADDER.intermediate.parsed.subject


async def test_disorder_doubles_and_twins_are_remarked(
    addresses: list[str], tmp_path: Path
) -> None:
    """A chain out of order with a double and a stranger is trusted, and described."""
    stranger = chains.make("Stranger", ca=True)
    sent = [LADDER.leaf, LADDER.root_crossed, stranger, LADDER.intermediate, LADDER.root_crossed]
    context = server_context(*chains.write_chain(tmp_path, sent))
    with SmtpStub(context) as server:
        collected = await look(server.port)
    assert collected.verdict.trusted
    assert [one.sha256 for one in collected.certificates] == [one.sha256 for one in sent[:4]]
    assert collected.oddities is not None
    assert collected.oddities.out_of_order
    assert collected.oddities.doubled == (LADDER.root_crossed.sha256,)
    assert collected.oddities.unused == (stranger.sha256,)
    assert collected.oddities.cross_signed == ((LADDER.root_crossed.sha256, LADDER.root.sha256),)
    report = text_report(collected)
    for words in ("not sent in the order", "more than once", "no part of the way", "cross-signed"):
        assert words in report
        assert sum(words in one for one in collected.to_json()["remarks"]) == 1  # type: ignore[attr-defined]


async def test_every_address_is_asked_and_differences_are_told(
    addresses: list[str], tmp_path: Path
) -> None:
    """Two addresses with two chains, one that refuses: each is described by itself."""
    renewed = chains.make(HOST, issuer=LADDER.intermediate)
    old = server_context(*chains.write_chain(tmp_path, LADDER.presented, "old"))
    new = server_context(*chains.write_chain(tmp_path, [renewed, *LADDER.presented[1:]], "new"))
    addresses += ["127.0.0.2", "127.0.0.3"]
    with SmtpStub(old) as one, SmtpStub(new, address="127.0.0.2", port=one.port):
        collected = await look(one.port)
    first, second, third = collected.endpoints
    assert first.chain[0] == LADDER.leaf.sha256
    assert second.chain[0] == renewed.sha256
    assert third.finding is not None
    assert third.finding.code == "tcp.refused"
    assert third.finding.facts["address"] == "127.0.0.3"
    assert collected.differing
    assert collected.verdict.trusted
    assert len(collected.certificates) == 5
    (words,) = collected.warnings
    assert words.startswith("The addresses show different chains: 127.0.0.1 (relay.example.com ")
    assert f"; 127.0.0.2 (relay.example.com {renewed.sha256[:8]}, " in words


async def test_one_untrusted_address_makes_the_verdict(
    addresses: list[str], tmp_path: Path
) -> None:
    """A fleet is as trusted as its worst machine."""
    good = server_context(*chains.write_chain(tmp_path, LADDER.presented, "good"))
    bad = server_context(*chains.write_chain(tmp_path, [chains.make()], "bad"))
    addresses.append("127.0.0.2")
    with SmtpStub(good) as one, SmtpStub(bad, address="127.0.0.2", port=one.port):
        collected = await look(one.port)
    assert not collected.verdict.trusted
    assert collected.verdict.code == "tls.self-signed"


async def test_ipv6_is_spoken(addresses: list[str], context: object) -> None:
    """An IPv6 address is connected to like any other."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    addresses[:] = ["::1"]
    with SmtpStub(context, address="::1") as server:  # type: ignore[arg-type]
        collected = await look(server.port)
    assert collected.verdict.trusted
    assert server.commands[0] == b"EHLO [IPv6:::1]"


BROKEN = {
    "another protocol": ({"greeting": b"SSH-2.0-OpenSSH_9.2\r\n"}, "smtp.not-smtp"),
    "a web server": ({"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, "smtp.not-smtp"),
    "a greeting of one line without end": ({"greeting": b"220 " + b"x" * 300_000}, "smtp.not-smtp"),
    "a greeting of many lines": ({"greeting": b"220-more\r\n" * 100_000}, "smtp.not-smtp"),
    "turned away": ({"greeting": b"554 5.7.1 Go away\r\n"}, "smtp.greeting-refused"),
    "too many": ({"greeting": b"421 4.3.2 Too many connections\r\n"}, "smtp.too-many-connections"),
    "closed at once": ({"greeting": SmtpStub.CLOSE}, "smtp.closed-early"),
    "reset at once": ({"greeting": SmtpStub.RESET}, "smtp.closed-early"),
    "closed in the greeting": ({"greeting": b"220-re" + SmtpStub.CLOSE}, "smtp.closed-early"),
    "closed after EHLO": ({"ehlo": SmtpStub.CLOSE}, "smtp.closed-early"),
    "no STARTTLS": ({"ehlo": b"250-relay\r\n250 8BITMIME\r\n"}, "smtp.starttls-missing"),
    "masked greeting": (
        {"greeting": b"220 ************\r\n", "ehlo": b"250-relay\r\n250 XXXXXXXA\r\n"},
        "smtp.masked-by-firewall",
    ),
    "masked word": ({"ehlo": b"250-relay\r\n250 XXXXXXXA\r\n"}, "smtp.masked-by-firewall"),
    "refused": ({"starttls": b"454 4.7.0 TLS not available\r\n"}, "smtp.starttls-refused"),
    "plaintext behind the 220": (
        {"starttls": b"220 Ready\r\n250-AUTH PLAIN\r\n"},
        "smtp.starttls-injection",
    ),
    "words for a handshake": ({"handshake": b"250 Ok so far\r\n"}, "tls.wrong-mode"),
    "closed in the handshake": ({"handshake": SmtpStub.CLOSE}, "tls.handshake-dropped"),
    "reset in the handshake": ({"handshake": SmtpStub.RESET}, "tls.handshake-dropped"),
    "garbage after a TLS beginning": (
        {"handshake": b"\x16\x03\x03\x00\x20" + b"\xff" * 32 + SmtpStub.CLOSE},
        "tls.handshake-dropped",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_each_broken_server_has_its_code(
    addresses: list[str], context: object, kind: str
) -> None:
    """What goes wrong before or in the handshake is a finding, never an exception."""
    behaviour, code = BROKEN[kind]
    with SmtpStub(context, **behaviour) as server:  # type: ignore[arg-type]
        assert the_code(await look(server.port)) == code


SILENT = {
    "no greeting": ({"greeting": None}, "smtp.banner-timeout"),
    "a greeting in drips": (
        {"greeting": b"220-" + b"x" * 500, "drip": 0.02},
        "smtp.banner-timeout",
    ),
    "an endless greeting": ({"greeting": b"220-hello\r\n"}, "smtp.banner-timeout"),
    "no answer to EHLO": ({"ehlo": None}, "smtp.timeout"),
    "no answer to STARTTLS": ({"starttls": None}, "smtp.timeout"),
}


@pytest.mark.parametrize("kind", SILENT)
async def test_silence_ends_at_a_deadline(addresses: list[str], context: object, kind: str) -> None:
    """Silence and drip-feeding end when the stage's time is over, at every step."""
    behaviour, code = SILENT[kind]
    with SmtpStub(context, **behaviour) as server:  # type: ignore[arg-type]
        assert the_code(await look(server.port, seconds=1.5)) == code


async def test_a_handshake_that_stalls_is_dropped(addresses: list[str]) -> None:
    """The 220 to STARTTLS is followed by nothing: the handshake's own deadline ends it."""
    async with asyncio.timeout(20):
        server = await asyncio.start_server(_stall, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            collected = await look(port, seconds=1.5)
    assert the_code(collected) == "tls.handshake-dropped"
    assert "silence" in collected.findings[0].facts["reason"]


async def _stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 relay ESMTP\r\n")
    await reader.readline()
    writer.write(b"250-relay\r\n250 STARTTLS\r\n")
    await reader.readline()
    writer.write(b"220 Go\r\n")
    with contextlib.suppress(OSError):
        while await reader.read(4096):
            pass
    writer.close()


async def test_starttls_on_a_port_that_waits_for_tls(addresses: list[str], context: object) -> None:
    """Silence on a TLS port is tried with a handshake, and so told from a dead relay."""
    with SmtpStub(context, wrapper=True) as server:  # type: ignore[arg-type]
        assert the_code(await look(server.port, seconds=3)) == "tls.wrong-mode"


async def test_tls_on_a_port_that_speaks_first(addresses: list[str], context: object) -> None:
    """The greeting in place of a handshake is shown."""
    with SmtpStub(context) as server:  # type: ignore[arg-type]
        collected = await look(server.port, mode="smtps")
    assert the_code(collected) == "tls.wrong-mode"
    assert collected.findings[0].facts["received"].startswith("220 relay.example.com")


async def test_nobody_listens(addresses: list[str]) -> None:
    """A closed port is a finding with its address."""
    collected = await look(free_port())
    assert the_code(collected) == "tcp.refused"
    assert "no TLS (tcp.refused)" in text_report(collected)


async def test_a_full_backlog_times_out(addresses: list[str]) -> None:
    """A listener that never accepts, its queue full, looks like a dropped packet."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(8):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(address)
        assert the_code(await look(address[1], seconds=1.5)) == "tcp.timeout"


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 64 + ".example.com", "a..b"])
async def test_names_that_cannot_be_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown or impossible name is dns.not-found."""

    def ask(host: str, *_: object, **__: object) -> object:
        host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(lookup.socket, "getaddrinfo", ask)
    collected = await collect(name, 587, timeout=5)
    assert the_code(collected) == "dns.not-found"
    assert collected.endpoints == ()


@pytest.mark.parametrize("number", [socket.EAI_AGAIN, socket.EAI_FAIL])
async def test_a_resolver_in_trouble(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that cannot answer is another fault than a name that is not there."""

    def ask(*_: object, **__: object) -> object:
        raise socket.gaierror(number, "Temporary failure in name resolution")

    monkeypatch.setattr(lookup.socket, "getaddrinfo", ask)
    assert the_code(await collect(HOST, 587, timeout=5)) == "dns.timeout"


@pytest.fixture
def silent_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A resolver that answers only when the test is over."""
    over = threading.Event()

    def ask(*_: object, **__: object) -> object:
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    monkeypatch.setattr(lookup.socket, "getaddrinfo", ask)
    yield
    over.set()


async def test_a_silent_resolver_is_not_waited_for(silent_resolver: None) -> None:
    """The deadline ends the wait although the lookup itself cannot be ended."""
    collected = await collect(HOST, 587, timeout=0.3)
    assert the_code(collected) == "dns.timeout"


async def test_localhost_is_resolved_for_real(context: object, tmp_path: Path) -> None:
    """Without any stand-in for the resolver, a name of this machine is found."""
    here = server_context(
        *chains.write_chain(tmp_path, [chains.make("localhost", issuer=LADDER.root)], "here")
    )
    with SmtpStub(here) as server:
        collected = await collect(
            "localhost.", server.port, anchors=[LADDER.root.anchor()], timeout=15
        )
    assert collected.verdict.trusted
    assert collected.host == "localhost"


async def test_an_expiring_certificate_is_told_in_time(
    addresses: list[str], tmp_path: Path
) -> None:
    """Trusted today, but the leaf ends within days."""
    soon = chains.make(HOST, issuer=LADDER.root, ends=3)
    context = server_context(*chains.write_chain(tmp_path, [soon]))
    with SmtpStub(context) as server:
        collected = await look(server.port)
    assert collected.verdict.trusted
    assert [one.code for one in collected.findings] == ["tls.expiring"]


async def test_a_root_of_the_operating_system_is_named_as_such(
    addresses: list[str], context: object
) -> None:
    """Where they are trusted, verdict and report say that it was one of them."""
    root = Anchor("System Root", LADDER.root.parsed, system=True)
    with SmtpStub(context) as server:  # type: ignore[arg-type]
        collected = await collect(HOST, server.port, anchors=[root], timeout=15)
    assert collected.verdict.trusted
    document = collected.to_json()
    assert document["verdict"]["anchor_of_system"] is True  # type: ignore[index]
    assert "System Root" in text_report(collected)
    assert "of the operating system's roots" in text_report(collected)


async def test_the_system_and_java_are_asked_for_comparison(
    addresses: list[str], context: object
) -> None:
    """The public roots do not trust a made chain; Java follows the same anchors."""
    with SmtpStub(context) as server:  # type: ignore[arg-type]
        trusted = await look(server.port, [LADDER.root_crossed])
        refused = await look(server.port, [chains.make("Stranger", ca=True)])
    assert trusted.to_json()["system_trusted"] is False
    assert trusted.java is not None
    assert trusted.java.accepted
    report = text_report(trusted)
    assert "The public roots of this machine do not trust it." in report
    assert "A Java client with the same trust store accepts it." in report
    java = refused.to_json()["java"]
    assert java["accepted"] is False  # type: ignore[index]
    assert "unable to find valid certification path" in java["message"]  # type: ignore[index]
    assert java["message"] in text_report(refused)  # type: ignore[index]
    assert any(one.startswith("Neither presented nor") for one in refused.remarks)


async def test_a_certificate_says_all_of_itself(
    addresses: list[str], context: object, tmp_path: Path
) -> None:
    """Serial, names, whether an authority, and where its issuer is found."""
    url = "http://crt.example.com/ca.cer"
    leaf = chains.make(HOST, issuer=LADDER.root, issuer_url=url)
    with SmtpStub(server_context(*chains.write_chain(tmp_path, [leaf], "one"))) as server:
        collected = await look(server.port)
    (one,) = collected.to_json()["certificates"]  # type: ignore[misc]
    assert one["serial"] == f"{leaf.x509.serial_number:x}"
    assert (one["ca"], one["names"], one["ca_issuers"], one["ocsp"]) == (False, [HOST], [url], [])
    report = text_report(collected)
    for words in (one["serial"], url, leaf.sha256, f"names {HOST}"):
        assert words in report


async def test_an_impostor_is_called_out(addresses: list[str], tmp_path: Path) -> None:
    """A chain under a false "Amazon Root CA 1" is no recommendation, but a warning."""
    fake = chains.make("Amazon Root CA 1", organization="Amazon", ca=True)
    context = server_context(*chains.write_chain(tmp_path, [chains.make(HOST, issuer=fake), fake]))
    with SmtpStub(context) as server:
        collected = await look(server.port)
    assert collected.recommendation is None
    assert any("Do not trust it" in warning for warning in collected.warnings)
    assert "NOT the published root whose name it bears" in text_report(collected)


async def test_an_impostor_that_somebody_added_stays_trusted(
    addresses: list[str], tmp_path: Path
) -> None:
    """What a person decided holds; the warning stays."""
    fake = chains.make("Amazon Root CA 1", organization="Amazon", ca=True)
    context = server_context(*chains.write_chain(tmp_path, [chains.make(HOST, issuer=fake), fake]))
    with SmtpStub(context) as server:
        collected = await look(server.port, [fake])
    assert collected.verdict.trusted
    assert any("Do not trust it" in warning for warning in collected.warnings)


async def test_aiosmtpd_is_collected_from(addresses: list[str], context: object) -> None:
    """An independent SMTP server with STARTTLS gives the same chain."""
    controller = Controller(
        Sink(), hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True
    )
    controller.start()
    try:
        collected = await look(controller.port)
    finally:
        controller.stop()
    assert collected.verdict.trusted
    assert collected.endpoints[0].chain == tuple(one.sha256 for one in LADDER.presented)
