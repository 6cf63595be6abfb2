"""The buttons of what Tocsin itself can do about a walk's findings."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tocsin.domain.principal import Principal
from tocsin.engine import remedy
from tocsin.engine.doctorrun import Run


@dataclass(frozen=True, slots=True)
class Offered:
    """A button, and the page that shows what it would do."""

    label: str
    href: str


def offered(principal: Principal, run: Run) -> dict[str, tuple[Offered, ...]]:
    """What this person may have done about each code; nothing that would do nothing now."""
    found: dict[str, tuple[Offered, ...]] = {}
    for one in remedy.offers(principal, run.id) if run.remedies else ():
        if one.permitted:
            button = Offered(_(one.label), f"/doctor/{run.id}/remedy/{one.index}")
            found[one.code] = (*found.get(one.code, ()), button)
    return found
