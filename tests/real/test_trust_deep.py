"""The deep probe against real servers: OpenSSL's own, Python's, and such as misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import chains
from manager import Program
from tlsserver import OPENSSL, SmtpStub, openssl_server, run_openssl, write_weak_dh
from tocsin.trust.context import misbehaving_server_context
from tocsin.trust.deep import look as module
from tocsin.trust.deep.found import CLIENT, SERVER, DeepProbe, VersionFound
from tocsin.trust.deep.look import probe_deeply
from tocsin.trust.deep.suites import BY_NUMBER, TLS12, suites_of
from tocsin.trust.wire import LARGEST_FLIGHT, VERSION_NAMES

HOST = "relay.example.com"
LADDER = chains.ladder(HOST, kind="rsa-2048")
EVERYTHING = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")


@pytest.fixture(autouse=True)
def _names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to 127.0.0.1."""

    async def resolve(host: str, port: int, seconds: float) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(module, "resolve", resolve)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The chain and its key."""
    return chains.write_chain(tmp_path_factory.mktemp("deep"), LADDER.presented)


async def look(port: int, mode: str = "smtps", timeout: float = 60) -> DeepProbe:  # noqa: ASYNC109
    return await probe_deeply(HOST, port, mode, timeout=timeout)


def version(probe: DeepProbe, name: str) -> VersionFound:
    """What was found about one version."""
    return next(one for one in probe.versions if one.name == name)


def names(found: VersionFound) -> list[str]:
    """The names of its suites."""
    return [one.suite.name for one in found.suites]


def told_by_openssl(port: int, *options: str) -> bytes:
    """What ``openssl s_client`` says in TLS 1.2."""
    assert OPENSSL is not None
    done = subprocess.run(
        [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
    return done.stdout


def accepted_by_openssl(port: int, suite: str) -> bool:
    """Whether OpenSSL's own client gets through with this suite alone."""
    told = told_by_openssl(port, "-cipher", f"{suite}:@SECLEVEL=0")
    return f"Cipher is {suite}".encode() in told


