"""Signing in at a real relay: Postfix, with Dovecot to judge passwords, proofs and tokens."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import chains
from scramserver import ScramServer
from scriptedrelay import relay_settings
from tlsserver import free_port, wait_for_port
from tocsin.base.secret import Secret
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import RelayConnection, RelayFailure

LADDER = chains.ladder("localhost", kind="rsa-2048")
POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin")
DOVECOT = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
PASSWORD = "correct horse battery staple"
LONG = "l" * 1_000
TYPED, PREPARED = "\uff27rößt\u00ade Not\u00a0hilft", "Größte Not hilft"
TOKEN_KEY = b"a key that only the tests have"
PORTS = {
    "all": "static:all",
    "scram-sha-1": "scram-sha-1 plain",
    "plain": "plain login",
    "login": "login",
}

pytestmark = pytest.mark.skipif(
    POSTFIX is None or DOVECOT is None or os.geteuid() != 0,
    reason="needs Postfix, Dovecot and the rights to start them",
)


class Relay(NamedTuple):
    """Where it listens, by what it offers, and where its mail arrives."""

    ports: dict[str, int]
    inbox: Path


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    """A Postfix of our own that takes mail from nobody who has not signed in."""
    assert POSTFIX is not None
    folder = Path(tempfile.mkdtemp(prefix="signin-"))
    folder.chmod(0o755)
    ports = {name: free_port() for name in PORTS}
    _configure_dovecot(folder)
    _configure_postfix(folder, ports)
    control = [POSTFIX, "-c", str(folder / "etc")]
    with subprocess.Popen([DOVECOT, "-F", "-c", folder / "dovecot.conf"]) as judge:
        try:
            subprocess.run([*control, "start"], check=True, capture_output=True, timeout=60)
            for port in ports.values():
                wait_for_port(port)
            _wait_for_file(folder / "auth")
            yield Relay(ports, folder / "mail" / "inbox" / "new")
        finally:
            subprocess.run([*control, "abort"], check=False, capture_output=True, timeout=60)
            judge.terminate()
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for_file(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path.name} did not appear")


def _stored(user: str, password: str, digest: str) -> str:
    """A line of the password file that holds what SCRAM needs and no password."""
    server = ScramServer(user, password, digest=digest)
    kept = (server.salt, server.stored_key, server.server_key)
    salt, stored_key, server_key = (b64encode(each).decode() for each in kept)
    scheme = {"sha256": "SCRAM-SHA-256", "sha1": "SCRAM-SHA-1"}[digest]
    return f"{user}:{{{scheme}}}{server.iterations},{salt},{stored_key},{server_key}"


def _configure_dovecot(folder: Path) -> None:
    (folder / "users").write_text(
        "\n".join(
            (
                _stored("proof-256", PASSWORD, "sha256"),
                _stored("proof-1", PASSWORD, "sha1"),
                _stored("typed", PREPARED, "sha256"),
                f"plain:{{PLAIN}}{PASSWORD}",
                f"long:{{PLAIN}}{LONG}",
                "",
            )
        )
    )
    key = folder / "keys" / "default" / "HS256" / "default"
    key.parent.mkdir(parents=True)
    key.write_text(b64encode(TOKEN_KEY).decode())
    (folder / "oauth2.conf").write_text(
        "introspection_mode = local\n"
        f"local_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
        "username_attribute = sub\n"
    )
    (folder / "dovecot.conf").write_text(
        f"""base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols =
ssl = no
# Dovecot makes an address wait that failed before, longer each time.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_mechanisms = plain login scram-sha-1 scram-sha-256 xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login scram-sha-1 scram-sha-256
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
"""
    )


def _configure_postfix(folder: Path, ports: dict[str, int]) -> None:
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir(mode=0o755)
    owner = pwd.getpwnam("postfix").pw_uid
    os.chown(folder / "data", owner, -1)
    os.chown(folder / "mail", owner, -1)
    certificates, key = chains.write_chain(folder, LADDER.presented)
    (folder / "chain.pem").write_bytes(key.read_bytes() + certificates.read_bytes())
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
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {folder}/chain.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/auth
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""
    )
    doors = "".join(
        f"127.0.0.1:{port} inet n - n - - smtpd\n"
        f"  -o {{ smtpd_sasl_mechanism_filter = {PORTS[name]} }}\n"
        for name, port in ports.items()
    )
    (folder / "etc" / "master.cf").write_text(
        doors
        + """proxymap unix - - n - - proxymap
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


def _token(user: str, *, key: bytes = TOKEN_KEY, seconds: int = 3_600, scope: str = "mail") -> str:
    """An access token as an authorisation server would sign it (RFC 7519, HS256)."""
    issued = int(time.time())
    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": user, "scope": scope, "iat": issued - 60, "exp": issued + seconds},
    )
    signed = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).rstrip(b"=")
    return (signed + b"." + signature).decode()


