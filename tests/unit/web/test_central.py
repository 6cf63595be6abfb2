"""Central Management: SMTP Configuration, Apply Settings, versions, people and tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tocsin.base.home import node_name
from tocsin.base.secret import Secret
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.store import models
from tocsin.store.models import Person

GENERAL = f"/central/appliances/{node_name()}/general"
PASSWORD = "correct horse battery"


def form(**said: Any) -> dict[str, Any]:
    """SMTP Configuration as a browser sends it."""
    return {
        "server": "relay.example.com",
        "port": "587",
        "from": "tocsin@example.com",
        "user": "AKIAEXAMPLE",
        "password": PASSWORD,
        "encryption": "starttls",
        **said,
    }


def hidden(page) -> dict[str, str]:
    """The fields of a confirmation as they stand on its page."""
    return {
        one["name"]: one.get("value", "")
        for one in page.all("input")
        if one.get("type") == "hidden" and one.get("name") not in {"csrfmiddlewaretoken", "next"}
    }


def confirmed(client: Client, values: dict[str, Any], markup):
    """Send the form, then its confirmation."""
    page = markup(client.post(GENERAL, values).content.decode())
    return client.post(GENERAL, {**hidden(page), "confirmed": "1"})


def test_apply_settings_shows_what_changes_before_it_changes(admin: Client, markup):
    """The summary names the differences, never the password; only then a version is made."""
    answer = admin.post(GENERAL, form())
    page = markup(answer.content.decode())
    assert configuration.current_number() == 0
    assert "relay.example.com" in page.text
    assert PASSWORD not in answer.content.decode()
    answer = admin.post(GENERAL, {**hidden(page), "confirmed": "1"})
    assert answer["Location"] == "/central?applied=1"
    smtp = configuration.current().configuration.smtp
    assert smtp is not None
    assert (smtp.server, smtp.port, smtp.encryption) == ("relay.example.com", 587, "starttls")
    assert (smtp.sender, smtp.user) == ("tocsin@example.com", "AKIAEXAMPLE")
    assert smtp.password == Secret(PASSWORD)


def test_the_password_is_in_no_page_and_no_session(admin: Client, markup):
    """Neither the form nor the store's sessions hold it at any time."""
    pages = [admin.post(GENERAL, form()).content.decode()]
    confirmed(admin, form(), markup)
    pages.append(admin.get(GENERAL).content.decode())
    assert not any(PASSWORD in one for one in pages)
    from django.contrib.sessions.models import Session

    held = [one.get_decoded() for one in Session.objects.all()]
    assert PASSWORD not in str(held)


def test_a_password_that_is_left_empty_stays(admin: Client, markup):
    """Changing the port does not ask for the password again, nor lose it."""
    confirmed(admin, form(), markup)
    confirmed(admin, form(port="2587", password=""), markup)
    smtp = configuration.current().configuration.smtp
    assert smtp is not None
    assert smtp.port == 2587
    assert smtp.password == Secret(PASSWORD)


def test_a_sealed_password_of_somebody_else_is_worth_nothing(admin: Client, markup):
    """What one administrator's confirmation carries cannot be sent by another."""
    page = markup(admin.post(GENERAL, form()).content.decode())
    Person.objects.create(name="second", role="administrator", created_at=0, created_by="a test")
    other = Client()
    other.force_login(Person.objects.get(name="second"))
    answer = other.post(GENERAL, {**hidden(page), "confirmed": "1"})
    assert answer.status_code == 409
    assert configuration.current_number() == 0


@pytest.mark.parametrize("kept", ["x", "[]", '["a", "b"]', '[1, "AAAA"]', "null", "{}"])
def test_a_made_up_seal_breaks_nothing(kept, admin: Client):
    """Whatever stands there, the answer is a page in words."""
    answer = admin.post(GENERAL, form(password="", kept=kept, confirmed="1"))
    assert answer.status_code in {409, 422}
    assert configuration.current_number() == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"server": ""}, "server"),
        ({"server": "relay.example.com:587"}, "port"),
        ({"port": "0"}, "65535"),
        ({"port": "x"}, "number"),
        ({"from": "nobody"}, "address"),
        ({"from": "a@example.com\r\nBcc: b@example.com"}, ""),
        ({"encryption": "ssl"}, "starttls"),
        ({"password": ""}, "password"),
        ({"encryption": "none"}, "password"),
        ({"password": "a\nb"}, "line"),
    ],
)
def test_wrong_settings_are_told_at_their_field(changed, words, admin: Client, markup):
    """422 with words; what was typed is kept but for the password; nothing was changed."""
    answer = admin.post(GENERAL, form(**changed))
    page = markup(answer.content.decode())
    assert answer.status_code == 422
    assert words in page.text.lower()
    values = [one.get("value") for one in page.all("input")]
    assert "AKIAEXAMPLE" in values
    assert PASSWORD not in answer.content.decode()
    assert configuration.current_number() == 0


