"""One connection to real relays: aiosmtpd with sign-in, and Postfix with PIPELINING."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

import chains
from scriptedrelay import (
    GREETING,
    PASSWORD,
    USER,
    Authority,
    Peer,
    relay_settings,
    scripted_relay,
    within,
)
from tlsserver import free_port, wait_for_port
from tocsin.base.secret import Secret
from tocsin.domain.delivery import RecipientState
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import (
    Encryption,
    RelayConnection,
    RelayFailure,
    RelayMemory,
    RelaySettings,
    dial,
)

DOTTED = b"Subject: dots\r\n\r\n.\r\n..\r\n.text\r\nQUIT\r\n\r\nend\r\n"


@pytest.fixture(scope="module")
def authority():
    return Authority()


class Inbox:
    """Keeps what aiosmtpd receives; refuses one recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server, _session, envelope, address, _options
    ):
        """aiosmtpd: one recipient."""
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, _server, _session, envelope
    ):
        """aiosmtpd: one message."""
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return f"250 OK queued as {len(self.mails)}"


def sign_in(_server, _session, _envelope, _mechanism, data):
    good = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@contextlib.asynccontextmanager
async def aiosmtpd(inbox: Inbox, wrapper: ssl.SSLContext | None = None, **options: object):
    """Aiosmtpd in this loop; gives its port. With `wrapper` TLS begins with the first byte."""
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(SMTP(inbox, authenticator=sign_in, loop=loop, **options))
        return sessions[-1]

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=wrapper)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in sessions:
            if each.transport is not None:
                each.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


@pytest.fixture
async def starttls_relay(authority) -> AsyncIterator[tuple[int, Inbox]]:
    inbox = Inbox()
    options = {"tls_context": authority.server_context(), "require_starttls": True}
    async with aiosmtpd(inbox, auth_required=True, **options) as port:
        yield port, inbox


async def test_mail_goes_over_starttls_with_a_sign_in(starttls_relay, authority):
    """Two batches on one connection arrive byte for byte; the evidence says how."""
    port, inbox = starttls_relay
    connection = RelayConnection(relay_settings(port, authority))
    evidence = await connection.open()
    assert connection.usable
    first = await connection.deliver(
        [
            Envelope("a", "alarm@example.com", ("op@example.com",), DOTTED),
            Envelope("b", "alarm@example.com", ("nobody@example.com", "op@example.com"), DOTTED),
            Envelope("c", "alarm@example.com", ("nobody@example.com",), DOTTED),
        ]
    )
    second = await connection.deliver(
        [Envelope("d", "", ("a@example.com", "b@example.com"), b"Subject: last\r\n\r\n")]
    )
    await connection.close()
    assert not connection.usable
    assert [each.envelope_id for each in (*first, *second)] == ["a", "b", "c", "d"]
    assert [each.ok for each in (*first, *second)] == [True, True, False, True]
    assert [one.state for one in first[1].recipients] == [
        RecipientState.REFUSED,
        RecipientState.ACCEPTED,
    ]
    assert first[2].finding.code == "smtp.recipient-refused"
    assert first[0].reply == "250 OK queued as 1"
    assert inbox.mails == [
        ("alarm@example.com", ["op@example.com"], DOTTED),
        ("alarm@example.com", ["op@example.com"], DOTTED),
        ("<>", ["a@example.com", "b@example.com"], b"Subject: last\r\n\r\n"),
    ]
    assert evidence.address == "127.0.0.1"
    assert evidence.tls_version in ("TLSv1.2", "TLSv1.3")
    assert evidence.cipher
    assert len(evidence.chain) >= 1
    steps = [line.step for line in evidence.transcript if line.step != "tcp"]
    assert steps == ["dns", "greeting", "ehlo", "starttls", "tls", "ehlo", "auth"]
    times = [line.at for line in evidence.transcript]
    assert times == sorted(times)
    assert PASSWORD not in repr(evidence)
    assert all(each.started_at <= each.finished_at for each in first)


async def test_a_wrong_password_is_rejected(starttls_relay, authority):
    """A 535 of aiosmtpd becomes the account's fault."""
    port, _inbox = starttls_relay
    connection = RelayConnection(relay_settings(port, authority, password=Secret("wrong")))
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert caught.value.finding.code == "auth.rejected"
    assert caught.value.evidence.transcript[-1].sent == "AUTH PLAIN ***"


