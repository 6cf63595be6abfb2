"""The first evening: sign in with the one-time password, see the first alarm, work on it."""

from __future__ import annotations

from playwright.sync_api import expect

from browsing import PASSWORD

ALARM = {
    "type": "Suspect Data Loss",
    "severity": "critical",
    "source_host": {"ip": "192.0.2.77"},
    "details": "7 GB to a host never seen before",
}


def test_from_the_one_time_password_to_the_first_alarm(visitor, manager):
    """Password changed, page teaches, alarm appears by itself, is opened, told why, closed."""
    visit = visitor(manager.address)
    page = visit.page
    visit.settle(manager.one_time_password)
    assert not (manager.program.home / "first-password").exists()
    expect(page.get_by_text("No alarm yet")).to_be_visible()

    manager.report(ALARM)
    page.get_by_role("link", name="Suspect Data Loss").click()
    expect(page).to_have_url(f"{manager.address}/alarms/{_only_id(manager)}")
    detail = page.locator("#detail")
    expect(detail).to_contain_text("7 GB to a host never seen before")
    expect(detail).to_contain_text("There was no rule to ask.")
    assert page.title() == "Suspect Data Loss · Tocsin"

    detail.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("acknowledged")
    page.get_by_role("button", name="Close the alarm").click()
    expect(page.get_by_role("status")).to_contain_text("closed")
    expect(page.locator("#detail")).to_contain_text("by administrator")

    page.get_by_text("administrator", exact=True).first.click()
    page.get_by_role("button", name="Sign out").click()
    visit.sign_in("administrator", PASSWORD)
    expect(page.get_by_role("heading", name="Alarms")).to_be_visible()


def _only_id(manager) -> str:
    (alarm,) = manager.program.json("alarm", "list")
    return str(alarm["id"])


def test_a_colleague_is_let_in(visitor, manager):
    """The one-time password that the page shows opens the pages that the role grants."""
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.go("/people")
    form = page.locator("form[action='/people/add']")
    form.get_by_label("Name").fill("mia")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_role("button", name="Add").click()
    one_time = page.locator(".copyable code").inner_text()

    other = visitor(manager.address)
    other.sign_in("mia", one_time)
    other.page.get_by_label("New password", exact=True).fill(PASSWORD)
    other.page.get_by_label("Once more").fill(PASSWORD)
    other.page.get_by_role("button", name="Set the password").click()
    expect(other.page.get_by_role("heading", name="Alarms")).to_be_visible()
    other.go("/people", status=403)
    expect(other.page.get_by_role("main")).to_contain_text("mia has the role viewer")
    expect(other.page.get_by_role("button", name="Add")).to_have_count(0)


def test_theme_and_language_are_remembered(visitor, manager):
    """Dark and Chinese stay, on every page, until they are switched back."""
    visit = visitor(manager.address, color_scheme="light")
    visit.settle(manager.one_time_password)
    page = visit.page
    light = _ground(page)
    page.get_by_text("administrator", exact=True).first.click()
    page.get_by_role("button", name="Dark").click()
    dark = _ground(page)
    assert dark != light
    page.get_by_text("administrator", exact=True).first.click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    visit.go("/deliveries")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert _ground(page) == dark


def _ground(page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
