"""Everything by keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from browsing import HOSTILE


def focused(page: Page) -> str:
    """What the element says that has the focus."""
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.name"))


def tab_to(page: Page, words: str, most: int = 80) -> None:
    """Press Tab until that has the focus, which must be seen where it is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page).strip() == words:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", words
            return
    raise AssertionError(f"Tab never came to {words}")


def test_sign_in_and_the_list_without_a_mouse(visitor, manager):
    """One-time password, new password, an alarm opened and acknowledged, all by keys."""
    manager.report({"type": "First", "severity": "minor"}, {"type": "Second", "severity": "major"})
    visit = visitor(manager.address)
    page = visit.go("/sign-in")
    page.keyboard.type("administrator")
    page.keyboard.press("Tab")
    page.keyboard.type(manager.one_time_password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/new-password")
    tab_to(page, "password")
    page.keyboard.type("a password of the journey")
    page.keyboard.press("Tab")
    page.keyboard.type("a password of the journey")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{manager.address}/")

    page.keyboard.press("j")
    assert focused(page) == "Second"
    page.keyboard.press("j")
    assert focused(page) == "First"
    page.keyboard.press("j")
    assert focused(page) == "First"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2").first).to_have_text("Second")
    tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("acknowledged")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_empty()


def test_keys_are_explained_and_stay_out_of_fields(inside):
    """`?` lists the keys, `/` goes to the search, and typing there is typing."""
    visit = inside()
    page = visit.go("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("data loss jk?")
    expect(page.get_by_role("searchbox", name="Search alarms")).to_have_value("data loss jk?")
    for _ in range(4):
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?text=data+loss")
    expect(page.locator("#rows tr")).to_have_count(1)


def test_the_content_can_be_reached_at_once(inside):
    """The first Tab offers to skip the frame, and Enter does it."""
    visit = inside()
    page = visit.go("/deliveries")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_hostile_text_runs_nothing(inside, stocked):
    """Markup in an alarm is text in the list, in its detail and in the page's title."""
    visit = inside()
    page = visit.go("/?category=&text=onerror")
    page.keyboard.press("j")
    assert focused(page) == HOSTILE
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2").first).to_have_text(HOSTILE)
    assert page.title() == f"{HOSTILE} · Tocsin"
    assert page.locator("#detail img, #list img").count() == 0
