"""TLS sessions resumed with real servers: which handshakes are full, and what evidence says."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

import chains
from scriptedrelay import GREETING, OFFER, Authority, Peer, relay_settings, scripted_relay
from tlsserver import OPENSSL, openssl_server
from tocsin.base.clock import SYSTEM_CLOCK
from tocsin.base.secret import Secret
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import Encryption, RelayConnection, RelayFailure, RelayMemory
from tocsin.mail.relay.resumption import Resumption
from tocsin.trust.context import client_context
from tocsin.trust.session import TlsClient

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
MAIL = Envelope("m", "alarm@example.com", ("op@example.com",), b"Subject: x\r\n\r\nhi\r\n")


@pytest.fixture(scope="module")
def authority():
    return Authority()


class Relay:
    """Scripts that share one TLS context, as the connections to one machine do."""

    def __init__(self, authority: Authority, version: str = "1.3") -> None:
        self._authority = authority
        self._version = VERSIONS[version]
        self.forget()

    def forget(self) -> None:
        """Its tickets, as after a restart."""
        self.context = self._authority.server_context()
        self.context.minimum_version = self.context.maximum_version = self._version

    @property
    def handshakes(self) -> tuple[int, int]:
        """Full ones and resumed ones, as the server counts them."""
        counted = self.context.session_stats()
        return counted["accept_good"] - counted["hits"], counted["hits"]

    async def starttls(self, peer: Peer) -> None:
        """Answer rightly, message by message."""
        await self._until_tls(peer)
        await peer.start_tls(self.context)
        await self._take_mail(peer)

    async def smtps(self, peer: Peer) -> None:
        """The same on a connection that began with TLS."""
        await peer.start_tls(self.context)
        await peer.say(GREETING)
        await self._take_mail(peer)

    async def end_at_hello(self, peer: Peer) -> None:
        """Break off as soon as the client asks for TLS."""
        await self._until_tls(peer)
        peer.reset()

    async def end_after_handshake(self, peer: Peer) -> None:
        """Take the handshake, and no word in it."""
        await self._until_tls(peer)
        await peer.start_tls(self.context)

    async def _until_tls(self, peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"220 Go ahead\r\n")

    async def _take_mail(self, peer: Peer) -> None:
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"235 Authentication successful.\r\n")
        await peer.take_message()
        await peer.silence()


async def use(settings, memory) -> RelayConnection:
    """One connection, opened, used for a message and closed."""
    connection = RelayConnection(settings, memory)
    await connection.open()
    (told,) = await connection.deliver([MAIL])
    await connection.close()
    assert told.ok
    return connection


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.SMTPS])
async def test_the_second_connection_resumes_and_names_the_first(authority, version, encryption):
    """One full handshake for three connections; the evidence of each shows the same chain."""
    relay = Relay(authority, version)
    script = relay.starttls if encryption is Encryption.STARTTLS else relay.smtps
    async with scripted_relay(script) as server:
        settings = relay_settings(server.port, authority, encryption)
        memory = RelayMemory(settings)
        first, second, third = [await use(settings, memory) for _ in range(3)]
    assert relay.handshakes == (1, 2)
    assert (first.evidence.resumed, first.evidence.rests_on) == (False, None)
    assert first.evidence.chain
    for resumed in (second.evidence, third.evidence):
        assert (resumed.resumed, resumed.rests_on) == (True, first.id)
        assert resumed.chain == first.evidence.chain
        assert resumed.tls_version == f"TLSv{version}"
        assert any("resumed" in line.received for line in resumed.transcript)


async def test_connections_that_share_no_memory_share_no_session(authority):
    """Without a memory every handshake is a full one."""
    relay = Relay(authority)
    async with scripted_relay(relay.starttls) as server:
        settings = relay_settings(server.port, authority)
        for memory in (None, None, RelayMemory(settings), RelayMemory(settings)):
            assert not (await use(settings, memory)).evidence.resumed
    assert relay.handshakes == (4, 0)


async def test_a_changed_trust_store_never_resumes_an_old_session(authority):
    """The issuer is trusted no more: refused, and full again once it is trusted again."""
    relay = Relay(authority)
    async with scripted_relay(relay.starttls) as server:
        settings = relay_settings(server.port, authority)
        await use(settings, RelayMemory(settings))
        distrusting = replace(settings, anchors=Authority().anchors)
        connection = RelayConnection(distrusting, RelayMemory(distrusting))
        with pytest.raises(RelayFailure) as caught:
            await connection.open()
        assert caught.value.finding.code in ("tls.untrusted-issuer", "tls.incomplete-chain")
        assert not (await use(settings, RelayMemory(settings))).evidence.resumed
    assert relay.handshakes[1] == 0


async def test_changed_credentials_begin_with_a_full_handshake(authority):
    """Another account does not go on in the session of the one before."""
    relay = Relay(authority)
    async with scripted_relay(relay.starttls) as server:
        settings = relay_settings(server.port, authority)
        memory = RelayMemory(settings)
        await use(settings, memory)
        changed = replace(settings, password=Secret("another"))
        with pytest.raises(ValueError, match="other settings"):
            RelayConnection(changed, memory)
        await use(changed, RelayMemory(changed))
    assert relay.handshakes == (2, 0)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_relay_that_forgot_its_tickets_costs_nothing(authority, version):
    """It was restarted: one connection, a full handshake, and a new basis."""
    relay = Relay(authority, version)
    async with scripted_relay(relay.starttls) as server:
        settings = relay_settings(server.port, authority)
        memory = RelayMemory(settings)
        await use(settings, memory)
        relay.forget()
        second = await use(settings, memory)
        third = await use(settings, memory)
        assert len(server.peers) == 3
    assert relay.handshakes == (1, 1)
    assert not second.evidence.resumed
    assert third.evidence.rests_on == second.id


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("ending", ["end_at_hello", "end_after_handshake"])
async def test_a_resumption_that_fails_is_tried_once_anew_without(authority, version, ending):
    """The relay stumbles over the old session: a second connection, and nobody notices."""
    relay = Relay(authority, version)
    stumble = getattr(relay, ending)
    async with scripted_relay(relay.starttls, stumble, relay.starttls) as server:
        settings = relay_settings(server.port, authority)
        memory = RelayMemory(settings)
        await use(settings, memory)
        second = await use(settings, memory)
        assert len(server.peers) == 3
    assert not second.evidence.resumed
    assert second.evidence.chain
    (health,) = memory.addresses()
    assert (health.failures, health.finding) == (0, None)


async def test_what_fails_without_the_session_too_is_a_failure(authority):
    """After the one try without it the failure is told, and the session is gone."""
    relay = Relay(authority)
    scripts = (relay.starttls, relay.end_at_hello, relay.end_at_hello, relay.starttls)
    async with scripted_relay(*scripts) as server:
        settings = relay_settings(server.port, authority)
        memory = RelayMemory(settings)
        await use(settings, memory)
        connection = RelayConnection(settings, memory)
        with pytest.raises(RelayFailure) as caught:
            await connection.open()
        assert caught.value.finding.code == "tls.handshake-dropped"
        assert len(server.peers) == 3
        assert not (await use(settings, memory)).evidence.resumed
    assert relay.handshakes == (2, 0)


async def test_what_fails_before_tls_is_not_blamed_on_the_session(authority):
    """A greeting refused: no second try, and the session is there for the next connection."""
    relay = Relay(authority)

    async def turn_away(peer: Peer) -> None:
        await peer.say(b"421 Too many concurrent SMTP connections\r\n")

    async with scripted_relay(relay.starttls, turn_away, relay.starttls) as server:
        settings = relay_settings(server.port, authority)
        memory = RelayMemory(settings)
        first = await use(settings, memory)
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings, memory).open()
        assert caught.value.finding.code == "smtp.too-many-connections"
        assert len(server.peers) == 2
        assert (await use(settings, memory)).evidence.rests_on == first.id


async def test_a_password_refused_in_a_resumed_session_is_not_tried_again(authority):
    """It was answered, so the session is not to blame; the evidence still names its basis."""
    relay = Relay(authority)

    async def reject(peer: Peer) -> None:
        await relay._until_tls(peer)
        await peer.start_tls(relay.context)
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"535 Authentication Credentials Invalid\r\n")
        await peer.silence()

    async with scripted_relay(relay.starttls, reject) as server:
        settings = relay_settings(server.port, authority)
        memory = RelayMemory(settings)
        first = await use(settings, memory)
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings, memory).open()
        assert len(server.peers) == 2
    assert caught.value.finding.code == "auth.rejected"
    assert caught.value.evidence.rests_on == first.id
    assert caught.value.evidence.chain == first.evidence.chain


# ---------------------------------------------------------------------- OpenSSL itself


def speak(port: int, client: TlsClient) -> None:
    """A handshake with a server on loopback, and one line that it answers backwards."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        client.start()
        while not client.established:
            wire.sendall(client.outgoing())
            client.receive(wire.recv(65_536))
        client.send(b"olleh\n")
        wire.sendall(client.outgoing())
        heard = b""
        while b"hello" not in heard:
            heard += client.receive(wire.recv(65_536))
        client.close()
        with contextlib.suppress(OSError):
            wire.sendall(client.outgoing())


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl program")
@pytest.mark.parametrize(
    "arguments",
    [("-tls1_2",), ("-tls1_2", "-no_ticket"), ("-tls1_3",), ("-tls1_3", "-no_ticket")],
    ids=" ".join,
)
def test_openssl_resumes_what_was_kept(tmp_path: Path, arguments):
    """Tickets, and sessions that the server keeps itself, with ``openssl s_server``."""
    ladder = chains.ladder("localhost")
    anchors = [ladder.root.anchor()]
    context = client_context(anchors)
    resumption = Resumption(SYSTEM_CLOCK)
    files = chains.write_chain(tmp_path, ladder.presented)
    resumed = []
    with openssl_server(*files, *arguments) as port:
        for number in range(3):
            offered = resumption.offer("127.0.0.1")
            session = None if offered is None else offered.session
            client = TlsClient(context, "localhost", anchors, session=session)
            speak(port, client)
            resumed.append(client.facts().resumed)
            basis = (
                offered.basis
                if offered is not None and client.facts().resumed
                else resumption.basis_of(client, f"c{number}", 0)
            )
            resumption.keep("127.0.0.1", client, basis)
            assert basis.connection == "c0"
    assert resumed == [False, True, True]