async def test_it_finds_what_openssl_s_client_finds(files: tuple[Path, Path]) -> None:
    """Every suite of TLS 1.2 that OpenSSL has, asked one by one with its own client."""
    with openssl_server(*files, "-cipher", "HIGH:!aNULL:!ARIA:@SECLEVEL=0") as port:
        found = await look(port)
        known = {
            one.split()[2]
            for one in run_openssl("ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
            .decode()
            .splitlines()
        }
        asked = [one.name for one in suites_of(TLS12) if one.name in known]
        expected = {one for one in asked if accepted_by_openssl(port, one)}
    assert set(names(version(found, "TLSv1.2"))) == expected
    assert len(expected) > 20
    assert found.complete
    assert found.findings == ()


@pytest.mark.parametrize(
    ("option", "spoken"),
    [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2"), ("-tls1_1", "TLSv1.1"), ("-tls1", "TLSv1")],
)
async def test_versions_are_told_apart(files: tuple[Path, Path], option: str, spoken: str) -> None:
    """A server of one version accepts this one alone, and the others are said to be refused."""
    with openssl_server(*files, *EVERYTHING, option) as port:
        found = await look(port)
    assert [one.name for one in found.versions if one.accepted] == [spoken]
    assert all(one.refusal for one in found.versions if not one.accepted)
    assert [one.name for one in found.versions] == list(VERSION_NAMES.values())[::-1]
    assert list(found.chains.values()) == [(spoken,)]
    assert list(found.chains) == [tuple(one.sha256 for one in LADDER.presented)]


@pytest.mark.parametrize("bits", [1024, 2048])
async def test_a_temporary_key_is_measured(
    files: tuple[Path, Path], tmp_path: Path, bits: int
) -> None:
    """DHE of 1024 bits is shown as such, beside ECDHE, though our policy would refuse it."""
    weak = ["-dhparam", str(write_weak_dh(tmp_path))] if bits == 1024 else []
    with openssl_server(*files, *EVERYTHING, "-tls1_2", *weak) as port:
        found = await look(port)
    keys = {one.exchange: one for one in found.temporary_keys}
    assert set(keys) == {"DHE", "ECDHE", "ADH", "AECDH"}
    assert (keys["DHE"].key.kind, keys["DHE"].key.bits) == ("DH", bits)
    assert (keys["ECDHE"].key.group, keys["ECDHE"].is_small) == ("X25519", False)
    assert keys["DHE"].is_small is (bits < 2048)
    dhe = [one for one in version(found, "TLSv1.2").suites if one.suite.exchange == "DHE"]
    assert dhe
    assert all((one.weakness == "its temporary key is too small") is (bits < 2048) for one in dhe)


@pytest.mark.parametrize(("option", "whose"), [("-serverpref", SERVER), ("-bugs", CLIENT)])
async def test_whose_order_decides(files: tuple[Path, Path], option: str, whose: str) -> None:
    """A server that prefers is seen through, and its order is read off."""
    own = ["AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
    options = ["-cipher", ":".join(own), "-tls1_2", option]
    with openssl_server(*files, *options) as port:
        found = version(await look(port), "TLSv1.2")
    assert found.preference == whose
    assert sorted(names(found)) == sorted(own)
    assert (names(found) == own) is (whose == SERVER)


async def test_groups_are_found(files: tuple[Path, Path]) -> None:
    """Those that the server has, in both versions."""
    with openssl_server(*files, "-groups", "P-384:P-256") as port:
        found = await look(port)
    for name in ("TLSv1.3", "TLSv1.2"):
        assert {key.group for key in version(found, name).groups} == {"P-384", "P-256"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {("TLSv1.3", "ticket"), ("TLSv1.2", "ticket"), ("TLSv1.2", "id")}),
        (["-no_ticket", "-tls1_2"], {("TLSv1.2", "id")}),
        (["-no_ticket", "-no_cache", "-tls1_2"], set()),
    ],
    ids=["all", "no tickets", "nothing"],
)
async def test_resumption(
    files: tuple[Path, Path], options: list[str], expected: set[tuple[str, str]]
) -> None:
    """By ticket, by id, or not at all: tried, not guessed."""
    with openssl_server(*files, *options) as port:
        found = await look(port)
    assert {(one.version, one.by) for one in found.resumption if one.works} == expected
    assert all(one.works is not None for one in found.resumption)


async def test_a_staple_is_seen(files: tuple[Path, Path], tmp_path: Path) -> None:
    """An OCSP answer that the server staples; one that has none is said to have none."""
    answer = tmp_path / "ocsp.der"
    # A responder's word that it has no answer now: enough to be stapled.
    answer.write_bytes(bytes.fromhex("30030a0103"))
    with openssl_server(*files, "-status_file", str(answer)) as port:
        stapled = await look(port)
    with openssl_server(*files) as port:
        bare = await look(port)
    assert stapled.extras.stapled is True
    assert stapled.extras.staple is not None
    assert stapled.extras.staple.status == "no answer"
    assert (bare.extras.stapled, bare.extras.staple) == (False, None)


async def test_the_rest_agrees_with_openssl(files: tuple[Path, Path]) -> None:
    """Compression, secure renegotiation, extended master secret: as s_client reports them."""
    with openssl_server(*files) as port:
        found = await look(port)
        told = told_by_openssl(port)
    extras = found.extras
    assert extras.compression is (b"Compression: NONE" not in told)
    assert extras.secure_renegotiation is (b"Secure Renegotiation IS supported" in told)
    assert extras.extended_master_secret is (b"Extended master secret: yes" in told)
    assert extras.fallback_refused is True


async def test_through_starttls(files: tuple[Path, Path], tmp_path: Path) -> None:
    """An SMTP server in Python with weak DHE: the same answers, and no word but the usual."""
    context = misbehaving_server_context(
        *files,
        ciphers="DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
        dh_params=write_weak_dh(tmp_path),
    )
    with SmtpStub(context) as server:
        found = await look(server.port, "starttls")
    assert set(names(version(found, "TLSv1.2"))) == {
        "DHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
    }
    assert {one.exchange: one.key.bits for one in found.temporary_keys}["DHE"] == 1024
    assert version(found, "TLSv1.3").accepted
    assert {one.split()[0] for one in server.commands} <= {b"EHLO", b"STARTTLS", b"QUIT"}
    assert set(server.server_names) == {HOST}
    assert {(one.version, one.works) for one in found.resumption} >= {("TLSv1.3", True)}


async def test_a_server_that_knows_two_chains(files: tuple[Path, Path], tmp_path: Path) -> None:
    """RSA and ECDSA certificates side by side: both are seen, by the suites that ask for them."""
    second = chains.ladder(HOST, kind="ec")
    folder = tmp_path / "ec"
    folder.mkdir()
    own, key = chains.write_chain(folder, second.presented[:1])
    with openssl_server(*files, "-dcert", str(own), "-dkey", str(key), "-tls1_2") as port:
        found = await look(port)
    leaves = {chain[0] for chain in found.chains}
    assert leaves == {LADDER.presented[0].sha256, second.presented[0].sha256}
    taken = names(version(found, "TLSv1.2"))
    assert any("ECDSA" in one for one in taken)
    assert any("-RSA-" in one for one in taken)


async def test_a_server_that_drops_one_of_ten(files: tuple[Path, Path]) -> None:
    """A connection that is closed without a word is asked again: nothing goes missing."""
    context = misbehaving_server_context(*files, ciphers="HIGH:!aNULL:@SECLEVEL=0")
    count = 0

    class Dropping(SmtpStub):
        def _serve(self, connection: socket.socket) -> None:
            nonlocal count
            count += 1
            if count % 10 == 0:
                connection.recv(4096)
                connection.close()
            else:
                super()._serve(connection)

    with SmtpStub(context, wrapper=True) as server:
        expected = await look(server.port)
    with Dropping(context, wrapper=True) as server:
        found = await look(server.port)
    assert count > 20
    for one, other in zip(found.versions, expected.versions, strict=True):
        assert names(one) == names(other)


async def test_a_relay_that_has_had_enough(files: tuple[Path, Path]) -> None:
    """After some connections it turns the rest away: what is missing is said to be so."""
    context = misbehaving_server_context(*files)

    class Limiting(SmtpStub):
        def _serve(self, connection: socket.socket) -> None:
            self.greeting = (
                b"220 relay.example.com ESMTP\r\n"
                if len(self.commands) < 20
                else b"421 4.7.0 Too many connections\r\n" + self.CLOSE
            )
            super()._serve(connection)

    with Limiting(context) as server:
        found = await look(server.port, "starttls", timeout=20)
    assert found.reached
    assert not found.complete
    assert found.findings
    assert all(one.code.startswith("smtp.") for one in found.findings)


def test_the_command_tells_a_weak_key(
    files: tuple[Path, Path], tmp_path: Path, program: Program
) -> None:
    """``certs probe`` in words and as one document, without a home."""
    weak = ["-dhparam", str(write_weak_dh(tmp_path))]
    with openssl_server(*files, *EVERYTHING, *weak) as port:
        words = program.run("certs", "probe", f"127.0.0.1:{port}", "--smtps").stdout
        document = program.json("certs", "probe", f"127.0.0.1:{port}", "--smtps")
    assert "DH, 1024 bits" in words
    assert "too small: our own connections refuse it" in words
    assert {"exchange": "DHE", "kind": "DH", "group": None, "bits": 1024}.items() <= (
        next(one for one in document["temp_keys"] if one["exchange"] == "DHE").items()
    )
    assert [one["version"] for one in document["versions"] if one["accepted"]] == [
        "TLSv1.3",
        "TLSv1.2",
        "TLSv1.1",
        "TLSv1",
    ]
    assert not program.home.exists()
    assert program.run("certs", "probe", f"127.0.0.1:{port}", status=1).stdout


async def test_no_more_than_four_at_once(files: tuple[Path, Path]) -> None:
    """A relay is asked politely: the most connections that were open at the same time."""
    context = misbehaving_server_context(*files)
    open_now, most = 0, 0
    lock = threading.Lock()

    class Counting(SmtpStub):
        def _serve(self, connection: socket.socket) -> None:
            nonlocal open_now, most
            with lock:
                open_now += 1
                most = max(most, open_now)
            try:
                super()._serve(connection)
            finally:
                with lock:
                    open_now -= 1

    with Counting(context, wrapper=True) as server:
        found = await look(server.port)
    assert found.reached
    # One that we have left may not have been noticed yet by the other side.
    assert 2 <= most <= 8


async def test_nobody_listens() -> None:
    """A finding with its code, and nothing is claimed about TLS."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        found = await look(bound.getsockname()[1])
    assert [one.code for one in found.findings] == ["tcp.refused"]
    assert not found.reached
    assert not found.complete


@pytest.mark.parametrize(
    ("stub", "mode", "code"),
    [
        ({"greeting": b"554 5.7.1 go away\r\n"}, "starttls", "smtp.greeting-refused"),
        ({"ehlo": b"250 relay.example.com\r\n"}, "starttls", "smtp.starttls-missing"),
        (
            {"starttls": b"220 ready\r\n250 sure\r\n", "handshake": b""},
            "starttls",
            "smtp.starttls-injection",
        ),
        ({}, "smtps", "tls.wrong-mode"),
    ],
    ids=["refused", "no STARTTLS", "injection", "plain port"],
)
async def test_what_does_not_lead_to_tls(stub: dict[str, bytes], mode: str, code: str) -> None:
    """The same findings as elsewhere."""
    with SmtpStub(**stub) as server:  # type: ignore[arg-type]
        found = await look(server.port, mode, timeout=10)
    assert [one.code for one in found.findings] == [code]
    assert not found.reached


def record(content: bytes, kind: int = 22) -> bytes:
    """A TLS record."""
    return bytes((kind, 3, 3)) + len(content).to_bytes(2) + content


def hello(suite: int) -> bytes:
    """A ServerHello and its end."""
    body = b"\3\3" + bytes(32) + b"\0" + suite.to_bytes(2) + b"\0"
    done = b"\x0e\0\0\0"
    return record(b"\2" + len(body).to_bytes(3) + body + done)


@contextlib.contextmanager
def hostile(answer: bytes, *, endless: bool = False) -> Iterator[int]:
    """A server that answers each connection's first octets with this; gives its port."""
    stopping = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(30)
            connection.recv(4096)
            connection.sendall(answer)
            while endless and not stopping.is_set():
                connection.sendall(answer)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
    accepting.join(10)


async def test_a_suite_that_was_not_offered() -> None:
    """A server that always answers the same is caught at the second question."""
    with hostile(hello(0xC02F)) as port:
        found = await look(port, timeout=20)
    assert names(version(found, "TLSv1.2")) == ["ECDHE-RSA-AES128-GCM-SHA256"]
    assert "tls.handshake-dropped" in [one.code for one in found.findings]
    assert found.connections < 60


@pytest.mark.parametrize(
    "answer",
    [
        record(bytes(range(256))),
        record(b"\2\0\0\x26" + b"\xff" * 38 + b"\x0e\0\0\0"),
        record(b"\2\xff\xff\xff" + bytes(1000)),
        record(b"\2\x28", kind=21),
        record(b"", kind=22),
        b"",
    ],
    ids=["noise", "nonsense", "a long promise", "alert", "nothing in it", "closed"],
)
async def test_hostile_answers_are_survived(answer: bytes) -> None:
    """Nothing is agreed on, nothing raised, and the number of questions stays small."""
    with hostile(answer) as port:
        found = await look(port, timeout=20)
    assert not found.reached
    assert found.connections <= 10
    assert found.to_json()["versions"]


async def test_an_endless_answer_ends() -> None:
    """A server that never stops sending: so much is read, and no more."""
    with hostile(record(b"\x0b\0\x3f\xfc" + bytes(0x3FFC)), endless=True) as port:
        found = await look(port, timeout=30)
    assert not found.reached
    assert LARGEST_FLIGHT < 1 << 20


async def test_silence_costs_no_more_than_the_time_given() -> None:
    """A server that says nothing: the time-out bounds all of it."""
    loop = asyncio.get_running_loop()
    with SmtpStub(greeting=None) as server:
        began = loop.time()
        found = await look(server.port, "smtps", timeout=3)
        took = loop.time() - began
    assert not found.reached
    assert took < 30


async def test_what_the_tables_name_is_what_is_sent(files: tuple[Path, Path]) -> None:
    """The number of a suite found is the one that Python's own client reports for its name."""
    with openssl_server(*files, "-cipher", "AES256-GCM-SHA384", "-tls1_2") as port:
        (suite,) = version(await look(port), "TLSv1.2").suites
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("AES256-GCM-SHA384")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        numbers = {one["name"]: one["id"] & 0xFFFF for one in context.get_ciphers()}
    assert BY_NUMBER[numbers["AES256-GCM-SHA384"]] == suite.suite
