"""The doctor, Test Action, its delivery and the paused relay say the same of the same relay."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from manager import Program, document_of, free_port, smtp_of, wait_until

ACTION = "Mail the SOC"
VOICE = ("code", "title", "cause", "fix")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
"""When it was looked at differs from one to the next."""

# What is played, the code that it is, and whether the relay as a whole waits because of it.
FAULTS: Mapping[str, tuple[str, bool]] = {
    # First, while nothing has paused the relay: only a 250 ends a pause.
    "recipient-refused": ("smtp.recipient-refused", False),
    "untrusted-issuer": ("tls.untrusted-issuer", True),
    "missing-intermediate": ("tls.incomplete-chain", True),
    "self-signed": ("tls.self-signed", True),
    "expired": ("tls.expired", True),
    "wrong-name": ("tls.name-mismatch", True),
    "no-shared-cipher": ("tls.no-shared-cipher", True),
    "no-starttls": ("smtp.starttls-missing", True),
    "no-auth": ("auth.not-offered", True),
    "wrong-password": ("auth.rejected", True),
    "greeting-refused": ("smtp.greeting-refused", True),
    "not-verified": ("ses.identity-not-verified", True),
}
BY_COMMAND = ("untrusted-issuer", "recipient-refused")
"""Those of which the commands are asked too: each start of a command takes its time."""


@dataclass(frozen=True)
class Scene:
    """A manager, and a relay for each fault."""

    program: Program
    address: str
    token: str
    relays: Mapping[str, dict[str, Any]]

    def ask(self, path: str, body: Any = None) -> Any:
        """The answer of the API, to POST where there is a body."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.address}/api/v1{path}", data, headers)
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return json.load(answer)

    def use(self, relay: dict[str, Any]) -> None:
        """Have mail go to that relay, whose root is trusted."""
        smtp = smtp_of(relay)
        smtp["password"] = Path(smtp.pop("password_file")).read_text().strip()
        pem = Path(relay["root_file"]).read_text()
        self.ask("/configuration", {"smtp": smtp, "trust": [{"name": "Root", "pem": pem}]})
        wait_until(self._applied, "the roles to take the configuration over")

    def relay(self) -> dict[str, Any]:
        """What is observed of it."""
        (one,) = self.ask("/relays")["items"]
        return dict(one)

    def _applied(self) -> bool:
        (appliance,) = self.ask("/appliances")["items"]
        return str(appliance["status"]) == "Up"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One manager for all faults; the relays start side by side."""
    program = Program(tmp_path_factory.mktemp("manager"))
    stages = {name: Program(tmp_path_factory.mktemp(name)) for name in FAULTS}
    try:
        with ThreadPoolExecutor(4) as pool:
            started = {
                name: pool.submit(stage.rehearse, "--no-signatures", "--fault", name)
                for name, stage in stages.items()
            }
            relays = {name: one.result() for name, one in started.items()}
        program.apply(document_of(next(iter(relays.values()))))
        address = program.up()
        token = program.json("token", "add", "test", "--role", "administrator")["token"]
        yield Scene(program, address, token, relays)
    finally:
        program.stop()
        for stage in stages.values():
            stage.stop()


def voice(told: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody says of a fault."""
    said = {name: told[name] for name in VOICE}
    return {**said, "fix": [_MOMENT.sub("(time)", step) for step in said["fix"]]}


def doctors(scene: Scene) -> dict[str, Any]:
    """What the doctor says is the cause, having gone as far as a delivery goes."""
    report = scene.ask("/doctor", {"send": True})
    assert report["ok"] is False
    return voice(report["findings"][0])


@pytest.mark.parametrize("name", FAULTS)
def test_everybody_says_the_same(name, scene: Scene):
    """Code, title, cause and fix of the doctor are those of test, delivery and pause."""
    code, pauses = FAULTS[name]
    scene.use(scene.relays[name])
    said = doctors(scene)
    assert said["code"] == code
    assert said["fix"]
    by_command = name in BY_COMMAND
    if by_command:
        test = scene.program.json("action", "test", ACTION, status=1)
    else:
        test = scene.ask(f"/actions/{quote(ACTION)}/test", {})
    assert voice(test) == said
    delivery = scene.ask(f"/deliveries/{test['delivery']}")
    assert voice(delivery["attempts"][-1]) == said
    if not pauses:
        assert scene.relay()["paused_at"] is None
        return
    scene.ask("/alarms", {"type": f"by {name}", "severity": "major"})
    wait_until(lambda: scene.relay()["code"] == code, "the pause")
    assert voice(scene.relay()) == said
    if by_command:
        (relay,) = scene.program.json("relay", "list")
        assert voice(relay) == said


def test_nobody_listens(scene: Scene):
    """A port that refuses is the same to everybody, too."""
    relay = {**next(iter(scene.relays.values())), "port": free_port()}
    scene.use(relay)
    said = doctors(scene)
    assert said["code"] == "tcp.refused"
    test = scene.ask(f"/actions/{quote(ACTION)}/test", {})
    assert voice(test) == said
    scene.ask("/alarms", {"type": "by nobody", "severity": "major"})
    wait_until(lambda: scene.relay()["code"] == "tcp.refused", "the pause")
    assert voice(scene.relay()) == said
