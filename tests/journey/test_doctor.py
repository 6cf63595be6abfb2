"""The doctor in the browser: from a broken relay to the cause, with the report for a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from barriers import findings
from browsing import Manager, Visit
from manager import Program, document_of

STATIONS = ("Name", "Connection", "Greeting", "Encryption", "Certificate", "Sign-in")


def path_of(page: Page) -> dict[str, str]:
    """The stations on the page, and how far each is."""
    return {
        one.locator("span").first.inner_text().split(":")[0].strip(): one.get_attribute("class")
        or ""
        for one in page.locator("ol.path li").all()
    }


def finish(page: Page) -> None:
    """Until the walk is over, as the page says by itself."""
    expect(page.locator("#walk .status.busy")).to_have_count(0, timeout=90_000)
    expect(page.locator("#report")).to_be_visible()


@dataclass(frozen=True)
class Broken:
    """A manager whose relay is trusted and refuses its password, and who is signed in to it."""

    manager: Manager
    relay: dict[str, Any]
    cookies: list[Any]

    def visit(self, visitor: Any, **options: Any) -> Visit:
        """A browser in which the administrator has signed in."""
        one: Visit = visitor(self.manager.address, **options)
        one.context.add_cookies(self.cookies)
        return one


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Broken]:
    """One for all of these journeys."""
    program = Program(tmp_path_factory.mktemp("broken"))
    try:
        relay = program.rehearse("--no-signatures", "--fault", "wrong-password")
        program.apply(document_of(relay))
        manager = Manager(program, program.up())
        manager.wait_applied()
        visit = Visit(browser.new_context(), manager.address)
        visit.settle(manager.one_time_password)
        cookies = list(visit.context.cookies())
        visit.context.close()
        yield Broken(manager, relay, cookies)
    finally:
        program.stop()


def test_from_a_broken_relay_to_its_cause(broken, visitor):
    """Live, by itself; green up to the fault; cause and fix stand open; the report is copied."""
    visit = broken.visit(visitor)
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.go("/")
    page.locator(".light").click()
    page.get_by_role("link", name="Doctor", exact=True).click()
    page.get_by_role("button", name="Walk the path").click()
    page.evaluate("window.stays = true")
    address = page.url
    assert "/doctor/" in address
    finish(page)
    assert page.evaluate("window.stays") is True
    stations = path_of(page)
    assert [stations[one] for one in STATIONS] == [*["passed"] * 5, "failed"]
    assert stations["Accepted"] == "waiting"
    failure = page.locator("#walk .failure").first
    expect(failure.locator(".code code")).to_have_text("auth.rejected")
    expect(failure.locator("ol li").first).to_be_visible()
    expect(page.locator("#walk tbody")).to_contain_text("535")
    copy_it(page, broken.relay)
    for width in (1440, 380):
        page.set_viewport_size({"width": width, "height": 900})
        visit.go(address.removeprefix(visit.address))
        assert findings(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    visit.go("/doctor")
    expect(page.locator("tbody tr").first).to_contain_text("auth.rejected")


def copy_it(page: Page, relay: dict[str, Any]) -> None:
    """The button puts the report on the clipboard; it is the file's text, without a secret."""
    page.locator("#report").get_by_role("button", name="Copy").click()
    expect(page.locator("#report").get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as text").click()
    text = Path(download.value.path()).read_text()
    assert copied.split() == text.split()
    assert "auth.rejected" in text
    assert Path(relay["password_file"]).read_text().strip() not in page.content() + text


def test_a_failed_test_leads_to_the_doctor_who_says_the_same(broken, visitor):
    """The button of the failure begins a walk to that relay, whose root cause is that failure."""
    page = broken.visit(visitor).go("/response/actions")
    page.get_by_role("button", name="Test Action").click()
    told = page.locator("#tested .failure").first
    expect(told.locator(".code code")).to_have_text("auth.rejected", timeout=60_000)
    words = told.locator("p").first.inner_text()
    told.get_by_role("button", name="Ask the doctor").click()
    page.wait_for_url("**/doctor/*")
    finish(page)
    said = page.locator("#walk .failure").first
    expect(said.locator(".code code")).to_have_text("auth.rejected")
    assert said.locator("p").first.inner_text() == words
    page.get_by_role("button", name="Walk again").click()
    page.wait_for_url("**/doctor/*")
    finish(page)


def test_without_scripts_the_page_is_renewed_by_a_link(broken, visitor):
    """Reading and asking need no script."""
    page = broken.visit(visitor, java_script_enabled=False).go("/doctor")
    page.get_by_role("button", name="Walk the path").click()
    while page.get_by_role("link", name="Refresh").count():
        page.get_by_role("link", name="Refresh").click()
    expect(page.locator("#walk .failure .code code").first).to_have_text("auth.rejected")
