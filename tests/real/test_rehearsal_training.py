"""A whole manager whose stand-in relay is broken and mended while mail is on its way."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from manager import Program, wait_until

DOCUMENT = {
    "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.net"]}],
    "rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}],
}


def call(address: str, token: str, method: str, path: str, body: Any = None) -> Any:
    """Ask the API."""
    request = urllib.request.Request(
        f"{address}/api/v1{path}",
        method=method,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def test_the_sender_finds_out_by_itself(tmp_path):
    """Broken, the relay pauses with the fault's code and the mail waits; mended, it arrives.

    Account and chain are broken at once; the sender meets the chain, and after it the account.
    The doctor's command and the pages read the same from the relay's own facts.
    """
    program = Program(tmp_path)
    try:
        program.apply(DOCUMENT)
        address = program.up("--rehearsal")
        token = program.json("token", "add", "one", "--role", "administrator")["token"]

        def paused() -> str | None:
            (relay,) = call(address, token, "GET", "/relays")["items"]
            code: str | None = relay["code"]
            return code if relay["paused_at"] else None

        def broken(*faults: str) -> None:
            told = call(address, token, "PUT", "/rehearsal/faults", {"faults": faults})
            assert told["in_force"] == list(faults)
            assert call(address, token, "GET", "/rehearsal/faults")["in_force"] == list(faults)

        broken("expired", "sandbox")
        program.run("alarm", "send", "-", text=json.dumps({"type": "Suspect Data Loss"}))
        wait_until(lambda: paused() == "tls.expired", "the pause")
        (mail,) = program.json("deliveries")
        assert mail["state"] in {"queued", "retrying"}
        versions = call(address, token, "GET", "/configuration/versions")["items"]
        broken()
        assert paused() == "tls.expired"  # nobody told the sender
        call(address, token, "POST", "/relays/rehearsal/try")
        wait_until(lambda: program.json("deliveries")[0]["state"] == "delivered", "the mail")
        assert call(address, token, "GET", "/configuration/versions")["items"] == versions
    finally:
        program.stop()
