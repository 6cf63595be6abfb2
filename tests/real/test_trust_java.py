"""Our view of Java against the Java on this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import chains
import pkixcases
from tocsin.base.clock import now
from tocsin.trust.certificate import PasswordNeeded, PrivateKeyFound, read_certificates
from tocsin.trust.javaview import java_view

PROGRAM = Path(__file__).with_name("PkixClient.java")

pytestmark = pytest.mark.skipif(shutil.which("javac") is None, reason="needs a JDK")


def ask_java(folder: Path) -> dict[str, str]:
    """Java's answer to every case; empty where it accepts."""
    folders = []
    for number, (name, case) in enumerate(pkixcases.cases().items()):
        place = folder / f"{number:02} {name}"
        place.mkdir()
        (place / "chain.pem").write_bytes(b"".join(one.pem for one in case.chain))
        (place / "anchors.pem").write_bytes(b"".join(one.pem for one in case.anchors))
        (place / "host").write_text(case.host)
        folders.append(str(place))
    checker = "java.base/sun.security.util=ALL-UNNAMED"
    done = subprocess.run(
        ["java", "--add-exports", checker, str(PROGRAM), *folders],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers = (line.partition("\t") for line in done.stdout.splitlines())
    return {name[3:]: answer for name, _, answer in answers}


def test_java_says_what_we_say_it_says(tmp_path: Path) -> None:
    """Every case: the same answer, and ours is the beginning of Java's words."""
    answers = ask_java(tmp_path)
    assert answers.keys() == pkixcases.cases().keys()
    wrong = {}
    for name, case in pkixcases.cases().items():
        ours = java_view(
            [one.parsed for one in case.chain],
            [one.anchor() for one in case.anchors],
            case.host,
            now(),
        )
        assert ours is not None
        said = answers[name]
        if ours.accepted != (said == "") or not said.startswith(ours.message):
            wrong[name] = (ours.message, said)
    assert wrong == {}


def test_a_key_store_of_java_is_read(tmp_path: Path) -> None:
    """PKCS#12 as ``keytool`` makes it from trusted certificates: opened with its password."""
    ladder = chains.ladder()
    store = tmp_path / "trust.p12"
    for number, one in enumerate((ladder.root, ladder.oldest)):
        file = tmp_path / f"{number}.pem"
        file.write_bytes(one.pem)
        subprocess.run(
            [
                *("keytool", "-importcert", "-noprompt", "-storetype", "PKCS12"),
                *("-keystore", str(store), "-storepass", "changeit"),
                *("-alias", f"a{number}", "-file", str(file)),
            ],
            capture_output=True,
            check=True,
        )
    found = read_certificates(store.read_bytes(), "changeit")
    assert {one.sha256 for one in found} == {ladder.root.sha256, ladder.oldest.sha256}
    with pytest.raises(PasswordNeeded):
        read_certificates(store.read_bytes())


def test_a_key_store_with_a_key_is_refused_unopened(tmp_path: Path) -> None:
    """``keytool -genkeypair``: refused by its shape, whatever the password."""
    store = tmp_path / "key.p12"
    subprocess.run(
        [
            *("keytool", "-genkeypair", "-keyalg", "EC", "-alias", "own", "-storetype", "PKCS12"),
            *("-dname", "CN=x", "-keystore", str(store), "-storepass", "changeit"),
        ],
        capture_output=True,
        check=True,
    )
    for password in ("", "changeit", "wrong"):
        with pytest.raises(PrivateKeyFound):
            read_certificates(store.read_bytes(), password)
