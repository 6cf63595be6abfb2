"""Collecting from mail servers of many houses, and chains with every kind of fault.

Each server is also asked by ``openssl s_client`` under the same policy, so that version,
suite, temporary key, chain and verdict must be the same as ours. Postfix has tests of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import chains
import mailservers
import pkixcases
from chains import HOST
from mailservers import Ports
from tlsserver import OPENSSL, openssl_server
from tocsin.trust import collect as module
from tocsin.trust.certificate import read_certificates
from tocsin.trust.collect import collect
from tocsin.trust.policy import DEFAULT_POLICY

LADDER = chains.ladder(kind="rsa-2048")
SERVERS = ("s_server", "aiosmtpd", "exim", "opensmtpd", "dovecot", "java")
JAVA_SERVER = Path(__file__).with_name("TlsServer.java")


@pytest.fixture(autouse=True)
def _names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to 127.0.0.1, so that the certificate can be for a real-looking host."""

    async def resolve(host: str, port: int, seconds: float) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(module, "resolve", resolve)


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ports, Path]]:
    """A server that presents the four of the ladder, and the file of the root to trust."""
    folder = tmp_path_factory.mktemp("server")
    folder.chmod(0o755)
    for above in folder.parents[:2]:  # servers run as users of their own
        above.chmod(0o755)
    files = chains.write_chain(folder, LADDER.presented)
    root = folder / "root.pem"
    root.write_bytes(LADDER.root.pem)
    assert request.config.cache is not None
    packages = request.config.cache.mkdir("mailservers")
    with _started(request.param, packages, folder, *files) as ports:
        yield ports, root


def _started(
    name: str, packages: Path, folder: Path, certificates: Path, key: Path
) -> contextlib.AbstractContextManager[Ports]:
    if name in {"s_server", "aiosmtpd"}:
        simple = {"s_server": mailservers.s_server, "aiosmtpd": mailservers.aiosmtpd}
        return simple[name](certificates, key)
    if name == "java":
        if shutil.which("javac") is None:
            pytest.skip("needs a JDK")
        return mailservers.java(JAVA_SERVER, folder, certificates, key)
    if os.geteuid() != 0:
        pytest.skip("needs the rights to start a mail server")
    if name == "dovecot":
        if not mailservers.SUBMISSION.exists():
            pytest.skip("needs the submission service of Dovecot")
        return mailservers.dovecot(folder, certificates, key)
    unpacked = {"exim": mailservers.exim, "opensmtpd": mailservers.opensmtpd}
    fetched = sorted((packages / name).glob("*.deb"))
    if not fetched:
        pytest.skip(f"needs the fetched packages of {name}")
    return unpacked[name](fetched, folder, certificates, key)


@dataclass(frozen=True)
class Seen:
    """What a client says of one connection."""

    version: str | None
    cipher: str | None
    temporary_key: tuple[str | None, int | None]
    chain: tuple[str, ...]
    established: bool
    """Completed, and verified."""


def ask_openssl(port: int, mode: str, version: str, root: Path) -> Seen:
    """The same connection by ``openssl s_client``, which checks against the same root."""
    assert OPENSSL is not None
    done = subprocess.run(
        [
            *(OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", HOST),
            *(("-starttls", "smtp") if mode == "starttls" else ()),
            *({"1.2": ("-tls1_2",), "1.3": ("-tls1_3",)}[version]),
            *("-cipher", DEFAULT_POLICY.ciphers, "-showcerts", "-CAfile", str(root)),
            *("-partial_chain", "-verify_return_error", "-verify_hostname", HOST),
        ],
        input=b"QUIT\r\n",
        capture_output=True,
        check=False,
        timeout=60,
    )
    said = done.stdout.decode(errors="replace")
    suite = re.search(r"^New, (TLSv1\.\d), Cipher is (\S+)$", said, re.MULTILINE)
    key = re.search(
        r"^(?:Server|Peer) Temp Key: (\w+),(?: [\w-]+,)? (\d+) bits$", said, re.MULTILINE
    )
    return Seen(
        version=suite[1] if suite else None,
        cipher=suite[2] if suite else None,
        temporary_key=(key[1], int(key[2])) if key else (None, None),
        chain=tuple(one.sha256 for one in read_certificates(done.stdout)),
        established=done.returncode == 0,
    )


@pytest.mark.parametrize("version", ["1.2", "1.3"])
async def test_the_server_is_seen_as_openssl_sees_it(
    server: tuple[Ports, Path], version: str
) -> None:
    """Both ways to TLS: the chain as presented, what was agreed, and the verdict."""
    ports, root = server
    policy = replace(DEFAULT_POLICY, minimum=version, maximum=version)
    for port, mode in ports.modes():
        judged = ask_openssl(port, mode, version, root)
        collected = await collect(
            HOST, port, mode, anchors=[LADDER.root.anchor()], policy=policy, timeout=30
        )
        (endpoint,) = collected.endpoints
        facts = endpoint.facts
        assert facts is not None, collected.findings
        assert endpoint.chain == judged.chain == tuple(one.sha256 for one in LADDER.presented)
        if not judged.established:
            # OpenSMTPD 6.8 cannot sign under OpenSSL 3, after it has shown its chain.
            assert collected.verdict.code == "tls.handshake-dropped"
            assert not collected.verdict.trusted
            continue
        assert collected.findings == ()
        assert judged == Seen(
            version=facts.version,
            cipher=facts.cipher,
            temporary_key=(facts.temp_key_kind, facts.temp_key_bits),
            chain=endpoint.chain,
            established=collected.verdict.trusted,
        )


VERDICTS = {
    "root": None,
    "the four collected": None,
    "missing intermediate": "tls.incomplete-chain",
    "wrong order": None,
    "extra": None,
    "expired cross-sign, both roots": None,
    "expired cross-sign, new root only": None,
    "expired cross-sign, old root only": "tls.expired",
    "self-signed": "tls.self-signed",
    "self-signed and trusted": None,
    "other name": "tls.name-mismatch",
    "common name alone": "tls.name-mismatch",
    "wildcard": None,
    "wildcard of the deeper": "tls.name-mismatch",
    "address": None,
    "other address": "tls.name-mismatch",
    "RSA 1024": "tls.weak-key",
    "Ed25519": None,
    "expired leaf": "tls.expired",
    "expired intermediate": "tls.expired",
    "expired root": "tls.expired",
    "leaf of the future": "tls.not-yet-valid",
    "root of the future": "tls.not-yet-valid",
    "name permitted": None,
    "name not permitted": "tls.invalid-chain",
    "path too long": "tls.invalid-chain",
    "issuer no authority": "tls.invalid-chain",
    "for clients": "tls.wrong-purpose",
    "no purpose": None,
}
"""The fault of each of the chains that Java is asked about; None where all is well."""


@pytest.mark.parametrize("kind", VERDICTS)
async def test_each_made_chain_has_its_verdict(tmp_path: Path, kind: str) -> None:
    """A real server with such a chain: kept as it was presented, and named for its fault."""
    case = pkixcases.cases()[kind]
    files = chains.write_chain(tmp_path, case.chain)
    anchors = [one.anchor() for one in case.anchors]
    with openssl_server(*files, "-cipher", "ALL:@SECLEVEL=0") as port:
        collected = await collect(case.host, port, "smtps", anchors=anchors, timeout=30)
    (endpoint,) = collected.endpoints
    assert endpoint.chain == tuple(one.sha256 for one in case.chain)
    assert (collected.verdict.code, collected.verdict.trusted) == (
        VERDICTS[kind],
        VERDICTS[kind] is None,
    )
