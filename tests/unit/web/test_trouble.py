"""Pages for what is refused, not there, or broken."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tocsin.domain.principal import Role


def test_a_refusal_names_the_role(signed_in, markup):
    """403 says which role one has and what it does not grant."""
    answer = signed_in(Role.VIEWER).get("/people")
    assert answer.status_code == 403
    assert "viewer" in markup(answer.content.decode()).text.lower()


def test_an_unknown_page_leads_home(admin: Client, markup):
    """404 keeps the frame around it and offers a way on."""
    answer = admin.get("/no/such/page")
    assert answer.status_code == 404
    assert "/" in [one.get("href") for one in markup(answer.content.decode()).all("a")]


def test_a_mistake_of_ours_shows_a_number_and_nothing_else(
    signed_in, markup, monkeypatch: pytest.MonkeyPatch, capsys
):
    """500 gives an incident number, which the log has with the trace; the page has no trace."""
    from tocsin.engine import alarms

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret word is xyzzy")

    monkeypatch.setattr(alarms, "list_alarms", broken)
    answer = signed_in(raise_request_exception=False).get("/")
    text = markup(answer.content.decode()).text
    assert answer.status_code == 500
    assert "xyzzy" not in answer.content.decode()
    assert "Traceback" not in text
    number = re.search(r"\b[0-9a-f]{8}\b", text)
    assert number is not None
    logged = capsys.readouterr()
    assert number[0] in logged.out + logged.err


def test_the_page_about_a_broken_store_needs_no_store(
    signed_in, monkeypatch: pytest.MonkeyPatch, markup
):
    """When the store fails, the page that says so is still shown."""
    from django.db import OperationalError

    from tocsin.engine import alarms, appliance

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(alarms, "list_alarms", locked)
    monkeypatch.setattr(appliance, "relay_light", locked)
    answer = signed_in(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    assert markup(answer.content.decode()).all("html")


@pytest.mark.parametrize("path", ["/rehearsal", "/rehearsal/x", "/rehearsal/x/raw"])
def test_without_a_rehearsal_relay_there_is_no_inbox(path, admin: Client):
    """The inbox is there only while the rehearsal relay of this run is."""
    assert admin.get(path).status_code == 404
