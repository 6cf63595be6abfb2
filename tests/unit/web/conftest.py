"""Pages asked for in process, by people of every role, over a store with something in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

import chains
from tocsin.base.clock import now
from tocsin.base.home import node_name
from tocsin.base.ids import uuid7
from tocsin.domain.alarm import Host, Report
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.signinguard import SignInGuard
from tocsin.store import models
from tocsin.store.models import Person
from tocsin.web import account


@pytest.fixture(autouse=True)
def _fresh_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed sign-ins of one test slow down no other."""
    monkeypatch.setattr(account, "_guard", SignInGuard())


@pytest.fixture(autouse=True)
def _store(db: None) -> None:
    """Every test of the pages has a store."""


def make_person(role: Role, *, one_time: bool = False) -> Person:
    """Somebody of that role; their name is the role's."""
    return Person.objects.create(
        name=role.value, role=role.value, one_time=one_time, created_at=now(), created_by="a test"
    )


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """Gives a browser in which somebody of a role has signed in."""

    def sign_in(role: Role = Role.ADMINISTRATOR, **options: Any) -> Client:
        person = Person.objects.filter(name=role.value).first() or make_person(role)
        client = Client(**options)
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def admin(signed_in: Callable[..., Client]) -> Client:
    """An administrator's browser."""
    return signed_in()


@pytest.fixture
def reported() -> Callable[..., str]:
    """Reports an alarm; gives its id."""

    def report(**said: Any) -> str:
        fields: dict[str, Any] = {
            "source": "ids-1",
            "source_type": "eve",
            "type": f"SSH scan {uuid7()}",
            "source_host": Host(ip="192.0.2.1", port=40000),
            "target_host": Host(ip="198.51.100.2", port=22),
        }
        (id_,) = accept([Report(**{**fields, **said})])
        return id_

    return report


@dataclass(frozen=True)
class Scene:
    """Names of what `scene` put there."""

    alarm: str
    delivery: str
    action: str = "Mail the SOC"
    rule: str = "Everything"
    anchor: str = "Example Root CA 1"
    node: str = node_name()
    person: str = "somebody"
    token: str = "a token"


@pytest.fixture
def scene(reported: Callable[..., str]) -> Scene:
    """One of everything that pages show."""
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": "relay.example.com",
                "port": 587,
                "encryption": "starttls",
                "from": "tocsin@example.com",
            },
            "trust": [
                {
                    "name": "Example Root CA 1",
                    "pem": chains.make("Example Root CA 1", ca=True, ends=4000).pem.decode(),
                }
            ],
            "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}],
            "rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}],
        },
    )
    alarm = reported(type="SSH scan")
    access.add_person(access.LOCAL, "somebody", Role.VIEWER)
    access.add_token(access.LOCAL, "a token", Role.ANALYST)
    return Scene(alarm, make_delivery(alarm))


def make_delivery(alarm: str, state: str = "failed", **said: Any) -> str:
    """A delivery that tells the first transition of an alarm; gives its id."""
    id_ = uuid7()
    fields: dict[str, Any] = {
        "action": "Mail the SOC",
        "kind": "email",
        "configuration": 1,
        "severity": 4,
        "message_id": f"<{id_}@example.com>",
        "recipients": '[{"address": "soc@example.com", "state": "pending", "reply": null, '
        '"receipt": "none"}]',
        "queued_at": now(),
        "not_before": now(),
        "expires_at": now(),
        "attempts": 0,
        "maybe_twice": False,
    }
    delivery = models.Delivery.objects.create(id=id_, state=state, **{**fields, **said})
    transition = models.Transition.objects.filter(alarm_id=alarm).order_by("id").first()
    assert transition is not None
    models.Telling.objects.create(delivery=delivery, transition=transition, action=delivery.action)
    return id_


@pytest.fixture
def delivery() -> Callable[..., str]:
    """Makes a delivery that tells an alarm; gives its id."""
    return make_delivery


class Markup(HTMLParser):
    """A page as its elements and its text, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for one, attributes in self.elements if one == tag]


@pytest.fixture
def markup() -> type[Markup]:
    """Reads a page."""
    return Markup
