"""The API asked in process, by tokens of every role, over a store of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

import chains
from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.store import models

API = "/api/v1"


@pytest.fixture(autouse=True)
def _store(db: None) -> None:
    """Every test of the API has a store."""


class Answer:
    """What came back."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.type: str = response.headers.get("Content-Type", "")
        self.headers = response.headers
        self.text: str = response.content.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    def problem(self, status: int, code: str) -> dict[str, Any]:
        """The problem document that it must be."""
        assert self.status == status, self.text
        assert self.type == "application/problem+json"
        document: dict[str, Any] = self.json
        assert document["status"] == status
        assert document["code"] == code
        assert document["type"].endswith(code)
        assert document["title"]
        assert document["detail"]
        assert isinstance(document["fix"], list)
        return document


class Api:
    """Asks with the token of a role; administrator unless said otherwise."""

    def __init__(self) -> None:
        self._tokens: dict[Role, str] = {}
        self._client = Client(raise_request_exception=False)

    def token(self, role: Role) -> str:
        """A token of that role."""
        if role not in self._tokens:
            self._tokens[role] = access.add_token(access.LOCAL, role.value, role).reveal()
        return self._tokens[role]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: Role | None = Role.ADMINISTRATOR,
        raw: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """One request; `path` is below ``/api/v1`` unless it is a whole one."""
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.token(role)}")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        whole = path if path.startswith(("/api", "/healthz", "/readyz", "/metrics")) else API + path
        return Answer(
            self._client.generic(
                method, whole, data, content_type="application/json", headers=headers
            )
        )

    def get(self, path: str, **how: Any) -> Answer:
        """Ask for something."""
        return self.ask("GET", path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> Answer:
        """Send something."""
        return self.ask("POST", path, body, **how)


@pytest.fixture
def api() -> Api:
    """Asks the API."""
    return Api()


ROOT = chains.make("Example Root CA 1", ca=True, ends=4000)


@pytest.fixture
def configured() -> None:
    """A relay, a trusted root, an action and a rule."""
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": "relay.example.com",
                "port": 587,
                "encryption": "starttls",
                "from": "tocsin@example.com",
            },
            "trust": [{"name": "Example Root CA 1", "pem": ROOT.pem.decode()}],
            "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}],
            "rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}],
        },
    )


@pytest.fixture
def reported(api: Api) -> Callable[..., str]:
    """Reports an alarm over the API; gives its id."""

    def report(**said: Any) -> str:
        answer = api.post("/alarms", {"type": f"SSH scan {uuid7()}", **said})
        assert answer.status == 202, answer.text
        (one,) = answer.json
        id_: str = one["id"]
        return id_

    return report


@pytest.fixture
def delivery() -> Callable[..., str]:
    """Makes a delivery that tells of an alarm; gives its id."""

    def make(alarm: str, state: str = "failed", **said: Any) -> str:
        id_ = uuid7()
        fields: dict[str, Any] = {
            "action": "Mail the SOC",
            "kind": "email",
            "configuration": 1,
            "severity": 4,
            "message_id": f"<{id_}@example.com>",
            "recipients": json.dumps(
                [
                    {
                        "address": "soc@example.com",
                        "state": "pending",
                        "reply": None,
                        "receipt": "none",
                    }
                ]
            ),
            "queued_at": now(),
            "not_before": now(),
            "expires_at": now(),
            "attempts": 0,
            "maybe_twice": False,
        }
        row = models.Delivery.objects.create(id=id_, state=state, **{**fields, **said})
        transition = models.Transition.objects.filter(alarm_id=alarm).order_by("id").first()
        assert transition is not None
        models.Telling.objects.create(delivery=row, transition=transition, action=row.action)
        return id_

    return make
