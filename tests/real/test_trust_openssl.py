"""The client against OpenSSL's own server, over real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

import chains
from chains import HOST, Made
from tlsserver import openssl_server, run_openssl, write_weak_dh
from tocsin.trust import collect as module
from tocsin.trust.collect import Collection, collect
from tocsin.trust.policy import DEFAULT_POLICY, PRESETS, CipherPolicy

LADDER = chains.ladder(kind="rsa-2048")


@pytest.fixture(autouse=True)
def _names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to 127.0.0.1, so that certificates can be for real-looking hosts."""

    async def resolve(host: str, port: int, seconds: float) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(module, "resolve", resolve)


async def look(
    port: int, anchors: list[Made], policy: CipherPolicy = DEFAULT_POLICY, host: str = HOST
) -> Collection:
    trusted = [one.anchor() for one in anchors]
    return await collect(host, port, "smtps", anchors=trusted, policy=policy, timeout=15)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_the_chain_is_collected_as_presented(tmp_path: Path, version: str) -> None:
    """Four certificates in order, version, cipher, temporary key, and a trusted verdict."""
    files = chains.write_chain(tmp_path, LADDER.presented)
    with openssl_server(*files, version) as port:
        collected = await look(port, [LADDER.root])
    (endpoint,) = collected.endpoints
    assert endpoint.chain == tuple(one.sha256 for one in LADDER.presented)
    assert endpoint.facts is not None
    assert endpoint.facts.version == {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}[version]
    assert endpoint.facts.temp_key_bits
    assert collected.verdict.trusted
    assert collected.verdict.anchor == LADDER.root.sha256
    assert collected.anchor_name == "Example Root CA 1"
    assert collected.system is False
    assert collected.findings == ()


async def test_the_four_collected_certificates_make_it_trusted(tmp_path: Path) -> None:
    """What is collected, none of it self-signed, carries the next connection."""
    files = chains.write_chain(tmp_path, LADDER.presented)
    with openssl_server(*files) as port:
        first = await look(port, [])
        assert first.verdict.code == "tls.untrusted-issuer"
        assert (await look(port, LADDER.presented)).verdict.trusted


async def test_a_1024_bit_exchange_is_measured(tmp_path: Path) -> None:
    """A real DHE-1024 server: refused with its bits, and the chain collected."""
    files = chains.write_chain(tmp_path, LADDER.presented)
    weak = ["-dhparam", str(write_weak_dh(tmp_path)), "-cipher"]
    with openssl_server(*files, "-tls1_2", *weak, "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0") as port:
        collected = await look(port, [LADDER.root], PRESETS["with-dhe"])
    assert collected.verdict.code == "tls.dh-too-small"
    assert not collected.verdict.trusted
    assert collected.to_json()["endpoints"][0]["temp_key"] == {  # type: ignore[index]
        "kind": "DH",
        "bits": 1024,
        "group": None,
    }
    assert len(collected.certificates) == 4
    assert collected.findings[0].facts["bits"] == "1024"


async def test_a_server_that_has_only_what_we_refuse_is_still_described(tmp_path: Path) -> None:
    """No suite in common: the code, and beside it what the server has."""
    files = chains.write_chain(tmp_path, LADDER.presented)
    with openssl_server(*files, "-tls1_2", "-cipher", "AES128-SHA") as port:
        collected = await look(port, [LADDER.root])
    assert collected.verdict.code == "tls.no-shared-cipher"
    assert not collected.verdict.trusted
    assert collected.findings[0].facts["relay_cipher"] == "AES128-SHA"
    assert len(collected.certificates) == 4


async def test_an_old_server_is_described(tmp_path: Path) -> None:
    """TLS 1.1 at most: too old, and it is said that it has 1.1."""
    files = chains.write_chain(tmp_path, LADDER.presented)
    with openssl_server(*files, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as port:
        collected = await look(port, [LADDER.root])
    assert collected.verdict.code == "tls.version-too-old"
    assert collected.findings[0].facts["relay_version"] == "TLSv1.1"


async def test_a_sha1_signature_is_refused(tmp_path: Path) -> None:
    """A leaf signed with SHA-1 by a trusted root: weak, by OpenSSL and in words."""
    root = chains.make("Example Root CA 1", ca=True, kind="rsa-2048")
    files = chains.write_chain(tmp_path, [root], "root")
    leaf = chains.make(HOST)
    (tmp_path / "leaf.key").write_bytes(leaf.key_pem())
    request = run_openssl("req", "-new", "-key", str(tmp_path / "leaf.key"), "-subj", f"/CN={HOST}")
    (tmp_path / "san").write_text(f"subjectAltName=DNS:{HOST}\n")
    signed = run_openssl(
        *("x509", "-req", "-sha1", "-days", "9", "-extfile", str(tmp_path / "san")),
        *("-CA", str(files[0]), "-CAkey", str(files[1])),
        stdin=request,
    )
    (tmp_path / "leaf.crt").write_bytes(signed)
    with openssl_server(
        tmp_path / "leaf.crt", tmp_path / "leaf.key", "-cipher", "ALL:@SECLEVEL=0"
    ) as port:
        collected = await look(port, [root])
    assert collected.verdict.code == "tls.weak-signature"
    assert collected.findings[0].facts["signature"] == "sha1WithRSAEncryption"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_demand_for_a_client_certificate_is_told(tmp_path: Path, version: str) -> None:
    """In TLS 1.3 the demand shows only after the handshake; it is waited for."""
    files = chains.write_chain(tmp_path, LADDER.presented)
    with openssl_server(*files, version, "-Verify", "1") as port:
        collected = await look(port, [LADDER.root])
    assert collected.findings[0].code == "tls.client-certificate-required"
    assert len(collected.certificates) == 4


async def test_two_certificates_by_version_are_both_seen(tmp_path: Path) -> None:
    """A server with an RSA and an ECDSA certificate shows another chain to older suites."""
    rsa = chains.write_chain(tmp_path, [chains.make(HOST, issuer=LADDER.root, kind="rsa-2048")])
    other = chains.make(HOST, issuer=LADDER.root)
    second = chains.write_chain(tmp_path, [other], "second")
    with openssl_server(
        *rsa,
        *("-dcert", str(second[0]), "-dkey", str(second[1])),
        *("-cipher", "ECDHE-RSA-AES128-GCM-SHA256"),
    ) as port:
        collected = await look(port, [LADDER.root])
    (endpoint,) = collected.endpoints
    assert endpoint.older_chain
    assert endpoint.older_chain != endpoint.chain
    assert any("TLS 1.2" in warning for warning in collected.warnings)
