"""The API of a manager, as far as tests ask it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from manager import Program, alarms


class Client:
    """Whoever holds a token for a day."""

    def __init__(self, program: Program, url: str) -> None:
        self.url = url
        told = program.json("token", "add", "client", "--role", "responder", "--days", "1")
        self._token = told["token"]

    def ask(self, path: str, body: Any = None) -> Any:
        """What is answered to GET, or to POST when there is something to say."""
        headers = {"Authorization": f"Bearer {self._token}"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def report(self, source: str, count: int, name: str) -> None:
        """Report so many alarms of that source."""
        self.ask("alarms", [{**one, "source": source} for one in alarms(count, name)])

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm, newest first."""
        found: list[dict[str, Any]] = self.ask("alarms?limit=1000")["items"]
        return found

    def deliveries(self, action: str) -> list[dict[str, Any]]:
        """Every delivery of that action, newest first."""
        found: list[dict[str, Any]] = self.ask(f"deliveries?action={action}&limit=1000")["items"]
        return found

    def states(self, action: str) -> set[str]:
        """The states that they are in."""
        return {one["state"] for one in self.deliveries(action)}


def by_source(*names: str) -> dict[str, Any]:
    """For each name an action that mails to a domain of that name, for alarms of that source."""
    return {
        "actions": [
            {"name": name, "kind": "email", "to": [f"soc@{name}.example.net"]} for name in names
        ],
        "rules": [{"name": name, "when": {"source": name}, "active": [name]} for name in names],
    }
