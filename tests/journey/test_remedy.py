"""From a red walk to a green one and back, with the mouse alone."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browsing import DESK, PHONE
from manager import document_of


def fingerprint_of(page: Page) -> str:
    """The SHA-256 that the page shows."""
    row = page.locator("dt", has_text="SHA-256").locator("xpath=following-sibling::dd[1]")
    return re.sub(r"[\s:]", "", row.inner_text()).lower()


def is_fit_for_everybody(page: Page) -> bool:
    """No serious finding of axe-core, and nothing wider than a phone."""
    violations = Axe().run(page).response["violations"]
    page.set_viewport_size(PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.set_viewport_size(DESK)
    return not wide and not [one for one in violations if one["impact"] in {"serious", "critical"}]


def test_a_certificate_is_trusted_from_the_finding_and_the_trust_is_undone(visitor, manager):
    """Red, the offer, the fingerprint ticked, green by itself, Undo, red by itself."""
    relay = manager.program.rehearse("--fault", "untrusted-issuer")
    manager.program.apply(document_of(relay))
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.go("/doctor")
    page.get_by_role("main").get_by_role("button", name="Walk").first.click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("tls.untrusted-issuer")

    main.get_by_role("link", name="Trust this certificate").click()
    expect(main).to_contain_text("The relay would verify")
    assert len(fingerprint_of(page)) == 64
    assert is_fit_for_everybody(page)
    confirm = main.get_by_role("button", name="Trust this certificate")
    confirm.click()  # the tick is missing: the browser does not send it
    assert len(manager.program.json("trust", "list")) == 1
    page.get_by_label("The fingerprint is the one that I was told").check()
    confirm.click()

    expect(main).to_contain_text("Every step is as it should be")
    expect(main).to_contain_text("added the anchor")
    assert is_fit_for_everybody(page)
    trusted = manager.program.json("trust", "list")
    assert len(trusted) == 2
    main.get_by_role("button", name="Undo", exact=True).click()
    expect(main).to_contain_text("tls.untrusted-issuer")
    expect(main).not_to_contain_text("Every step is as it should be")
    assert len(manager.program.json("trust", "list")) == 1

    history = visit.go("/central/history").get_by_role("main")
    expect(history).to_contain_text("Doctor: added the anchor")
    expect(history).to_contain_text("Doctor, undone: added the anchor")
