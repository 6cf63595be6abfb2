"""Collecting from a real Postfix, as an independent relay."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import chains
from tlsserver import free_port, wait_for_port
from tocsin.trust.collect import collect

LADDER = chains.ladder("localhost", kind="rsa-2048")
POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin")

pytestmark = pytest.mark.skipif(
    POSTFIX is None or os.geteuid() != 0, reason="needs Postfix and the rights to start it"
)


@pytest.fixture
def relay() -> Iterator[tuple[int, int]]:
    """A Postfix of our own on two ports of 127.0.0.1: STARTTLS, and TLS at once."""
    assert POSTFIX is not None
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    ports = free_port(), free_port()
    _configure(folder, *ports)
    control = [POSTFIX, "-c", str(folder / "etc")]
    try:
        subprocess.run([*control, "start"], check=True, capture_output=True, timeout=60)
        wait_for_port(ports[0])
        wait_for_port(ports[1])
        yield ports
    finally:
        subprocess.run([*control, "abort"], check=False, capture_output=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, starttls: int, wrapper: int) -> None:
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir(mode=0o755)
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
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
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_tls_security_level = may
smtpd_tls_chain_files = {bundle}
smtpd_delay_reject = no
"""
    )
    (folder / "etc" / "master.cf").write_text(
        f"""127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{wrapper} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
    )


async def test_postfix_shows_its_chain_both_ways(relay: tuple[int, int]) -> None:
    """STARTTLS and TLS at once on a real relay: the same chain, trusted, no complaint."""
    for port, mode in zip(relay, ("starttls", "smtps"), strict=True):
        collected = await collect(
            "localhost", port, mode, anchors=[LADDER.root.anchor()], timeout=30
        )
        reached = [one for one in collected.endpoints if one.chain]
        assert reached, collected.findings
        assert reached[0].chain == tuple(one.sha256 for one in LADDER.presented)
        assert collected.verdict.trusted
        assert collected.verdict.anchor == LADDER.root.sha256
