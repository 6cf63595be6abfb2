"""Signing in: the form, the one-time password, where it leads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tocsin.domain.principal import Role
from tocsin.engine import access
from tocsin.store.models import Person

NEW = "three long words"


def sign_in(client: Client, name: str, password: str, **more: str):
    """Send the form."""
    return client.post("/sign-in", {"name": name, "password": password, **more})


def settled(name: str = "somebody") -> str:
    """A person with a password of their own; gives the password."""
    access.add_person(access.LOCAL, name, Role.VIEWER)
    person = Person.objects.get(name=name)
    person.set_password(NEW)
    person.one_time = False
    person.save()
    return NEW


def test_a_one_time_password_leads_to_choosing_one(client: Client):
    """Whatever page is asked for, a new password comes first; then the pages open."""
    secret = access.add_person(access.LOCAL, "somebody", Role.VIEWER)
    assert sign_in(client, "somebody", secret.reveal())["Location"] == "/new-password"
    assert client.get("/deliveries")["Location"] == "/new-password"
    answer = client.post("/new-password", {"password": NEW, "again": NEW})
    assert answer["Location"] == "/"
    assert client.get("/deliveries").status_code == 200
    assert sign_in(Client(), "somebody", secret.reveal()).status_code == 401


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"password": "short", "again": "short"}, "12"),
        ({"password": NEW, "again": "another one that"}, "not the same"),
        ({"password": "password1234", "again": "password1234"}, "common"),
        ({"password": "738461098237", "again": "738461098237"}, "numeric"),
    ],
)
def test_a_password_that_will_not_do_is_refused_in_words(form, words, client: Client, markup):
    """The reason stands at the field, and the one-time password stays in force."""
    secret = access.add_person(access.LOCAL, "somebody", Role.VIEWER)
    sign_in(client, "somebody", secret.reveal())
    answer = client.post("/new-password", form)
    assert answer.status_code == 400
    assert words in markup(answer.content.decode()).text
    assert client.get("/")["Location"] == "/new-password"


def test_the_one_time_password_cannot_be_kept(client: Client):
    """Typing it again as the new one is refused."""
    secret = access.add_person(access.LOCAL, "somebody", Role.VIEWER).reveal()
    sign_in(client, "somebody", secret)
    assert client.post("/new-password", {"password": secret, "again": secret}).status_code == 400


def test_a_wrong_password_says_no_more_than_that(client: Client, markup):
    """A wrong name and a wrong password look alike; the name is kept, the password is not."""
    settled()
    answers = [sign_in(client, "somebody", "wrong one"), sign_in(client, "nobody", "wrong one")]
    texts = [markup(one.content.decode()) for one in answers]
    assert [one.status_code for one in answers] == [401, 401]
    assert texts[0].text == texts[1].text
    values = [one.get("value", "") for one in texts[0].all("input")]
    assert "somebody" in values
    assert "wrong one" not in values


def test_to_change_a_password_one_must_know_it(admin: Client):
    """Someone at an open screen cannot take the account over."""
    assert admin.post("/new-password", {"present": "x", "password": NEW, "again": NEW}).status_code


def test_who_is_removed_is_out_at_once(client: Client):
    """A session ends with its person."""
    access.add_person(access.LOCAL, "another", Role.ADMINISTRATOR)
    sign_in(client, "somebody", settled())
    assert client.get("/").status_code == 200
    access.remove_person(access.LOCAL, "somebody")
    assert client.get("/").status_code == 302


def test_a_reset_password_ends_the_sessions(client: Client):
    """Resetting a password puts out whoever is signed in with the old one."""
    sign_in(client, "somebody", settled())
    access.reset_password(access.LOCAL, "somebody")
    assert client.get("/")["Location"].startswith("/sign-in")


def test_signing_out_ends_the_session(client: Client):
    """After signing out, the same cookie opens nothing."""
    sign_in(client, "somebody", settled())
    cookie = client.cookies["tocsin_session"].value
    client.post("/sign-out")
    client.cookies["tocsin_session"] = cookie
    assert client.get("/").status_code == 302


def test_one_comes_back_to_the_page_that_was_asked_for(client: Client):
    """A link that a colleague sent survives the sign-in, filters and all."""
    asked = client.get("/deliveries?state=failed")
    onward = asked["Location"]
    assert onward == "/sign-in?next=%2Fdeliveries%3Fstate%3Dfailed"
    answer = sign_in(client, "somebody", settled(), next="/deliveries?state=failed")
    assert answer["Location"] == "/deliveries?state=failed"


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "",
    ],
)
def test_the_way_on_stays_on_these_pages(onward, client: Client):
    """A link cannot send whoever signs in to another site."""
    assert sign_in(client, "somebody", settled(), next=onward)["Location"] == "/"
    assert client.post("/theme", {"theme": "dark", "next": onward})["Location"] == "/"


def test_a_part_of_a_page_is_not_replaced_by_the_form(client: Client):
    """When the session ends while a list polls, the whole page goes to the form."""
    answer = client.get("/deliveries", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/sign-in")


def test_cookies_are_for_us_alone(client: Client):
    """The session's cookie goes over TLS only, is out of reach of scripts and other sites."""
    cookie = sign_in(client, "somebody", settled()).cookies["tocsin_session"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_is_remembered(theme, signed_in: Callable[..., Client], markup):
    """The choice comes back with each page, and none but the three is taken."""
    client = signed_in(Role.VIEWER)
    client.post("/theme", {"theme": theme})
    client.post("/theme", {"theme": "<b>"})
    (html,) = markup(client.get("/").content.decode()).all("html")
    assert html.get("data-theme", "system") == theme


def test_guessing_is_slowed_down(client: Client):
    """After some failures the form asks to wait, before it looks at the password."""
    password = settled()
    for _ in range(5):
        assert sign_in(client, "somebody", "wrong").status_code == 401
    answer = sign_in(client, "somebody", password)
    assert answer.status_code == 429
    assert "try again in" in answer.content.decode()