async def test_mail_goes_over_tls_from_the_first_byte(authority):
    """The wrapper port: no STARTTLS, the greeting comes through TLS."""
    inbox = Inbox()
    async with aiosmtpd(inbox, authority.server_context(), auth_require_tls=False) as port:
        connection = RelayConnection(relay_settings(port, authority, Encryption.SMTPS))
        evidence = await connection.open()
        (told,) = await connection.deliver(
            [Envelope("a", "alarm@example.com", ("op@example.com",), DOTTED)]
        )
        await connection.close()
    assert told.ok
    assert inbox.mails[0][2] == DOTTED
    assert [line.step for line in evidence.transcript][-4:] == ["tls", "greeting", "ehlo", "auth"]


async def test_a_relay_that_knows_only_login_is_signed_in_to(authority):
    """Where PLAIN is not offered LOGIN does it, and shows nothing in the transcript."""
    inbox = Inbox()
    options = {"tls_context": authority.server_context(), "auth_exclude_mechanism": ["PLAIN"]}
    async with aiosmtpd(inbox, auth_required=True, **options) as port:
        connection = RelayConnection(relay_settings(port, authority))
        evidence = await connection.open()
        await connection.close()
    assert [line.sent for line in evidence.transcript][-3:] == [
        "AUTH LOGIN",
        "*** (user)",
        "*** (password)",
    ]


async def test_a_starttls_port_spoken_to_in_tls_is_the_wrong_mode(starttls_relay, authority):
    """A greeting in the clear where TLS should begin says which setting is wrong."""
    port, _inbox = starttls_relay
    connection = RelayConnection(relay_settings(port, authority, Encryption.SMTPS))
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert caught.value.finding.code == "tls.wrong-mode"


async def test_the_window_bounds_what_may_be_unanswered(authority):
    """More messages than the window are not taken in one call."""
    settings = relay_settings(1, authority, window=2)
    connection = RelayConnection(settings)
    with pytest.raises(ValueError, match="at most 2"):
        await connection.deliver([Envelope(str(n), "", ("a@example.com",), b"") for n in range(3)])


async def test_a_connection_that_was_never_opened_leaves_everything_untried(authority):
    """`deliver` raises nothing for a relay that is not there."""
    connection = RelayConnection(relay_settings(1, authority))
    (told,) = await connection.deliver([Envelope("a", "", ("a@example.com",), b"")])
    assert told.untried
    await connection.close()


async def test_a_rested_connection_says_so(starttls_relay, authority):
    """The owner can close an idle connection before the relay does."""
    port, _inbox = starttls_relay
    connection = RelayConnection(relay_settings(port, authority, idle_limit=0.0))
    await connection.open()
    assert connection.stale
    assert connection.usable
    assert connection.idle_since >= connection.evidence.opened_at
    await connection.close()
    fresh = RelayConnection(relay_settings(port, authority))
    await fresh.open()
    assert not fresh.stale
    assert fresh.idle_limit == 8.0
    await fresh.close()


# ---------------------------------------------------------------------- addresses


def addresses_of(monkeypatch, *texts: str) -> None:
    """Give the relay's name these addresses of loopback."""

    def look_up(_name, port):
        return [dial.Address(text, socket.AF_INET, (text, port)) for text in texts]

    monkeypatch.setattr(dial, "_addresses", look_up)


