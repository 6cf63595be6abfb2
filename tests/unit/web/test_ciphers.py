"""The pages of the cipher policy and of the deep probe."""

from __future__ import annotations

import pytest
from django.test import Client

from tocsin.domain.principal import Role
from tocsin.engine import configuration

LIST = "ECDHE-RSA-AES256-GCM-SHA384"


def shown(answer) -> str:
    """The page as text."""
    return answer.content.decode()


def test_the_policy_in_force_is_shown(admin: Client) -> None:
    """The list in order, and the suites of TLS 1.3 as fixed; every preset with its source."""
    page = shown(admin.get("/trust/ciphers"))
    assert "ECDHE-ECDSA-AES128-GCM-SHA256" in page
    assert "TLS 1.3, fixed" in page
    assert "OpenSSL 3" in page
    assert "guidelines 5.7" in page


def test_a_viewer_sees_it_and_has_no_form(signed_in) -> None:
    """Whoever may not change it is not shown how."""
    page = shown(signed_in(Role.VIEWER).get("/trust/ciphers"))
    assert "ECDHE-ECDSA-AES128-GCM-SHA256" in page
    assert "<textarea" not in page


def test_an_unknown_name_is_refused_by_name(admin: Client) -> None:
    """With what was typed still in the form."""
    answer = admin.post("/trust/ciphers", {"list": f"{LIST}:NOPE"})
    assert answer.status_code == 422
    assert "NOPE" in shown(answer)
    assert f"{LIST}:NOPE</textarea>" in shown(answer)


@pytest.mark.parametrize("form", [{}, {"preset": "tocsin", "list": LIST}, {"preset": "nobody"}])
def test_a_policy_is_a_preset_or_a_list(admin: Client, form: dict[str, str]) -> None:
    """Neither, both, or one that there is not: said on the form."""
    assert admin.post("/trust/ciphers", form).status_code == 422


def test_looking_changes_nothing_and_confirming_does(admin: Client) -> None:
    """The differences, then the policy; back to the form keeps what was typed."""
    page = shown(admin.post("/trust/ciphers", {"list": LIST, "minimum": "1.2"}))
    assert "ciphers.list" in page
    assert configuration.current().configuration.ciphers.list is None
    again = shown(admin.post("/trust/ciphers", {"list": LIST, "minimum": "1.2", "back": "1"}))
    assert f"{LIST}</textarea>" in again
    admin.post("/trust/ciphers", {"list": LIST, "minimum": "1.2", "confirmed": "1"})
    ciphers = configuration.current().configuration.ciphers
    assert (ciphers.list, ciphers.minimum) == (LIST, "1.2")
    assert f"{LIST}</textarea>" in shown(admin.get("/trust/ciphers"))


def test_what_is_in_force_is_said_to_be_so(admin: Client) -> None:
    """There is nothing to confirm."""
    page = shown(admin.post("/trust/ciphers", {"preset": "tocsin"}))
    assert "Nothing differs" in page
    assert 'name="confirmed"' not in page


def test_going_back(admin: Client) -> None:
    """First looked at, then done; the first policy has none before it."""
    assert admin.post("/trust/ciphers/restore").status_code == 409
    admin.post("/trust/ciphers", {"list": LIST, "confirmed": "1"})
    assert 'name="confirmed"' in shown(admin.post("/trust/ciphers/restore"))
    assert admin.post("/trust/ciphers/restore", {"back": "1"}).status_code == 302
    assert configuration.current().configuration.ciphers.list == LIST
    admin.post("/trust/ciphers/restore", {"confirmed": "1"})
    assert configuration.current().configuration.ciphers.preset == "tocsin"


def test_the_probe_has_a_form_and_says_what_is_wrong_with_it(admin: Client) -> None:
    """Nothing is asked before somebody says so."""
    assert 'name="server"' in shown(admin.get("/trust/probe?server=relay.example.com:587"))
    assert "relay.example.com:587" in shown(admin.get("/trust/probe?server=relay.example.com:587"))
    assert admin.post("/trust/probe", {"server": "nothing"}).status_code == 422
    assert admin.post("/trust/probe", {"server": "127.0.0.1:0"}).status_code == 422
    assert admin.post("/trust/probe", {"server": "127.0.0.1:1", "mode": "x"}).status_code == 422
