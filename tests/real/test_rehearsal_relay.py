"""The rehearsal relay over real sockets: Python's own client, swaks, OpenSSL, and our client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import warnings
from dataclasses import replace

import dkim
import pytest

from rehearsing import (
    FREE,
    RECIPIENT,
    SENDER,
    client_settings,
    content_of,
    envelope,
    password_of,
    rehearsing,
    root_of,
)
from tocsin.mail.relay import RelayConnection
from tocsin.rehearsal import words
from tocsin.rehearsal.inbox import count_mails, list_mails, read_mail
from tocsin.rehearsal.relay import FolderInUse, Relay
from tocsin.trust.collect import collect
from tocsin.trust.policy import DEFAULT_POLICY

SWAKS = shutil.which("swaks")
OPENSSL = shutil.which("openssl")
GREETING = re.compile(
    rb"220 email-smtp\.amazonaws\.com ESMTP SimpleEmailService-d-[A-Z0-9]{9} [A-Za-z0-9]{20}\r\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with keys, so that each test need not make its own."""
    return tmp_path_factory.mktemp("rehearsal")


@pytest.fixture
async def out(made, tmp_path):
    """A relay's folder of this test alone."""
    if not (made / "authority").exists():
        async with rehearsing(made):
            pass
    return shutil.copytree(made, tmp_path / "out")


def context_for(endpoint, **changes):
    """A client's context that trusts the rehearsal's root alone."""
    context = ssl.create_default_context(cafile=endpoint.root_file)
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def sign_in(endpoint, *, wrapper=False):
    """Python's own client, signed in."""
    context = context_for(endpoint)
    if wrapper:
        client = smtplib.SMTP_SSL("localhost", endpoint.smtps_port, context=context, timeout=20)
    else:
        client = smtplib.SMTP("localhost", endpoint.port, timeout=20)
        client.starttls(context=context)
    client.login(endpoint.user, password_of(endpoint))
    return client


async def in_thread(work, *arguments):
    """Blocking clients run beside the relay's loop."""
    return await asyncio.to_thread(work, *arguments)


@pytest.mark.parametrize("wrapper", [False, True])
async def test_smtplib_sends_on_both_ports(out, wrapper):
    """STARTTLS and TLS from the first octet; the 250 has the id that the mail then bears."""

    def send(endpoint):
        with sign_in(endpoint, wrapper=wrapper) as client:
            assert client.has_extn("starttls") is not wrapper
            client.mail(SENDER)
            client.rcpt(RECIPIENT)
            return client.data(envelope().content)

    async with rehearsing(out) as endpoint:
        code, reply = await in_thread(send, endpoint)
    assert code == 250
    found = re.fullmatch(rb"Ok (0100[0-9a-f]{12}-[0-9a-f-]{36}-000000)", reply)
    assert found
    (summary,) = list_mails(out, limit=10)
    mail = read_mail(out, summary.id)
    assert found[1].decode() in dict(mail.headers)["Message-ID"]
    assert mail.text == "Look at host 192.0.2.1.\r\n.dot\r\n"
    assert summary.message_id == "<alarm-1@example.com>"


async def test_signatures_verify_with_the_records_beside_the_inbox(out):
    """What the relay writes down as DNS is enough for an independent verifier."""
    async with rehearsing(out) as endpoint:
        connection = RelayConnection(client_settings(endpoint))
        await connection.open()
        (outcome,) = await connection.deliver([envelope()])
        await connection.close()
    assert outcome.ok
    records = json.loads(content_of(endpoint.dns_file))

    def look_up(name, timeout=5):
        return records[name.decode()].encode()

    raw = read_mail(out, list_mails(out, limit=1)[0].id).raw
    assert dkim.DKIM(raw).verify(idx=0, dnsfunc=look_up)
    assert dkim.DKIM(raw).verify(idx=1, dnsfunc=look_up)
    assert dkim.arc_verify(raw, dnsfunc=look_up)[0] == dkim.CV_Pass


