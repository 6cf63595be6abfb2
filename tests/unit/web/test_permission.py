"""Who may see and do what: every path of the pages, asked by every role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern

from tocsin.domain.principal import Role
from tocsin.web import urls

RANK = {role: place for place, role in enumerate(Role)}

# Path as it stands in `urls`, method, form, and the least role that it does not refuse.
# `{…}` are the names of the scene.
TABLE: list[tuple[str, str, dict[str, str], Role]] = [
    ("new-password", "get", {}, Role.VIEWER),
    ("", "get", {}, Role.VIEWER),
    ("alarms/<str:id_>", "get", {}, Role.VIEWER),
    ("alarms/<str:id_>/acknowledge", "post", {}, Role.ANALYST),
    ("alarms/<str:id_>/close", "post", {}, Role.ANALYST),
    ("deliveries", "get", {}, Role.VIEWER),
    ("deliveries/<str:id_>", "get", {}, Role.VIEWER),
    ("deliveries/<str:id_>/retry", "post", {}, Role.RESPONDER),
    ("deliveries/<str:id_>/alarms", "get", {}, Role.VIEWER),
    ("deliveries/<str:id_>/hold", "post", {}, Role.RESPONDER),
    ("deliveries/<str:id_>/release", "post", {}, Role.RESPONDER),
    ("deliveries/<str:id_>/cancel", "post", {}, Role.RESPONDER),
    ("deliveries/handle", "post", {"what": "retry", "id": "{delivery}"}, Role.RESPONDER),
    ("relays", "get", {}, Role.VIEWER),
    ("relays/try", "post", {"name": "another"}, Role.RESPONDER),
    ("doctor/undo", "post", {"version": "1"}, Role.ADMINISTRATOR),
    ("doctor/release", "post", {}, Role.RESPONDER),
    ("doctor/<str:id_>/remedy/<int:place>", "get", {}, Role.RESPONDER),
    ("doctor/<str:id_>/remedy/<int:place>", "post", {}, Role.RESPONDER),
    ("explain", "get", {}, Role.VIEWER),
    ("explain", "post", {"text": "535 no"}, Role.VIEWER),
    ("messages/verify", "get", {}, Role.VIEWER),
    ("messages/verify", "post", {"text": "no message"}, Role.VIEWER),
    ("doctor", "get", {}, Role.VIEWER),
    ("doctor", "post", {"relay": "none such"}, Role.RESPONDER),
    ("doctor/<str:id_>", "get", {}, Role.VIEWER),
    ("doctor/<str:id_>/report.txt", "get", {}, Role.VIEWER),
    ("ses", "get", {}, Role.VIEWER),
    ("ses/look", "post", {}, Role.RESPONDER),
    ("arrival", "get", {}, Role.VIEWER),
    ("arrival", "post", {"to": "no address"}, Role.ADMINISTRATOR),
    ("arrival/probe", "post", {}, Role.RESPONDER),
    ("ses/setup", "get", {}, Role.ADMINISTRATOR),
    ("ses/setup", "post", {"region": "none"}, Role.ADMINISTRATOR),
    ("ses/setup/look", "get", {}, Role.ADMINISTRATOR),
    ("ses/setup/look", "post", {}, Role.ADMINISTRATOR),
    ("ses/setup/apply", "post", {}, Role.ADMINISTRATOR),
    ("ses/feedback", "get", {}, Role.VIEWER),
    ("ses/feedback/confirm", "post", {"id": "none such"}, Role.ADMINISTRATOR),
    ("ses/feedback/remove", "post", {"id": "none such"}, Role.ADMINISTRATOR),
    ("ses/feedback/look", "post", {}, Role.ADMINISTRATOR),
    ("ses/feedback/create", "post", {}, Role.ADMINISTRATOR),
    ("ses/feedback/clear", "post", {"address": "nobody@example.com"}, Role.RESPONDER),
    ("response/rules", "get", {}, Role.VIEWER),
    ("response/rules/edit", "get", {}, Role.RESPONDER),
    ("response/rules/edit", "post", {"name": "One more"}, Role.RESPONDER),
    ("response/rules/remove", "post", {"name": "Everything"}, Role.RESPONDER),
    ("response/actions", "get", {}, Role.VIEWER),
    ("response/actions/edit", "get", {}, Role.RESPONDER),
    ("response/actions/edit", "post", {"name": "B", "to": "b@example.com"}, Role.RESPONDER),
    ("response/actions/remove", "post", {"name": "Mail the SOC"}, Role.RESPONDER),
    ("response/actions/test", "post", {"name": "Mail the SOC"}, Role.RESPONDER),
    ("response/actions/preview", "get", {"name": "Mail the SOC"}, Role.VIEWER),
    ("response/actions/preview/html", "get", {"name": "Mail the SOC"}, Role.VIEWER),
    ("trust", "get", {}, Role.VIEWER),
    ("trust/watch", "get", {}, Role.VIEWER),
    ("trust/probe", "get", {}, Role.ADMINISTRATOR),
    ("trust/probe", "post", {"server": "no port"}, Role.ADMINISTRATOR),
    ("trust/ciphers", "get", {}, Role.VIEWER),
    ("trust/ciphers", "post", {"preset": "none such"}, Role.ADMINISTRATOR),
    ("trust/ciphers/restore", "post", {}, Role.ADMINISTRATOR),
    ("trust/watch/look", "post", {}, Role.ADMINISTRATOR),
    ("trust/add", "get", {}, Role.ADMINISTRATOR),
    ("trust/add", "post", {"pem": "none"}, Role.ADMINISTRATOR),
    ("trust/consider", "post", {"pem": "{pem}"}, Role.ADMINISTRATOR),
    ("trust/confirm", "post", {}, Role.ADMINISTRATOR),
    ("trust/remove", "get", {"name": "Example Root CA 1"}, Role.ADMINISTRATOR),
    ("trust/remove", "post", {"name": "Example Root CA 1"}, Role.ADMINISTRATOR),
    ("trust/export", "get", {}, Role.VIEWER),
    ("trust/collect", "get", {}, Role.ADMINISTRATOR),
    ("trust/collect", "post", {"server": "no port"}, Role.ADMINISTRATOR),
    ("central", "get", {}, Role.VIEWER),
    ("central/history", "get", {}, Role.VIEWER),
    ("central/revert", "post", {"version": "1"}, Role.ADMINISTRATOR),
    ("central/appliances/<str:node>/statistics", "get", {}, Role.VIEWER),
    ("central/appliances/<str:node>/general", "post", {"server": "x"}, Role.ADMINISTRATOR),
    ("people", "get", {}, Role.ADMINISTRATOR),
    ("people/add", "post", {"name": "one", "role": "viewer"}, Role.ADMINISTRATOR),
    ("people/role", "post", {"name": "somebody", "role": "viewer"}, Role.ADMINISTRATOR),
    ("people/password", "post", {"name": "somebody"}, Role.ADMINISTRATOR),
    ("people/remove", "post", {"name": "somebody"}, Role.ADMINISTRATOR),
    ("tokens/add", "post", {"name": "one", "role": "viewer"}, Role.ADMINISTRATOR),
    ("tokens/remove", "post", {"name": "a token"}, Role.ADMINISTRATOR),
    ("rehearsal", "get", {}, Role.VIEWER),
    ("rehearsal/training", "get", {}, Role.VIEWER),
    ("rehearsal/training", "post", {"mend": "1"}, Role.ADMINISTRATOR),
    ("rehearsal/<str:id_>", "get", {}, Role.VIEWER),
    ("rehearsal/<str:id_>/html", "get", {}, Role.VIEWER),
    ("rehearsal/<str:id_>/raw", "get", {}, Role.VIEWER),
]
# What is asked for before anybody has signed in, or is no secret.
OPEN = {"sign-in", "sign-out", "theme", "language"}
FORBIDDEN = 403
UNAVAILABLE = 503


def address(path: str, scene) -> str:
    """The path with the names of the scene."""
    id_ = scene.delivery if path.startswith("deliveries") else scene.alarm
    path = path.replace("<int:place>", "0")
    return "/" + path.replace("<str:id_>", id_).replace("<str:node>", scene.node)


def ask(client: Client, row, scene):
    """Ask for a row of the table."""
    path, method, form, _ = row
    return getattr(client, method)(address(path, scene), form)


def test_the_table_has_every_path():
    """A new page is not there before somebody has said who may see it."""
    there = {str(one.pattern) for one in urls.urlpatterns if isinstance(one, URLPattern)}
    assert there - OPEN == {path for path, *_ in TABLE}
    assert get_resolver("tocsin.urls").resolve("/deliveries").func.__name__ == "list_"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[1]} {row[0]}")
@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_exactly_below_the_least(
    row, role: Role, scene, signed_in: Callable[..., Client]
):
    """403 for every role below the least one, and for none from there on."""
    answer = ask(signed_in(role), row, scene)
    assert (answer.status_code == FORBIDDEN) == (RANK[role] < RANK[row[3]])
    assert answer.status_code < 500 or answer.status_code == UNAVAILABLE  # no responder runs


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[1]} {row[0]}")
def test_without_sign_in_everything_leads_to_the_form(row, scene, client: Client):
    """Nobody sees or changes anything without having signed in."""
    answer = ask(client, row, scene)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[1]} {row[0]}")
def test_what_is_refused_is_not_done(row, scene, signed_in: Callable[..., Client]):
    """After a refusal the store is what it was before."""
    from tocsin.engine import configuration
    from tocsin.store import models

    def state() -> object:
        return (
            configuration.current_number(),
            sorted(models.Person.objects.values_list("name", "role", "password")),
            sorted(models.Token.objects.values_list("name")),
            list(models.Delivery.objects.values_list("id", "state")),
            list(models.Alarm.objects.values_list("acknowledged_at", "closed_at")),
        )

    if row[3] is Role.VIEWER:
        return
    below = list(Role)[RANK[row[3]] - 1]
    client = signed_in(below)
    before = state()
    assert ask(client, row, scene).status_code == FORBIDDEN
    assert state() == before


@pytest.mark.parametrize(
    "path",
    [
        "",
        "alarms/<str:id_>",
        "deliveries",
        "deliveries/<str:id_>",
        "deliveries/<str:id_>/alarms",
        "relays",
        "ses/feedback",
        "response/rules",
        "response/actions",
        "trust",
        "central",
        "central/history",
        "central/appliances/<str:node>/statistics",
    ],
)
def test_a_viewer_is_shown_no_button_that_would_be_refused(
    path, scene, signed_in: Callable[..., Client], markup
):
    """No form that sends anything stands on a viewer's page but sign-out, theme and language."""
    page = markup(signed_in(Role.VIEWER).get(address(path, scene)).content.decode())
    sent = {one["action"] for one in page.all("form") if one.get("method", "").lower() == "post"}
    assert sent <= {"/sign-out", "/theme", "/language"}
    assert page.all("form")


def test_settings_are_shown_to_a_viewer_but_cannot_be_sent(scene, signed_in, markup):
    """Who may not change the configuration reads it in fields that are switched off."""
    path = "central/appliances/<str:node>/general"
    page = markup(signed_in(Role.VIEWER).get(address(path, scene)).content.decode())
    assert all("disabled" in one for one in page.all("fieldset"))
    assert "Apply Settings" not in page.text
    assert "relay.example.com" in [one.get("value") for one in page.all("input")]
