"""``tocsin trust``: adding, listing, exporting, removing."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

import chains

ROOT = chains.make("Example Root CA 7", ca=True, ends=4000)
OTHER = chains.make("Example Root CA 8", ca=True, ends=4000)
LEAF = chains.make("relay.example.com", issuer=ROOT)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of certificate files."""
    for name, one in (("root", ROOT), ("other", OTHER), ("leaf", LEAF)):
        (tmp_path / f"{name}.pem").write_bytes(one.pem)
    return tmp_path


def names(command) -> list[str]:
    """The friendly names of the trust store."""
    return [one["name"] for one in command.answer("trust", "list")]


def test_added_from_files_and_told_whence(command, files: Path):
    """Several at once; who added each, when, and from which file is kept."""
    command("trust", "add", "root.pem", "other.pem")
    (first, second) = command.answer("trust", "list")
    assert first["origin"] == "the file root.pem"
    assert first["added_by"] == "local administrator"
    assert first["added_at"]
    assert (first["knowingly"], first["carries"], first["warnings"]) == (False, [], [])
    assert second["sha256"] == OTHER.sha256


def test_the_fingerprint_that_was_told_decides(command, files: Path):
    """With another one nothing is added; with the right one, in any writing, it is."""
    refused = command("trust", "add", "root.pem", "--sha256", OTHER.sha256, status=2)
    assert ROOT.sha256 in refused.err
    command("trust", "add", "root.pem", "other.pem", "--sha256", ROOT.sha256, status=2)
    assert names(command) == []
    written = ":".join(ROOT.sha256[at : at + 2].upper() for at in range(0, 64, 2))
    command("trust", "add", "root.pem", "--sha256", written)
    assert names(command) == ["Example Root CA 7"]


def test_a_server_s_certificate_only_knowingly(command, files: Path):
    """All or none: the leaf keeps the root out too, until somebody says that they know."""
    refused = command("trust", "add", "root.pem", "leaf.pem", status=2)
    assert "not of an authority" in refused.err
    assert names(command) == []
    command("trust", "add", "root.pem", "leaf.pem", "--knowingly")
    assert [one["knowingly"] for one in command.answer("trust", "list")] == [True, True]


def test_the_same_certificate_twice_is_said(command, files: Path):
    """In one go and in two."""
    assert "Example Root CA 7" in command("trust", "add", "root.pem", "root.pem", status=2).err
    assert names(command) == []
    command("trust", "add", "root.pem", "--name", "Mine")
    assert "Mine" in command("trust", "add", "root.pem", status=2).err


def test_a_name_is_taken_once(command, files: Path):
    """A name that was typed is refused when taken; one that is suggested is another."""
    command("trust", "add", "root.pem", "--name", "Mine")
    command("trust", "add", "other.pem", "--name", "mine", status=2)
    twin = chains.make("Mine", ca=True)
    (files / "twin.pem").write_bytes(twin.pem)
    command("trust", "add", "twin.pem")
    assert names(command) == ["Mine", f"Mine ({twin.sha256[:8]})"]


def test_a_store_of_certificates_opens_with_a_password_from_a_file(command, files: Path):
    """The password is never an argument; without it the file stays closed."""
    entries = [pkcs12.PKCS12Certificate(one.x509, b"x") for one in (ROOT, OTHER)]
    lock = BestAvailableEncryption(b"open sesame")
    (files / "both.p12").write_bytes(pkcs12.serialize_java_truststore(entries, lock))
    assert "password is needed" in command("trust", "add", "both.p12", status=2).err
    (files / "password").write_text("open sesame\n")
    command("trust", "add", "both.p12", "--password-file", "password")
    assert names(command) == ["Example Root CA 7", "Example Root CA 8"]


def test_one_or_all_are_exported(command, files: Path):
    """By name, or every one; an unknown name is refused."""
    command("trust", "add", "root.pem", "other.pem")
    one = command("trust", "export", "Example Root CA 8").out
    assert one == f"# Example Root CA 8\n{OTHER.parsed.pem}"
    assert len(command.answer("trust", "export")) == 2
    command("trust", "export", "Nobody", status=2)


def test_an_impostor_is_called_out(command, files: Path):
    """On adding and in the list; it is trusted all the same."""
    (files / "fake.pem").write_bytes(chains.make("Amazon Root CA 1", ca=True).pem)
    assert "not what it says it is" in command("trust", "add", "fake.pem").out
    assert "not what it says it is" in command("trust", "list").out
    (one,) = command.answer("trust", "list")
    assert len(one["warnings"]) == 1