@pytest.mark.skipif(SWAKS is None, reason="swaks is not installed")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("port", ["starttls", "wrapper"])
async def test_swaks_sends(out, mechanism, port):
    """A client that others rehearse with; its transcript shows the words of SES."""
    async with rehearsing(out) as endpoint:
        number = endpoint.port if port == "starttls" else endpoint.smtps_port
        command = [
            SWAKS,
            "--server",
            "127.0.0.1",
            "--port",
            str(number),
            "--auth",
            mechanism,
            "--auth-user",
            endpoint.user,
            "--auth-password",
            password_of(endpoint),
            "--from",
            SENDER,
            "--to",
            RECIPIENT,
            "--helo",
            "client.example.com",
            "--tls" if port == "starttls" else "--tlsc",
            "--tls-verify",
            "--tls-ca-path",
            endpoint.root_file,
        ]
        done = await in_thread(
            lambda: subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        )
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "250-8BITMIME",
        "250-AUTH PLAIN LOGIN",
        "235 Authentication successful.",
        "354 End data with <CR><LF>.<CR><LF>",
        "221 Bye",
    ):
        assert line in done.stdout
    assert count_mails(out) == 1


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
@pytest.mark.parametrize("port", ["starttls", "wrapper"])
async def test_openssl_collects_the_four_certificates(out, port):
    """The recipe of the guide gives four files, none self-signed, and the chain verifies."""
    async with rehearsing(out) as endpoint:
        number = endpoint.port if port == "starttls" else endpoint.smtps_port
        command = [
            OPENSSL,
            "s_client",
            "-showcerts",
            "-connect",
            f"127.0.0.1:{number}",
            "-servername",
            endpoint.certificate_name,
            "-verify_return_error",
            "-verify_hostname",
            endpoint.certificate_name,
            "-CAfile",
            endpoint.root_file,
            *(["-starttls", "smtp"] if port == "starttls" else []),
        ]
        done = await in_thread(
            lambda: subprocess.run(
                command, input=b"QUIT\r\n", capture_output=True, timeout=60, check=False
            )
        )
    text = done.stdout.decode()
    assert text.count("-----BEGIN CERTIFICATE-----") == 4
    subjects = re.findall(r"^ \d s:(.*)$", text, re.MULTILINE)
    issuers = re.findall(r"^   i:(.*)$", text, re.MULTILINE)
    assert len(subjects) == 4
    assert all(subject != issuer for subject, issuer in zip(subjects, issuers, strict=True))
    assert issuers[:3] == subjects[1:]
    assert "Verify return code: 0 (ok)" in text


async def test_our_own_collector_finds_the_chain_trusted(out):
    """Collected, compared with the root beside the inbox: nothing is missing."""
    async with rehearsing(out) as endpoint:
        found = await collect(
            "localhost",
            endpoint.port,
            "starttls",
            anchors=[root_of(endpoint)],
            policy=DEFAULT_POLICY,
            timeout=20,
        )
    assert found.to_json()["verdict"]["trusted"] is True


async def test_tls_is_at_least_1_2(out):
    """Older versions are refused in the handshake."""

    def offer(endpoint):
        context = context_for(endpoint)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", endpoint.smtps_port), 20) as plain:
            context.wrap_socket(plain, server_hostname="localhost")

    async with rehearsing(out) as endpoint:
        with pytest.raises(ssl.SSLError):
            await in_thread(offer, endpoint)


async def test_many_connections_deliver_side_by_side(out):
    """Every message of every connection arrives once, and the list is in order of arrival."""

    async def deliver(endpoint, number):
        connection = RelayConnection(client_settings(endpoint))
        await connection.open()
        outcomes = await connection.deliver([envelope(number * 100 + n) for n in range(25)])
        await connection.close()
        return all(one.ok for one in outcomes)

    async with rehearsing(out, replace(FREE, sign=False)) as endpoint:
        assert all(await asyncio.gather(*(deliver(endpoint, number) for number in range(8))))
    mails = list_mails(out, limit=1000)
    assert len({one.message_id for one in mails}) == 200
    assert [one.received_at for one in mails] == sorted(
        (one.received_at for one in mails), reverse=True
    )


