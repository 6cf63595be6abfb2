"""Nobody is shut out: axe-core finds nothing serious on any page, in either theme."""

from __future__ import annotations

import pytest

from barriers import findings
from browsing import PAGES


@pytest.mark.parametrize("width", [1440, 380])
def test_no_page_has_a_serious_finding(width, inside, ids):
    """Every page of a stocked manager, in both themes, on a desk and on a phone."""
    visit = inside(viewport={"width": width, "height": 900})
    found = {}
    for name, path in PAGES.items():
        if wrong := findings(visit.go(path.format(**ids))):
            found[name] = wrong
    visit.go("/no-such-page", status=404)
    if wrong := findings(visit.page):
        found["not there"] = wrong
    assert found == {}


def test_the_first_pages_have_none_either(visitor, manager):
    """Signing in, a wrong password, choosing one, and every page while it is empty."""
    visit = visitor(manager.address)
    found = {}

    def look(name: str) -> None:
        if wrong := findings(visit.page):
            found[name] = wrong

    visit.go("/sign-in")
    look("sign in")
    visit.sign_in("administrator", "wrong")
    look("refused")
    visit.sign_in("administrator", manager.one_time_password)
    look("new password")
    visit.page.get_by_label("New password", exact=True).fill("short")
    visit.page.get_by_label("Once more").fill("other")
    visit.page.get_by_role("button", name="Set the password").click()
    look("new password refused")
    visit.choose_password()
    for path in ("/", "/deliveries", "/response/rules", "/response/actions", "/trust", "/central"):
        visit.go(path)
        look(path)
    assert found == {}
