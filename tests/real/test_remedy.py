"""Remedies against a whole manager and the rehearsal relay: red, mended, green, undone, red."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from manager import Program, document_of, smtp_of, wait_until


class House:
    """A manager, the relay that it mails by, and an administrator of its API."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.relay = program.rehearse()
        program.apply(document_of(self.relay))
        self.address = program.up()
        added = program.json("token", "add", "administrator", "--role", "administrator")
        self._token = added["token"]

    def ask(self, path: str, body: Any = None) -> Any:
        """What is answered to GET, or to POST when there is something to say."""
        request = urllib.request.Request(
            f"{self.address}/api/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def play(self, *faults: str) -> None:
        """Let the relay misbehave so from now on."""
        out = self.program.folder / "inbox"
        self.program.run("rehearse", "--set", *(faults or ("none",)), "--out", str(out))

    def configure(self, **smtp: Any) -> None:
        """The relay with these fields otherwise."""
        self.program.apply(document_of(self.relay, smtp=smtp_of(self.relay, **smtp)))

    def walk(self, **asked: Any) -> dict[str, Any]:
        """A walk that is over."""
        found: dict[str, Any] = self.ask("doctor", asked)
        return found

    def walked(self, id_: str) -> dict[str, Any]:
        """The walk that began by itself, once it is over."""
        wait_until(lambda: self.ask(f"doctor/{id_}")["state"] != "running", "the walk")
        found: dict[str, Any] = self.ask(f"doctor/{id_}")
        assert found["state"] == "done"
        return found

    def mend(self, walk: dict[str, Any], kind: str, **given: str) -> dict[str, Any]:
        """Look at the one remedy of that kind, confirm it, and give what was done."""
        items = self.ask(f"doctor/{walk['id']}/remedies")["items"]
        (offer,) = (one for one in items if one["kind"] == kind)
        path = f"doctor/{walk['id']}/remedies/{offer['index']}"
        look = self.ask(f"{path}/preview", {"given": given})
        if look["certificate"]:
            given["sha256"] = look["certificate"]["sha256"]
        done: dict[str, Any] = self.ask(path, {"given": given, "version": look["version"]})
        return {**done, "look": look}

    def configuration(self) -> Any:
        """The document in force."""
        return self.ask("configuration")["document"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One manager for all of these."""
    program = Program(tmp_path_factory.mktemp("remedy"))
    try:
        yield House(program)
    finally:
        program.stop()


def mended(house: House, code: str, kind: str, *, walk: dict[str, Any] | None = None, **given: str):
    """Red with that code first, mended, green, undone, red again; gives what was done."""
    before = house.configuration()
    red = house.walk(**(walk or {}))
    assert (red["ok"], red["findings"][0]["code"]) == (False, code)
    done = house.mend(red, kind, **given)
    green = house.walked(done["walk"])
    assert green["ok"] is True, green["findings"]
    back = house.ask("doctor/undo", {"version": done["version"]})
    assert house.configuration() == before
    again = house.walked(back["walk"])
    assert (again["ok"], again["findings"][0]["code"]) == (False, code)
    return done


def test_an_untrusted_issuer_is_trusted_by_its_fingerprint(house: House):
    """The preview names the path from the leaf to the new anchor; undone, it is red again."""
    house.configure()
    house.play("untrusted-issuer")
    done = mended(house, "tls.untrusted-issuer", "add-anchor")
    assert " ← " in done["look"]["trusting"]
    assert done["look"]["trusting"].startswith("The relay would verify")


def test_a_weak_dh_key_is_avoided_by_leaving_out_dhe(house: House):
    """The relay is asked what it would choose instead before anything changes."""
    house.play("dh-1024")
    house.program.run("ciphers", "preset", "with-dhe")
    done = mended(house, "tls.dh-too-small", "drop-dhe")
    assert {one["outcome"] for one in done["look"]["effects"]} == {"chooses"}
    assert all("ECDHE" in one["cipher"] for one in done["look"]["effects"])
    house.program.run("ciphers", "preset", "tocsin")


def test_the_wrong_mode_is_changed(house: House):
    """TLS at once at a port that begins in the clear."""
    house.play()
    house.configure(encryption="smtps")
    done = mended(house, "tls.wrong-mode", "change-mode")
    assert {one["path"] for one in done["look"]["differences"]} == {"smtp.encryption"}


def test_a_secret_in_place_of_the_password_is_derived(house: House, tmp_path: Path):
    """The relay takes what comes of it; the secret is nowhere in what was said about it."""
    house.play()
    secret = Path(house.relay["secret_file"]).read_text().split()[1]
    file = tmp_path / "secret"
    file.write_text(secret)
    house.configure(password_file=str(file))
    red = house.walk()
    assert red["findings"][0]["code"] == "auth.secret-not-smtp-password"
    done = mended(house, "auth.secret-not-smtp-password", "derive-password", region="eu-west-1")
    history = house.ask("configuration/versions")
    assert secret not in json.dumps([red, done, history])
    assert secret not in "".join(
        one.read_text(errors="replace") for one in (house.program.home / "logs").iterdir()
    )


def test_a_sender_that_is_not_verified_is_replaced(house: House):
    """The address is entered; the walk after it hands over a message again."""
    house.configure(**{"from": "nobody@unverified.example"})
    mended(
        house,
        "ses.identity-not-verified",
        "set-sender",
        walk={"send": True},
        sender="tocsin@example.com",
    )


def test_what_was_looked_at_for_another_version_is_not_carried_out(house: House):
    """409 by the API, and the configuration is the other one's."""
    house.configure()
    house.play("untrusted-issuer")
    red = house.walk()
    (offer,) = house.ask(f"doctor/{red['id']}/remedies")["items"]
    path = f"doctor/{red['id']}/remedies/{offer['index']}"
    look = house.ask(f"{path}/preview", {})
    house.program.run("config", "set", "outbox.keep_trying_h", "12")
    order = {"given": {"sha256": look["certificate"]["sha256"]}, "version": look["version"]}
    with pytest.raises(urllib.error.HTTPError) as refusal:
        house.ask(path, order)
    assert refusal.value.code == 409
    refusal.value.close()
    assert len(house.configuration()["trust"]) == 1
    house.play()
