"""The contract of every kind of response action; a new kind is found by itself."""

from __future__ import annotations

import importlib
import ipaddress
import pkgutil
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

import tocsin.channels
from tocsin.domain.alarm import AlarmState
from tocsin.engine.kinds import ACTIONS

FOLDERS = [one.name for one in pkgutil.iter_modules(tocsin.channels.__path__) if one.ispkg]
DOCUMENTATION = [
    ipaddress.ip_network(one)
    for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def kind_of(folder: str):
    """The one class of the folder's module ``kind`` that has settings and a name."""
    module = importlib.import_module(f"tocsin.channels.{folder}.kind")
    (found,) = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and hasattr(one, "settings")
    ]
    return found()


@pytest.fixture(params=FOLDERS)
def kind(request):
    return kind_of(request.param)


def test_there_is_a_kind():
    """The search for kinds finds the one for email."""
    assert "email" in FOLDERS


def test_kind_is_registered(kind):
    """Every kind there is can be used: the engine lists it under its name."""
    assert type(ACTIONS[kind.name]) is type(kind)


def test_kind_describes_itself(kind):
    """A kind has a name for documents and a label for pages."""
    assert kind.name.isidentifier()
    assert kind.label.strip() == kind.label != ""


def test_settings_schema(kind):
    """Settings refuse unknown fields, never change, and have the fields of every action."""
    model = kind.settings
    assert issubclass(model, BaseModel)
    assert model.model_config.get("extra") == "forbid"
    assert model.model_config.get("frozen") is True
    fields = model.model_fields
    assert {"name", "kind", "description", "enabled"} <= set(fields)
    assert get_origin(fields["kind"].annotation) is Literal
    assert get_args(fields["kind"].annotation) == (kind.name,)
    assert fields["enabled"].default is True
    assert fields["name"].is_required()


def test_methods(kind):
    """A kind can check, name recipients and give a sample."""
    assert callable(kind.check)
    assert callable(kind.recipients)


def test_sample_is_marked(kind):
    """The alarm of Test Action says that it is a test, in documentation addresses only."""
    alarm = kind.sample(1_700_000_000_000_000)
    assert "test" in alarm.type.lower()
    assert "test" in alarm.details.lower()
    assert alarm.state is AlarmState.ACTIVE
    assert alarm.received_at == 1_700_000_000_000_000
    for host in (alarm.source_host, alarm.target_host):
        address = ipaddress.ip_address(host.ip)
        assert any(
            address.version == network.version and address in network for network in DOCUMENTATION
        )
        assert host.name.endswith((".example.com", ".example.net", ".example.org"))


def test_samples_differ(kind):
    """Two tests are two alarms."""
    assert kind.sample(0).id != kind.sample(0).id