async def leave(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(b"250 relay.example.com\r\n")
    await peer.silence()


async def turn_away(peer: Peer) -> None:
    await peer.say(b"421 Too many concurrent SMTP connections\r\n")


async def test_the_next_address_is_tried_when_one_refuses(monkeypatch):
    """One dead machine of a fleet is passed over, and noted."""
    async with scripted_relay(leave, host="127.0.0.3") as relay:
        addresses_of(monkeypatch, "127.0.0.2", "127.0.0.3")
        connection = RelayConnection(relay_settings(relay.port, encryption=Encryption.NONE))
        evidence = await connection.open()
        await connection.close()
    assert evidence.address == "127.0.0.3"
    tries = [line for line in evidence.transcript if line.step == "tcp"]
    assert tries[0].sent.startswith("127.0.0.2 ")
    assert os.strerror(errno.ECONNREFUSED) in tries[0].received
    assert tries[1].received == "connected"


async def test_the_next_address_is_tried_when_one_does_not_greet(monkeypatch):
    """A machine that turns us away at the greeting is no word about the others."""
    async with (
        scripted_relay(leave, host="127.0.0.3") as good,
        scripted_relay(turn_away, host="127.0.0.2", port=good.port) as bad,
    ):
        addresses_of(monkeypatch, "127.0.0.2", "127.0.0.3")
        connection = RelayConnection(relay_settings(good.port, encryption=Encryption.NONE))
        evidence = await connection.open()
        assert connection.usable
        await connection.close()
        assert len(bad.peers) == 1
    assert evidence.address == "127.0.0.3"


async def test_a_password_refused_by_one_address_is_not_tried_at_the_next(monkeypatch, authority):
    """What concerns the account is the same everywhere; repeating it would lock it out."""

    async def reject(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(b"250-relay\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")
        await peer.line()
        await peer.say(b"220 Go ahead\r\n")
        await peer.start_tls(authority.server_context())
        await peer.line()
        await peer.say(b"250-relay\r\n250 AUTH PLAIN\r\n")
        await peer.line()
        await peer.say(b"535 Authentication Credentials Invalid\r\n")
        await peer.silence()

    async with (
        scripted_relay(reject, host="127.0.0.2") as first,
        scripted_relay(reject, host="127.0.0.3", port=first.port) as second,
    ):
        addresses_of(monkeypatch, "127.0.0.2", "127.0.0.3")
        connection = RelayConnection(relay_settings(first.port, authority))
        with pytest.raises(RelayFailure) as caught:
            await connection.open()
        assert second.peers == []
    assert caught.value.finding.code == "auth.rejected"
    assert caught.value.finding.facts["address"] == "127.0.0.2"


async def test_a_name_server_that_hangs_is_given_up(monkeypatch):
    """The lookup's deadline holds although the system's own resolver waits on."""
    release = threading.Event()

    def hang(_name, _port):
        release.wait(30)
        return []

    monkeypatch.setattr(dial, "_addresses", hang)
    settings = relay_settings(25, encryption=Encryption.NONE, deadlines=within(dns=0.1))
    connection = RelayConnection(settings)
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    release.set()
    assert caught.value.finding.code == "dns.timeout"


async def test_a_name_that_does_not_exist_is_not_found(monkeypatch):
    """The resolver's word reaches the owner from the thread that asked it."""

    def unknown(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings = relay_settings(25, encryption=Encryption.NONE, host="relay.example.com")
    connection = RelayConnection(settings)
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert caught.value.finding.code == "dns.not-found"
    (line,) = caught.value.evidence.transcript
    assert (line.step, line.sent) == ("dns", "relay.example.com")


async def test_a_closed_port_refuses():
    """Nothing listens: the code, and the address that was tried."""
    connection = RelayConnection(relay_settings(free_port(), encryption=Encryption.NONE))
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert caught.value.finding.code == "tcp.refused"
    assert caught.value.finding.facts["address"]


@contextlib.contextmanager
def swallowing_port(address: str, port: int = 0) -> Iterator[int]:
    """A port with a full backlog: it drops our SYN, as a firewall does."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_a_port_that_swallows_connections_times_out():
    """Silence at the port is told from a refusal."""
    with swallowing_port("127.0.0.1") as port:
        settings = relay_settings(
            port, encryption=Encryption.NONE, host="127.0.0.1", deadlines=within(connect=0.3)
        )
        connection = RelayConnection(settings)
        with pytest.raises(RelayFailure) as caught:
            await connection.open()
    assert caught.value.finding.code == "tcp.timeout"


def port_free_on(*addresses: str) -> int:
    """A port that nothing uses at any of these addresses just now."""
    for _ in range(100):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            port = 0
            for address in addresses:
                one = held.enter_context(socket.socket())
                one.bind((address, port))
                port = one.getsockname()[1]
            return port
    raise AssertionError("no port is free at all of these addresses")


async def test_a_silent_address_does_not_hold_up_the_next(monkeypatch):
    """The second address is tried beside the first, long before the first is given up."""
    port = port_free_on("127.0.0.2", "127.0.0.3")
    async with scripted_relay(leave, host="127.0.0.3", port=port) as relay:
        with swallowing_port("127.0.0.2", port):
            addresses_of(monkeypatch, "127.0.0.2", "127.0.0.3")
            settings = relay_settings(
                relay.port, encryption=Encryption.NONE, deadlines=within(connect=600)
            )
            connection = RelayConnection(settings)
            evidence = await connection.open()
            await connection.close()
    assert evidence.address == "127.0.0.3"


async def test_of_several_reasons_the_telling_one_is_given(monkeypatch):
    """A refusal says more than silence; the others stand beside it."""
    with swallowing_port("127.0.0.2") as port:
        addresses_of(monkeypatch, "127.0.0.2", "127.0.0.3")
        settings = relay_settings(port, encryption=Encryption.NONE, deadlines=within(connect=0.3))
        connection = RelayConnection(settings)
        with pytest.raises(RelayFailure) as caught:
            await connection.open()
    assert caught.value.finding.code == "tcp.refused"
    assert caught.value.finding.facts["address"] == "127.0.0.3"
    assert "127.0.0.2" in caught.value.finding.facts["reason"]


# ---------------------------------------------------------------------- Postfix

LADDER = chains.ladder("localhost", kind="rsa-2048")
POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin")


@pytest.fixture
def postfix() -> Iterator[tuple[int, Path]]:
    """A Postfix of our own that puts mail for op@example.com into a folder."""
    assert POSTFIX is not None
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    port = free_port()
    _configure(folder, port)
    control = [POSTFIX, "-c", str(folder / "etc")]
    try:
        subprocess.run([*control, "start"], check=True, capture_output=True, timeout=60)
        wait_for_port(port)
        yield port, folder / "mail" / "inbox" / "new"
    finally:
        subprocess.run([*control, "abort"], check=False, capture_output=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, port: int) -> None:
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir(mode=0o755)
    owner = pwd.getpwnam("postfix").pw_uid
    os.chown(folder / "data", owner, -1)
    os.chown(folder / "mail", owner, -1)
    certificates, key = chains.write_chain(folder, LADDER.presented)
    bundle = folder / "chain.pem"
    bundle.write_bytes(key.read_bytes() + certificates.read_bytes())
    (folder / "etc" / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example.com
mydestination =
inet_protocols = ipv4
mynetworks =
alias_maps =
virtual_mailbox_domains = example.com
virtual_mailbox_maps = inline:{{ op@example.com=inbox/ }}
virtual_mailbox_base = {folder}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:{owner}
virtual_gid_maps = static:{owner}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {bundle}
smtpd_relay_restrictions = reject_unauth_destination
"""
    )
    (folder / "etc" / "master.cf").write_text(
        f"""127.0.0.1:{port} inet n - n - - smtpd
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
virtual unix - n n - - virtual
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
    )


def postfix_settings(port: int) -> RelaySettings:
    return relay_settings(
        port,
        encryption=Encryption.STARTTLS,
        user=None,
        password=None,
        anchors=(LADDER.root.anchor(),),
    )


needs_postfix = pytest.mark.skipif(
    POSTFIX is None or os.geteuid() != 0, reason="needs Postfix and the rights to start it"
)


@needs_postfix
async def test_a_batch_is_pipelined_to_postfix_and_arrives_whole(postfix):
    """Deep pipelining against Postfix: each mail once, its dots right, one refused beside it."""
    port, inbox = postfix
    settings = postfix_settings(port)
    connection = RelayConnection(settings)
    await connection.open()
    assert connection.capabilities.pipelining
    batch = [
        Envelope(
            f"m{number}",
            "alarm@example.com",
            ("op@example.com",) if number % 5 else ("nobody@example.com", "op@example.com"),
            b"Subject: mail %d\r\n\r\n.\r\n..dots\r\nnumber %d\r\n" % (number, number),
        )
        for number in range(40)
    ]
    refused = Envelope("none", "alarm@example.com", ("nobody@example.com",), b"Subject: x\r\n\r\n")
    told = await connection.deliver([*batch[:20], refused, *batch[20:]])
    assert connection.usable
    await connection.close()
    assert [each.ok for each in told] == [True] * 20 + [False] + [True] * 20
    assert told[20].finding.code == "smtp.recipient-refused"
    assert told[0].recipients[0].state is RecipientState.REFUSED
    assert "queued as" in told[0].reply
    for _ in range(600):
        if inbox.is_dir() and len(list(inbox.iterdir())) == len(batch):
            break
        await asyncio.sleep(0.1)
    bodies = sorted(mail.read_bytes().partition(b"\n\n")[2] for mail in inbox.iterdir())
    assert bodies == sorted(b".\n..dots\nnumber %d\n" % number for number in range(40))


@needs_postfix
async def test_postfix_resumes_the_session_of_the_connection_before(postfix):
    """Its tickets are taken and offered; each later connection names the full handshake."""
    port, _inbox = postfix
    settings = postfix_settings(port)
    memory = RelayMemory(settings)
    connections = []
    for number in range(3):
        connection = RelayConnection(settings, memory)
        await connection.open()
        (told,) = await connection.deliver(
            [
                Envelope(
                    f"m{number}", "alarm@example.com", ("op@example.com",), b"Subject: x\r\n\r\n"
                )
            ]
        )
        assert told.ok
        await connection.close()
        connections.append(connection)
    evidence = [each.evidence for each in connections]
    assert [each.resumed for each in evidence] == [False, True, True]
    assert [each.rests_on for each in evidence] == [None, connections[0].id, connections[0].id]
    assert len({each.chain for each in evidence}) == 1
    assert [one.failures for one in memory.addresses() if one.address == "127.0.0.1"] == [0]
