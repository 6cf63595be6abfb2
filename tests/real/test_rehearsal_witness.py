"""Faults of the rehearsal relay as programs see them that are not ours: OpenSSL and smtplib."""

from __future__ import annotations

import asyncio
import re
import smtplib
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from rehearsing import client_settings, content_of, envelope, password_of, rehearsing
from tocsin.base.secret import Secret
from tocsin.mail.relay import RelayConnection
from tocsin.rehearsal.fault.registry import make_faults
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.ses.password import derive

# Numbers of X509_verify_cert_error_string(3).
VERIFY = {
    "broken-signature": {7},
    "expired": {10},
    "issuer-no-authority": {24, 79},
    "missing-intermediate": {20, 21},
    "name-constraint": {47},
    "not-yet-valid": {9},
    "other-intermediate": {0},
    "path-too-long": {25},
    "self-signed": {18},
    "untrusted-issuer": {19, 20, 21},
    "intercepted": {19, 20, 21},
    "weak-key": {66},
    "weak-signature": {68},
    "wrong-name": {62},
    "wrong-purpose": {26},
    "expiring": {0},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One folder: keys are made once."""
    return tmp_path_factory.mktemp("rehearsal")


def openssl(endpoint, *options: str) -> str:
    """What ``openssl s_client`` says; level 2, as distributions set it."""
    done = subprocess.run(
        (
            *("openssl", "s_client", "-connect", f"127.0.0.1:{endpoint.port}", "-starttls", "smtp"),
            *("-CAfile", endpoint.root_file, "-no-CApath", "-verify_hostname", "localhost"),
            *("-cipher", "DEFAULT:@SECLEVEL=2", *options),
        ),
        input=b"QUIT\r\n",
        capture_output=True,
        timeout=20,
        check=False,
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


@pytest.mark.parametrize("name", VERIFY)
async def test_openssl_sees_the_fault_of_the_chain(folder, name):
    """Its verification ends with the error that the fault is about, or with none."""
    async with rehearsing(folder, faults=make_faults([name])) as endpoint:
        said = await asyncio.to_thread(openssl, endpoint)
    codes = {int(one) for one in re.findall(r"Verify return code: (\d+)", said)}
    codes |= {int(one) for one in re.findall(r"verify error:num=(\d+)", said)}
    assert codes & VERIFY[name], said


async def test_openssl_sees_three_faults_on_one_leaf(folder):
    """Out of date, for another name, of an unknown house."""
    faults = make_faults(["expired", "wrong-name", "untrusted-issuer"])
    async with rehearsing(folder, faults=faults) as endpoint:
        said = await asyncio.to_thread(openssl, endpoint)
    seen = {int(one) for one in re.findall(r"verify error:num=(\d+)", said)}
    assert {10, 62} <= seen
    assert seen & {19, 20, 21}


def talk(endpoint, *, sign_in: bool = True) -> tuple[int, bytes]:
    """The first refusal that smtplib meets, in the clear; or the last answer."""
    with smtplib.SMTP("127.0.0.1", endpoint.port, timeout=10) as client:
        for command in ("EHLO client.example.com", "MAIL FROM:<alarm@example.com>"):
            code, words = client.docmd(command)
            if code >= 400:
                return code, words
        return client.docmd("AUTH", "PLAIN AAAA") if sign_in else (code, words)


async def test_a_client_in_the_clear_is_told_to_encrypt(folder):
    """The honest relay itself wants STARTTLS before anything."""
    async with rehearsing(folder) as endpoint:
        assert await asyncio.to_thread(talk, endpoint) == (
            530,
            b"Must issue a STARTTLS command first",
        )


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("ehlo-refused", (550, b"5.7.1 Helo command rejected: host not found")),
        ("ehlo-unavailable", (421, b"Service not available, closing transmission channel.")),
    ],
)
async def test_smtplib_meets_a_refused_ehlo(folder, name, refusal):
    """The words are the fault's."""
    async with rehearsing(folder, faults=make_faults([name])) as endpoint:
        assert await asyncio.to_thread(talk, endpoint) == refusal


async def test_a_refused_starttls_leaves_the_conversation_usable(folder):
    """After the 454 the relay answers on, in the clear."""

    def go(port: int) -> list[int]:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            commands = ("EHLO client.example.com", "STARTTLS", "NOOP")
            return [client.docmd(one)[0] for one in commands]

    async with rehearsing(folder, faults=make_faults(["starttls-refused"])) as endpoint:
        assert await asyncio.to_thread(go, endpoint.port) == [250, 454, 250]


async def sign_in(endpoint, user: str, password: str) -> str:
    """The reply to AUTH PLAIN over TLS, by OpenSSL's client."""
    said = b64encode(f"\0{user}\0{password}".encode()).decode()
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-quiet", "-starttls", "smtp", "-crlf"),
        *("-connect", f"127.0.0.1:{endpoint.port}", "-CAfile", endpoint.root_file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    given = f"EHLO client.example.com\nAUTH PLAIN {said}\nquit\n".encode()
    out, _ = await asyncio.wait_for(process.communicate(given), 20)
    return next(line for line in out.decode().splitlines() if line[:3] in {"235", "535"})


async def test_what_is_entered_wrongly_is_refused_as_amazon_does(folder):
    """A secret as password, another region's password, temporary keys: one and the same 535."""
    refused = "535 Authentication Credentials Invalid"
    async with rehearsing(folder, RehearsalSettings(region="eu-west-1")) as endpoint:
        user = endpoint.user
        secret = content_of(endpoint.secret_file).split()[1]
        assert (await sign_in(endpoint, user, password_of(endpoint))).startswith("235")
        assert await sign_in(endpoint, user, secret) == refused
        other = derive(Secret(secret), "us-east-1").reveal()
        assert await sign_in(endpoint, user, other) == refused
        temporary = "ASIA" + user[4:]
        assert await sign_in(endpoint, temporary, password_of(endpoint)) == refused


async def test_an_honest_scram_relay_takes_mail(folder):
    """Both sides prove that they know the password; a wrong password is refused."""
    settings = RehearsalSettings(mechanisms=("SCRAM-SHA-256",))
    async with rehearsing(folder, settings) as endpoint:
        connection = RelayConnection(client_settings(endpoint))
        await connection.open()
        (outcome,) = await connection.deliver([envelope()])
        await connection.close()
    assert outcome.finding is None
