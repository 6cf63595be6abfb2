"""Strangers' text on pages: nothing in it turns around or hides what stands there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tocsin.domain.alarm import Host

TURNS = "\u202e"


@pytest.mark.parametrize("path", ["/", "/alarms/{id}"])
def test_text_is_not_turned_around(path: str, reported: Callable[..., str], admin: Client):
    """A bidi control in any field of an alarm is marked, wherever the field is shown."""
    said: dict[str, Any] = {
        name: f"{name} {TURNS}live" for name in ("type", "details", "protocol", "source")
    }
    host = Host(name=f"name {TURNS}live", user=f"user {TURNS}", groups=(f"group {TURNS}",))
    id_ = reported(**said, source_host=host, attributes={f"a{TURNS}": f"b{TURNS}"})
    text = admin.get(path.format(id=id_)).content.decode()
    assert TURNS not in text
    assert "type \ufffdlive" in text


def test_long_text_leaves_the_page_small(reported: Callable[..., str], admin: Client):
    """A list shows the beginning of an endless name, not all of it."""
    reported(type="x" * 300, source="y" * 200)
    text = admin.get("/").content.decode()
    assert "x" * 300 not in text
    assert "y" * 200 not in text