async def connect(endpoint):
    """A bare connection, with the greeting read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    return reader, writer, await reader.readline()


async def test_the_greeting_is_the_endpoints(out):
    """One server name for all connections, one number for each."""
    async with rehearsing(out) as endpoint:
        greetings = []
        for _ in range(2):
            _, writer, greeting = await connect(endpoint)
            greetings.append(greeting)
            writer.close()
    assert all(GREETING.fullmatch(one) for one in greetings)
    assert greetings[0] != greetings[1]
    assert greetings[0].split()[3] == greetings[1].split()[3]


async def test_a_silent_client_is_told_and_left(out):
    """451 4.4.2, then the end; within TLS too, and within DATA."""

    def fall_silent(endpoint, within_data):
        client = sign_in(endpoint)
        if within_data:
            client.mail(SENDER)
            client.rcpt(RECIPIENT)
            client.docmd("DATA")
        reply = client.getreply()
        client.close()
        return reply

    async with rehearsing(out, replace(FREE, idle_seconds=0.5)) as endpoint:
        reader, writer, _ = await connect(endpoint)
        assert await reader.read() == words.IDLE
        writer.close()
        for within_data in (False, True):
            reply = await in_thread(fall_silent, endpoint, within_data)
            assert reply == (451, b"4.4.2 Timeout waiting for data from client.")


async def test_a_client_that_drips_is_not_silent(out):
    """The time counts from the last octet."""
    async with rehearsing(out, replace(FREE, idle_seconds=1)) as endpoint:
        reader, writer, _ = await connect(endpoint)
        for octet in b"NOOP\r\n":
            await asyncio.sleep(0.3)
            writer.write(bytes((octet,)))
        assert await reader.readline() == words.OK
        writer.close()


async def test_one_connection_too_many_is_turned_away(out):
    """With the words of SES, and taken once another has left."""
    async with rehearsing(out, replace(FREE, max_connections=1)) as endpoint:
        reader, writer, greeting = await connect(endpoint)
        assert GREETING.fullmatch(greeting)
        turned, other, refusal = await connect(endpoint)
        assert refusal == b"421 Too many concurrent SMTP connections\r\n"
        with pytest.raises(smtplib.SMTPConnectError, match="Too many concurrent"):
            await in_thread(lambda: sign_in(endpoint, wrapper=True))
        assert await turned.read() == b""
        other.close()
        writer.write(b"QUIT\r\n")
        assert await reader.read() == words.BYE
        writer.close()
        for _ in range(100):
            _, writer, greeting = await connect(endpoint)
            writer.close()
            if GREETING.fullmatch(greeting):
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("the place was never free again")


async def test_refused_mails_do_not_reach_the_inbox(out):
    """Each refusal comes at the end of DATA; the connection stays good for the next mail."""
    settings = replace(FREE, identities=("example.com",), sandbox=True)
    async with rehearsing(out, settings) as endpoint:
        connection = RelayConnection(client_settings(endpoint))
        await connection.open()
        first, second = await connection.deliver(
            [envelope(1, recipient="op@example.net"), envelope(2, recipient="op@example.com")]
        )
        await connection.close()
    assert first.finding is not None
    assert first.finding.code == "ses.sandbox-recipient"
    assert second.ok
    assert [one.message_id for one in list_mails(out, limit=5)] == ["<alarm-2@example.com>"]


async def test_a_mail_of_many_megabytes_passes(out):
    """Up to 40 MB, in whatever pieces it comes."""
    async with rehearsing(out, replace(FREE, sign=False)) as endpoint:
        connection = RelayConnection(client_settings(endpoint, seconds=120))
        await connection.open()
        large, too_large = await connection.deliver(
            [envelope(1, size=20_000_000), envelope(2, size=43_000_000)]
        )
        await connection.close()
    assert large.ok
    assert too_large.reply == "552 Message is too long."
    (summary,) = list_mails(out, limit=5)
    assert summary.size > 20_000_000 - 72


async def test_a_full_disk_is_a_temporary_failure(out, monkeypatch):
    """Nothing is acknowledged that is not in the folder."""

    def fail(*_):
        raise OSError(28, "No space left on device")

    async with rehearsing(out) as endpoint:
        connection = RelayConnection(client_settings(endpoint))
        await connection.open()
        monkeypatch.setattr(os, "replace", fail)
        (outcome,) = await connection.deliver([envelope()])
        monkeypatch.undo()
        (again,) = await connection.deliver([envelope()])
        await connection.close()
    assert outcome.reply == "451 Temporary service failure"
    assert again.ok
    assert count_mails(out) == 1


async def test_hostile_octets_do_not_hurt_the_next_client(out):
    """Garbage, in the clear and in place of a handshake; ends and resets in the middle."""
    async with rehearsing(out, replace(FREE, idle_seconds=0.5)) as endpoint:
        for port in (endpoint.port, endpoint.smtps_port):
            for garbage in (
                os.urandom(5000),
                b"\r" * 100,
                b"\x16\x03\x01\xff\xff" + b"A" * 300,
                b"",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"EHLO x\r\nSTARTTLS\r\n" if port == endpoint.port else b"")
                writer.write(garbage)
                if garbage:
                    await asyncio.wait_for(reader.read(65_536), 20)
                writer.transport.abort()
        connection = RelayConnection(client_settings(endpoint))
        await connection.open()
        (outcome,) = await connection.deliver([envelope()])
        await connection.close()
    assert outcome.ok


async def test_a_client_that_takes_no_answers_costs_no_memory(out):
    """Its commands are not read any further."""
    relay = Relay(FREE, out)
    endpoint = await relay.start()
    try:
        with socket.socket() as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(plain, ("127.0.0.1", endpoint.port))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(loop.sock_sendall(plain, b"EHLO x\r\n" * 5_000_000), 3)
            (connection,) = relay._connections
            # What one read of commands is answered with, and no more.
            assert connection._transport.get_write_buffer_size() < 8_000_000
    finally:
        await relay.stop()


async def test_the_folder_says_where_the_relay_is_as_long_as_it_runs(out):
    """relay.json and the password come with the relay; mails, keys and roots stay."""
    async with rehearsing(out) as endpoint:
        facts = json.loads((out / "relay.json").read_text())
        assert facts == json.loads(json.dumps(endpoint.to_plain()))
        assert facts["pid"] == os.getpid()
        assert (out / "smtp-password").stat().st_mode & 0o777 == 0o600
        assert password_of(endpoint) not in (out / "relay.json").read_text()
    assert not (out / "relay.json").exists()
    assert content_of(endpoint.root_file).startswith("-----BEGIN CERTIFICATE-----")


async def test_a_second_run_is_the_same_endpoint(out):
    """User, password and root are those of the first."""
    async with rehearsing(out) as first:
        kept = (first.user, password_of(first), content_of(first.root_file))
    async with rehearsing(out) as second:
        assert (second.user, password_of(second), content_of(second.root_file)) == kept


async def test_a_second_relay_in_one_folder_is_refused(out):
    """Two would mix their mails and keys."""
    async with rehearsing(out):
        with pytest.raises(FolderInUse):
            async with rehearsing(out):
                pass
    async with rehearsing(out):
        pass


async def test_a_taken_port_is_told_and_leaves_nothing_open(out, tmp_path):
    """The folder is free again afterwards."""
    async with rehearsing(out) as endpoint:
        other = shutil.copytree(out, tmp_path / "other", ignore=shutil.ignore_patterns(".lock"))
        relay = Relay(replace(FREE, port=endpoint.port), other)
        with pytest.raises(OSError, match=r"in use"):
            await relay.start()
        async with rehearsing(other):
            pass


async def test_it_listens_on_loopback_alone(out):
    """A rehearsal takes no mail from elsewhere."""
    async with rehearsing(out) as endpoint:
        listening = content_of("/proc/net/tcp") + content_of("/proc/net/tcp6")
        for port in (endpoint.port, endpoint.smtps_port):
            addresses = set(re.findall(rf"([0-9A-F]+):{port:04X} [0-9A-F]+:0000 0A", listening))
            loopback = {"0100007F", "00000000000000000000000001000000"}
            assert addresses
            assert addresses <= loopback


async def test_a_session_is_resumed(out):
    """Kept sessions spare the handshake, as with the real endpoint."""

    def connect_twice(endpoint):
        context = context_for(endpoint, maximum_version=ssl.TLSVersion.TLSv1_2)
        session = None
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", endpoint.smtps_port), 20) as plain:
                secured = context.wrap_socket(plain, server_hostname="localhost", session=session)
                secured.recv(100)
                session, reused = secured.session, secured.session_reused
                secured.close()
        return reused

    async with rehearsing(out) as endpoint:
        assert await in_thread(connect_twice, endpoint)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly(made, tmp_path, number):
    """Exit status 0, relay.json gone, clients' connections closed."""
    out = tmp_path / "out"
    program = (
        "import sys; from pathlib import Path\n"
        "from tocsin.rehearsal.relay import run\n"
        "from tocsin.rehearsal.settings import RehearsalSettings\n"
        "run(RehearsalSettings(port=0, smtps_port=0), Path(sys.argv[1]),"
        " lambda endpoint: print(endpoint.port, flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(out)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), 20) as client:
            assert client.recv(100).startswith(b"220 ")
            process.send_signal(number)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(100) == b""
        assert process.wait(20) == 0
    assert not (out / "relay.json").exists()


def test_the_relay_starts_without_the_web_framework():
    """`tocsin rehearse` needs neither Django nor a database."""
    program = (
        "import sys, tocsin.rehearsal.relay, tocsin.rehearsal.inbox\n"
        "sys.exit(any(name.split('.')[0] in ('django', 'ninja') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_reading_the_inbox_needs_no_cryptography():
    """Pages that list mails do not wait for it."""
    program = "import sys, tocsin.rehearsal.inbox\nsys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