def _connection(relay: Relay, door: str, user: str, password: str, how: str) -> RelayConnection:
    return RelayConnection(
        relay_settings(
            relay.ports[door],
            user=user,
            password=Secret(password),
            sign_in=how,
            anchors=(LADDER.root.anchor(),),
        )
    )


def _said(transcript) -> list[str]:
    return [line.sent for line in transcript if line.step == "auth"]


SCRAM = ["*** (proof)", ""]


@pytest.mark.parametrize(
    ("door", "user", "password", "how", "said"),
    [
        ("all", "proof-256", PASSWORD, "auto", ["AUTH SCRAM-SHA-256 *** (user)", *SCRAM]),
        ("all", "plain", PASSWORD, "scram", ["AUTH SCRAM-SHA-256 *** (user)", *SCRAM]),
        ("all", "typed", TYPED, "scram", ["AUTH SCRAM-SHA-256 *** (user)", *SCRAM]),
        ("all", "long", LONG, "auto", ["AUTH SCRAM-SHA-256 *** (user)", *SCRAM]),
        ("scram-sha-1", "proof-1", PASSWORD, "auto", ["AUTH SCRAM-SHA-1 *** (user)", *SCRAM]),
        ("all", "proof-256", PASSWORD, "plain", ["AUTH PLAIN ***"]),
        ("plain", "plain", PASSWORD, "auto", ["AUTH PLAIN ***"]),
        ("plain", "long", LONG, "plain", ["AUTH PLAIN", "***"]),
        ("login", "plain", PASSWORD, "auto", ["AUTH LOGIN", "*** (user)", "*** (password)"]),
        ("all", "plain", PASSWORD, "login", ["AUTH LOGIN", "*** (user)", "*** (password)"]),
        ("all", "somebody", _token("somebody"), "xoauth2", ["AUTH XOAUTH2 ***"]),
        (
            "all",
            "somebody",
            _token("somebody", scope="mail " * 200),
            "xoauth2",
            ["AUTH XOAUTH2", "***"],
        ),
    ],
)
async def test_each_way_to_sign_in_is_understood(relay, door, user, password, how, said):
    """The relay believes us, we believe the relay, and the evidence shows no secret."""
    connection = _connection(relay, door, user, password, how)
    evidence = await connection.open()
    try:
        assert connection.usable
        assert _said(evidence.transcript) == said
        assert password not in repr(evidence)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("user", "password", "how", "code"),
    [
        ("proof-256", "wrong", "scram", 535),
        ("nobody", PASSWORD, "scram", 535),
        ("plain", "wrong", "plain", 535),
        ("plain", "wrong", "login", 535),
        ("somebody", _token("somebody", key=b"a key of somebody else"), "xoauth2", 535),
        ("somebody", _token("somebody", seconds=-30), "xoauth2", 535),
    ],
)
async def test_each_way_to_be_refused_is_understood(relay, user, password, how, code):
    """A wrong password, proof or token is the relay's refusal, not a breakdown."""
    connection = _connection(relay, "all", user, password, how)
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert caught.value.finding.code == "auth.rejected"
    last = caught.value.evidence.transcript[-1]
    assert (last.step, last.received[:3]) == ("auth", str(code))
    assert password not in repr(caught.value.evidence)
    if how == "xoauth2":
        assert caught.value.finding.facts["reason"] == "token status 401"


async def test_what_is_chosen_and_not_offered_is_not_replaced(relay):
    """A relay without SCRAM does not get the password in another way."""
    connection = _connection(relay, "plain", "plain", PASSWORD, "scram")
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert caught.value.finding.code == "auth.no-mechanism"
    assert _said(caught.value.evidence.transcript) == []


async def test_a_notice_that_was_asked_for_names_the_delivery(relay):
    """Postfix sends the notice of RFC 3461, and in it our id and the address as we gave it."""
    connection = _connection(relay, "all", "proof-256", PASSWORD, "auto")
    await connection.open()
    wanted = Envelope(
        "0197c0de+id=1",
        "op@example.com",
        ("op@example.com",),
        b"Subject: alarm\r\n\r\nbody\r\n",
        ("success", "failure"),
    )
    unwanted = Envelope("two", "op@example.com", ("op@example.com",), b"Subject: quiet\r\n\r\n")
    told = await connection.deliver([wanted, unwanted])
    await connection.close()
    assert [each.ok for each in told] == [True, True]
    assert told[0].transcript[1].sent == (
        "RCPT TO:<op@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;op@example.com"
    )
    for _ in range(600):
        mails = [mail.read_text() for mail in relay.inbox.iterdir()] if relay.inbox.is_dir() else []
        if len(mails) == 3:
            break
        await asyncio.sleep(0.1)
    (notice,) = (mail for mail in mails if "message/delivery-status" in mail)
    assert "Original-Envelope-Id: 0197c0de+id=1" in notice
    assert "Original-Recipient: rfc822;op@example.com" in notice
    assert "Action: delivered" in notice