def test_two_people_do_not_overwrite_each_other(admin: Client, markup):
    """A confirmation of what somebody changed meanwhile is refused, and says so."""
    page = markup(admin.post(GENERAL, form()).content.decode())
    configuration.change(
        access.LOCAL, {"actions": [{"name": "A", "kind": "email", "to": ["a@example.com"]}]}
    )
    answer = admin.post(GENERAL, {**hidden(page), "confirmed": "1"})
    assert answer.status_code in {409, 422}
    assert configuration.current().configuration.smtp is None


def test_nothing_changed_makes_no_version(admin: Client, markup):
    """Applying what is in force already says so."""
    confirmed(admin, form(), markup)
    admin.post(GENERAL, form(password=""))
    assert configuration.current_number() == 1


def test_unencrypted_without_password_says_what_it_means(admin: Client, markup):
    """The confirmation says that the relay would no longer be verified."""
    page = markup(
        admin.post(GENERAL, form(encryption="none", user="", password="")).content.decode()
    )
    assert "encrypt" in page.text.lower()


def test_versions_say_who_changed_what(scene, admin: Client, markup):
    """Number, person, origin and the difference; going back makes a version of its own."""
    admin.post("/response/rules/remove", {"name": "Everything"})
    text = markup(admin.get("/central/history").content.decode()).text
    assert "administrator" in text
    assert "Everything" in text
    page = markup(admin.post("/central/revert", {"version": "1"}).content.decode())
    assert "Everything" in page.text
    assert configuration.current_number() == 2
    admin.post("/central/revert", {"version": "1", "confirmed": "1"})
    assert configuration.current_number() == 3
    assert [one.name for one in configuration.current().configuration.rules] == ["Everything"]


@pytest.mark.parametrize("number", ["", "-1", "x", "99", "1" * 40])
def test_a_version_that_is_not_there(number, admin: Client):
    """Going back to nothing is refused in words."""
    assert admin.post("/central/revert", {"version": number}).status_code == 404


def test_an_appliance_that_is_not_there(admin: Client):
    """An unknown node is a page that says so."""
    assert admin.get("/central/appliances/elsewhere.example.com/statistics").status_code == 404


def test_status_is_what_the_roles_reported(scene, admin: Client, markup):
    """Behind the latest version: Config Changes Pending; by it: Up."""
    from tocsin.base.clock import now

    for role in ("web", "responder", "intake"):
        models.RoleState.objects.create(
            node=node_name(),
            role=role,
            instance="1",
            pid=1,
            started_at=now(),
            heartbeat_at=now(),
            applied_version=0,
            ready=True,
            failure="",
            detail="{}",
        )
    assert "Config Changes Pending" in markup(admin.get("/central").content.decode()).text
    models.RoleState.objects.update(applied_version=configuration.current_number())
    text = markup(admin.get("/central").content.decode()).text
    assert "Config Changes Pending" not in text
    assert "Up" in text


def test_a_one_time_password_is_shown_once(admin: Client, markup):
    """The answer to adding somebody holds it; no page does afterwards."""
    answer = admin.post("/people/add", {"name": "mia", "role": "analyst"})
    (secret,) = re.findall(r"(?:[a-z0-9]{4}-){4}[a-z0-9]{4}", answer.content.decode())
    assert Person.objects.get(name="mia").check_password(secret)
    assert secret not in admin.get("/people").content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_a_token_is_shown_once(admin: Client, markup):
    """The answer to adding one holds it and it carries the role; no page shows it again."""
    answer = admin.post("/tokens/add", {"name": "prometheus", "role": "analyst", "days": "30"})
    (secret,) = re.findall(r"tocsin_[\w-]{40,}", answer.content.decode())
    principal = access.principal_of_token(Secret(secret))
    assert principal is not None
    assert principal.role is Role.ANALYST
    assert secret not in admin.get("/people").content.decode()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/people/add", {"name": "", "role": "viewer"}),
        ("/people/add", {"name": "administrator", "role": "viewer"}),
        ("/people/add", {"name": "x" * 151, "role": "viewer"}),
        ("/people/add", {"name": "mia", "role": "king"}),
        ("/people/add", {"name": "mia\x00", "role": "viewer"}),
        ("/tokens/add", {"name": "a", "role": "viewer", "days": "0"}),
        ("/tokens/add", {"name": "a", "role": "viewer", "days": "many"}),
        ("/tokens/add", {"name": "a", "role": "king"}),
        ("/people/role", {"name": "administrator", "role": "viewer"}),
        ("/people/role", {"name": "nobody", "role": "viewer"}),
        ("/people/remove", {"name": "administrator"}),
    ],
)
def test_wrong_people_and_tokens_are_refused_in_words(path, values, admin: Client):
    """4xx, nobody added or changed, and somebody stays administrator."""
    before = sorted(Person.objects.values_list("name", "role"))
    assert 400 <= admin.post(path, values).status_code < 500
    assert sorted(Person.objects.values_list("name", "role")) == before
    assert not models.Token.objects.exists()
