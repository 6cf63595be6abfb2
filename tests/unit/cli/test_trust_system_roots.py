"""The operating system's roots beside the trust store, and what is added knowingly."""

from __future__ import annotations

from pathlib import Path

import pytest

import chains
from tocsin.base.home import Home
from tocsin.engine import access, configuration
from tocsin.engine.relay import relays
from tocsin.store import models

RELAY = {
    "server": chains.HOST,
    "port": 587,
    "encryption": "starttls",
    "from": "tocsin@example.com",
}


@pytest.fixture
def system_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> chains.Made:
    """The only root that this machine trusts."""
    made = chains.make("System Root", ca=True)
    (tmp_path / "bundle.pem").write_bytes(made.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return made


def anchors() -> list[tuple[str, bool]]:
    """What a connection to the relay would trust."""
    (relay,) = relays(Home.of_environment(), configuration.current().configuration)
    return [(one.name, one.system) for one in relay.settings.anchors]


def test_mail_trusts_them_only_when_told(command, system_root: chains.Made):
    """Off by default; on, the relay's connections have them too; off again."""
    configuration.change(access.LOCAL, {"smtp": RELAY})
    assert command.answer("trust", "system-roots") == {"trusted": False}
    assert anchors() == []
    assert "are trusted beside" in command("trust", "system-roots", "on").out
    assert anchors() == [("System Root", True)]
    assert command.answer("trust", "system-roots", "off") == {"trusted": False}
    assert anchors() == []


def test_what_they_hold_up_does_not_break(command, tmp_path: Path, system_root: chains.Made):
    """Removing an entry that the operating system trusts too breaks nothing while they count."""
    configuration.change(access.LOCAL, {"smtp": RELAY})
    leaf = chains.make(chains.HOST, issuer=system_root)
    models.SeenCertificate.objects.create(sha256=leaf.sha256, der=leaf.der, first_seen_at=1)
    models.Connection.objects.create(
        id="one",
        relay="smtp",
        host=chains.HOST,
        port=587,
        opened_at=1,
        chain=f'["{leaf.sha256}"]',
        resumed=False,
        transcript="[]",
    )
    command("trust", "add", "bundle.pem")
    command("trust", "system-roots", "on")
    (listed,) = command.answer("trust", "list")
    assert [one["relay"] for one in listed["carries"]] == ["smtp"]
    assert command.answer("trust", "remove", "System Root")["breaks"] == []
    command("trust", "system-roots", "off")
    command("trust", "add", "bundle.pem")
    removed = command("trust", "remove", "System Root")
    assert f"the SMTP relay smtp ({chains.HOST}) no longer verifies" in removed.out


def test_an_expired_root_is_added_knowingly(command, tmp_path: Path):
    """Refused at first; then kept, and the list says what is the matter with it."""
    (tmp_path / "old.pem").write_bytes(chains.make("Old Root", ca=True, starts=-9, ends=-1).pem)
    command("trust", "add", "old.pem", status=2)
    command("trust", "add", "old.pem", "--knowingly")
    (one,) = command.answer("trust", "list")
    assert one["knowingly"]
    assert "expired" in one["problems"][0]
