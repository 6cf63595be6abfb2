"""The operating system's roots, as OpenSSL would find them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import chains
from tocsin.central.configuration import EMPTY, TrustEntry
from tocsin.engine.trusted import trusted_anchors
from tocsin.trust.systemroots import system_anchors


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[chains.Made]:
    """Two roots in a bundle, one of them in a folder too, beside rubbish."""
    made = [chains.make(f"System Root {number}", ca=True) for number in (1, 2)]
    folder = tmp_path / "certs"
    folder.mkdir()
    (tmp_path / "bundle.pem").write_bytes(b"# words\n" + made[0].pem + made[1].pem)
    (folder / "one.pem").write_bytes(made[0].pem)
    (folder / "rubbish.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n")
    (folder / "dangling.0").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    return made


def test_each_root_is_found_once(roots: list[chains.Made]) -> None:
    """From bundle and folder; what cannot be read is passed over."""
    found = system_anchors()
    assert [one.certificate.sha256 for one in found] == [one.sha256 for one in roots]
    assert all(one.system for one in found)
    assert found[0].name == "System Root 1"


def test_a_changed_bundle_is_read_again(roots: list[chains.Made], tmp_path: Path) -> None:
    """An update of the system counts without a restart."""
    assert len(system_anchors()) == 2
    bundle = tmp_path / "bundle.pem"
    third = chains.make("System Root 3", ca=True)
    before = bundle.stat().st_mtime_ns
    bundle.write_bytes(third.pem)
    os.utime(bundle, ns=(before + 10**9, before + 10**9))
    assert {one.name for one in system_anchors()} == {"System Root 1", "System Root 3"}


def test_no_roots_are_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any trusts none."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    assert system_anchors() == ()


def test_they_count_only_where_asked_for(roots: list[chains.Made]) -> None:
    """Off by default; when on they stand behind the trust store, each certificate once."""
    own = EMPTY.model_copy(update={"trust": (TrustEntry(name="Mine", pem=roots[1].parsed.pem),)})
    assert [one.name for one in trusted_anchors(own)] == ["Mine"]
    both = own.model_copy(update={"trust_system_roots": True})
    found = trusted_anchors(both)
    assert [(one.name, one.system) for one in found] == [("Mine", False), ("System Root 1", True)]
