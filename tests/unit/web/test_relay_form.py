"""SMTP Configuration: what is folded away, and relays after the first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tocsin.base.home import node_name
from tocsin.base.secret import Secret
from tocsin.central.relay import FIELDS
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration

GENERAL = f"/central/appliances/{node_name()}/general"
PASSWORD = "correct horse battery"
SMTP = {
    "server": "relay.example.com",
    "port": "587",
    "from": "tocsin@example.com",
    "user": "",
    "password": "",
    "encryption": "starttls",
}
BACKUP = {
    **SMTP,
    "name": "Backup / 2",
    "server": "backup.example.com",
    "from": "",
    "user": "backup",
    "password": PASSWORD,
}
ADVANCED = {
    "sign_in": "login",
    "max_send_rate": "0.5",
    "max_24_hour_send": "200",
    "max_connections": "3",
    "max_messages_per_connection": "100",
    "max_recipients": "10",
    "window": "8",
    "idle_s": "5",
    "timeout_s": "60",
}


def at(name: str) -> str:
    """The form of a further relay."""
    return f"{GENERAL}?relay={quote(name, safe='')}"


def hidden(page) -> dict[str, str]:
    """The fields of a confirmation as they stand on its page."""
    return {
        one["name"]: one.get("value", "")
        for one in page.all("input")
        if one.get("type") == "hidden" and one.get("name") not in {"csrfmiddlewaretoken", "next"}
    }


def confirmed(client: Client, path: str, values: dict[str, Any], markup):
    """Send the form, then its confirmation."""
    answer = client.post(path, values)
    assert answer.status_code == 200, answer.content.decode()
    return client.post(path, {**hidden(markup(answer.content.decode())), "confirmed": "1"})


def in_force():
    """The configuration in force."""
    return configuration.current().configuration


@pytest.fixture
def first() -> None:
    """A manager with its first relay."""
    relay = {name: value for name, value in SMTP.items() if value}
    configuration.change(access.LOCAL, {"smtp": relay})


def test_what_is_folded_away_has_every_field(admin: Client, markup):
    """All settings of a relay stand on the page; the rare ones closed, and empty."""
    page = markup(admin.get(GENERAL).content.decode())
    named = {one.get("name") for one in [*page.all("input"), *page.all("select")]}
    assert {*FIELDS} - {"password_file"} <= named
    (fold,) = [one for one in page.all("details") if one.get("class") == "fold"]
    assert "open" not in fold
    values = {one.get("name"): one.get("value") for one in page.all("input")}
    assert {values[name] for name in ADVANCED if name != "sign_in"} == {""}


def test_what_is_folded_away_is_applied_and_kept(admin: Client, markup):
    """Each setting takes effect, stays with the next change, and goes when it is emptied."""
    confirmed(admin, GENERAL, {**SMTP, **ADVANCED}, markup)
    smtp = in_force().smtp
    assert smtp is not None
    assert {name: str(getattr(smtp, name)) for name in ADVANCED} == ADVANCED
    page = markup(admin.get(GENERAL).content.decode())
    values = {one.get("name"): one.get("value") for one in page.all("input")}
    assert {name: values[name] for name in ADVANCED if name != "sign_in"} == {
        name: value for name, value in ADVANCED.items() if name != "sign_in"
    }
    shown = markup(admin.post(GENERAL, {**SMTP, **ADVANCED, "window": ""}).content.decode())
    assert "smtp.window" in shown.text
    assert "smtp.max_send_rate" not in shown.text
    confirmed(admin, GENERAL, SMTP, markup)
    assert configuration.show_document(access.LOCAL)["smtp"] == {
        "server": "relay.example.com",
        "port": 587,
        "encryption": "starttls",
        "from": "tocsin@example.com",
    }


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("sign_in", "cram-md5", "'cram-md5' is not accepted."),
        ("max_send_rate", "0", "Is less than 0.001. Accepted: 0.001 to 1000000."),
        ("max_send_rate", "fast", "Is no number. Accepted: 0.001 to 1000000."),
        ("max_24_hour_send", "-1", "Is less than 1. Accepted: 1 to 1000000000."),
        ("max_connections", "101", "Is more than 100. Accepted: 1 to 100."),
        ("max_messages_per_connection", "0", "Is less than 1. Accepted: 1 to 1000000."),
        ("max_recipients", "1001", "Is more than 1000. Accepted: 1 to 1000."),
        ("window", "1.5", "Is no whole number. Accepted: 1 to 1000."),
        ("idle_s", "x", "Is no whole number. Accepted: 1 to 300."),
        ("timeout_s", "4", "Is less than 5. Accepted: 5 to 600."),
    ],
)
def test_a_wrong_value_opens_what_is_folded(name, value, words, admin: Client, markup):
    """The field says what is wrong, its section is open, what was typed is there."""
    answer = admin.post(GENERAL, {**SMTP, name: value})
    assert answer.status_code == 422
    page = markup(answer.content.decode())
    assert words in page.text
    (fold,) = [one for one in page.all("details") if one.get("class") == "fold"]
    assert "open" in fold
    if name != "sign_in":
        assert value in {one.get("value") for one in page.all("input") if one["name"] == name}
    assert configuration.current_number() == 0


def test_a_relay_is_added_shown_and_used(first, admin: Client, markup):
    """Its effect is shown before; its password is in no page, before or after."""
    answer = admin.post(at(""), BACKUP)
    page = markup(answer.content.decode())
    assert configuration.current_number() == 1
    for words in ("relays Backup / 2.server", "backup.example.com", "relays Backup / 2.password"):
        assert words in page.text
    pages = [answer.content.decode()]
    answer = admin.post(at(""), {**hidden(page), "confirmed": "1"})
    assert answer["Location"] == "/central?applied=2"
    (relay,) = in_force().relays
    assert (relay.name, relay.server, relay.port) == ("Backup / 2", "backup.example.com", 587)
    assert (relay.sender, relay.after_s) == (None, 300)
    assert relay.password == Secret(PASSWORD)
    assert in_force().smtp.server == "relay.example.com"
    pages += [one.content.decode() for one in (admin.get(GENERAL), admin.get(at("Backup / 2")))]
    assert not any(PASSWORD in one for one in pages)
    assert "backup.example.com:587" in markup(pages[1]).text
    assert "Set " in markup(pages[2]).text


def test_a_relay_is_changed_and_keeps_its_password(first, admin: Client, markup):
    """With a new port, with a new name, and in its place among the others."""
    confirmed(admin, at(""), BACKUP, markup)
    confirmed(admin, at(""), {**BACKUP, "name": "Last", "user": "", "password": ""}, markup)
    confirmed(admin, at("Backup / 2"), {**BACKUP, "port": "2587", "password": ""}, markup)
    changed = {**BACKUP, "name": "Spare", "after_s": "60", "password": ""}
    confirmed(admin, at("Backup / 2"), changed, markup)
    spare, last = in_force().relays
    assert (spare.name, spare.after_s, spare.port) == ("Spare", 60, 587)
    assert spare.password == Secret(PASSWORD)
    assert (last.name, last.password) == ("Last", None)
    confirmed(admin, at("Spare"), {**changed, "user": "", "drop": "1"}, markup)
    assert in_force().relays[0].password is None


def test_a_relay_is_removed(first, admin: Client, markup):
    """From the list, with its password; the page offers it to whoever may."""
    confirmed(admin, at(""), BACKUP, markup)
    page = markup(admin.get(GENERAL).content.decode())
    wanted = f"?removed={quote('Backup / 2', safe='')}"
    assert wanted in {one.get("action") for one in page.all("form")}
    answer = admin.post(f"{GENERAL}{wanted}", {"name": "Backup / 2"})
    assert answer["Location"] == "/central?applied=3"
    assert in_force().relays == ()
    assert in_force().smtp is not None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "Is missing."),
        ({"name": " "}, "Is missing."),
        ({"name": "smtp"}, "'smtp' is the name of the first relay."),
        ({"name": "a\tb"}, "A name has 1 to 100 printable characters"),
        ({"server": ""}, "Is missing."),
        ({"server": "smtps://backup.example.com"}, "is a URL"),
        ({"port": "0"}, "Is less than 1. Accepted: 1 to 65535."),
        ({"from": "nobody"}, "has no name and domain"),
        ({"after_s": "86401"}, "Is more than 86400. Accepted: 0 to 86400."),
        ({"password": ""}, "The user name needs a password."),
        ({"password": "a\nb"}, "more than one line"),
        ({"user": ""}, "Is missing: a password is given."),
        ({"encryption": "none"}, "'none' would send the password in the clear."),
        ({"encryption": "ssl"}, "'ssl' is not accepted."),
    ],
)
def test_a_wrong_relay_is_told_at_its_field(first, changed, words, admin: Client, markup):
    """422 with words at the field, nothing beside them, nothing changed, no password repeated."""
    answer = admin.post(at(""), {**BACKUP, **changed})
    page = markup(answer.content.decode())
    assert answer.status_code == 422
    assert words in page.text
    assert "relays[" not in page.text
    assert PASSWORD not in answer.content.decode()
    assert configuration.current_number() == 1


def test_two_relays_of_one_name(first, admin: Client, markup):
    """Told at the name of the one that was typed."""
    confirmed(admin, at(""), BACKUP, markup)
    answer = admin.post(at(""), {**BACKUP, "name": "backup / 2"})
    assert answer.status_code == 422
    assert "is the name of relays[0] too" in markup(answer.content.decode()).text
    assert len(in_force().relays) == 1


def test_the_first_relay_comes_first(admin: Client, markup):
    """Without one none is offered, and none is taken."""
    page = markup(admin.get(GENERAL).content.decode())
    assert "?relay=" not in {one.get("href") for one in page.all("a")}
    answer = admin.post(at(""), BACKUP)
    assert answer.status_code == 422
    assert "relays stand after it" in markup(answer.content.decode()).text


@pytest.mark.parametrize("name", ["Nowhere", "\x00", "x" * 5_000])
def test_a_relay_that_is_not_there(name, first, admin: Client):
    """Looked at, changed or removed: 404, and nothing happened."""
    asked = quote(name, safe="")
    assert admin.get(f"{GENERAL}?relay={asked}").status_code == 404
    assert admin.post(f"{GENERAL}?relay={asked}", BACKUP).status_code == 404
    assert admin.post(f"{GENERAL}?removed={asked}", {}).status_code == 404
    assert configuration.current_number() == 1


def test_somebody_else_removed_it_meanwhile(first, admin: Client, markup):
    """A confirmation is for the version that it was shown for."""
    confirmed(admin, at(""), BACKUP, markup)
    page = markup(admin.post(at("Backup / 2"), {**BACKUP, "port": "25"}).content.decode())
    configuration.change(access.LOCAL, {"ciphers": {"preset": "tls13"}})
    answer = admin.post(at("Backup / 2"), {**hidden(page), "confirmed": "1"})
    assert answer.status_code in {409, 422}
    assert in_force().relays[0].port == 587


def test_a_sealed_password_is_for_the_relay_it_was_typed_for(first, admin: Client, markup):
    """What one form's confirmation carries opens in no other form."""
    confirmed(admin, at(""), BACKUP, markup)
    page = markup(admin.post(at("Backup / 2"), {**BACKUP, "port": "25"}).content.decode())
    sent = {**hidden(page), "confirmed": "1"}
    assert admin.post(at(""), sent).status_code == 409
    assert admin.post(GENERAL, sent).status_code == 409
    assert configuration.current_number() == 2


def test_who_may_not_change_it_sees_it(first, admin: Client, signed_in, markup):
    """The list and the settings, without a button; sending them anyway is refused."""
    confirmed(admin, at(""), BACKUP, markup)
    viewer = signed_in(Role.VIEWER)
    for path in (GENERAL, at("Backup / 2")):
        text = viewer.get(path).content.decode()
        assert "backup.example.com" in text
        assert "Apply Settings" not in markup(text).text
        assert "removed=" not in text
    assert viewer.post(at(""), BACKUP).status_code == 403
    assert viewer.post(f"{GENERAL}?removed={quote('Backup / 2', safe='')}").status_code == 403
    assert configuration.current_number() == 2
