"""What every page shows around its own content."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest

from tocsin import __version__
from tocsin.base.home import node_name
from tocsin.domain.principal import Permission, Principal
from tocsin.engine import access, appliance, rehearsal
from tocsin.store.models import Person

THEMES = ("system", "light", "dark")
THEME_COOKIE = "tocsin_theme"


@dataclass(frozen=True, slots=True)
class May:
    """What the role allows, for templates: a button that would be refused is not shown."""

    work: bool
    test: bool
    change: bool
    administer: bool


def may(principal: Principal) -> May:
    """The permissions of somebody, by the names that templates use."""
    return May(
        work=principal.may(Permission.WORK_ALARMS),
        test=principal.may(Permission.TEST_ACTIONS),
        change=principal.may(Permission.CHANGE_RESPONSE),
        administer=principal.may(Permission.ADMINISTER),
    )


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame: the person, the light of the mail path, the theme."""
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    shown: dict[str, Any] = {
        "theme": theme if theme in THEMES else "system",
        "version": __version__,
        "node": node_name(),
    }
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or person.one_time or not person.is_active:
        return shown
    principal = access.person_principal(person, "page")
    shown |= {"principal": principal, "may": may(principal)}
    if getattr(request, "htmx", False):
        return shown  # only a part of the page is taken from the answer
    with suppress(DatabaseError):  # the page about the trouble must still be shown
        shown["light"] = appliance.relay_light(principal)
    return shown | {"rehearsing": rehearsal.facts() is not None}
