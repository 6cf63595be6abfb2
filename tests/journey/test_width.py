"""From a phone to a wall screen, without scripts, and on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browsing import INSIDE, PAGES, PHONE


def too_wide(page: Page) -> str:
    """What sticks out of the page to the right, if anything does."""
    return str(
        page.evaluate(
            """() => {
              const room = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= room) return "";
              const out = [...document.body.querySelectorAll("*")].filter(
                (one) => one.getBoundingClientRect().right > room + 1);
              return out.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join("\\n");
            }"""
        )
    )


def test_no_page_is_wider_than_the_screen(inside, ids):
    """Nothing has to be scrolled sideways, on any page at any usual width."""
    visit = inside()
    wide = {}
    for name, path in PAGES.items():
        page = visit.go(path.format(**ids))
        for width in (380, 768, 1024, 1280, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("innerWidth") == width
            if out := too_wide(page):
                wide[name, width] = out
    assert wide == {}


def test_on_a_phone_the_places_are_within_reach(inside, ids):
    """The bar of places stands at the lower edge, its targets large enough for a thumb."""
    visit = inside(viewport=PHONE, has_touch=True, is_mobile=True)
    page = visit.go("/")
    places = page.get_by_role("navigation", name="Places")
    box = places.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(PHONE["height"], abs=1)
    for link in places.get_by_role("link").all():
        target = link.bounding_box()
        if target is not None:
            assert target["height"] >= 40
    places.get_by_role("link", name="Deliveries").tap()
    page.get_by_role("link", name="Suspect Data Loss").first.tap()
    detail = page.locator("#detail article")
    expect(detail).to_be_in_viewport()
    assert too_wide(page) == ""
    page.go_back()
    expect(detail).to_have_count(0)


def test_reading_needs_no_scripts(inside, ids):
    """With scripts off every list, detail and filter is there, and links lead on."""
    visit = inside(java_script_enabled=False)
    page = visit.go("/")
    page.get_by_label("Severity at least").select_option("critical")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("link", name="Suspect Data Loss").click()
    expect(page.locator("#detail")).to_contain_text("7.2 GB in 40 minutes")
    visit.go("/deliveries")
    page.locator("#more").get_by_role("link").click()
    expect(page.locator("#rows tr")).to_have_count(13)
    for path in PAGES.values():
        visit.go(path.format(**ids))
        expect(page.get_by_role("main")).to_be_visible()


def test_on_paper_there_is_the_content_alone(inside, ids):
    """Printed, a page has neither rail nor search nor buttons, and is dark on white."""
    visit = inside(color_scheme="dark")
    page = visit.go(f"/deliveries/{ids['failed']}")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Places")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(page.locator("#detail")).to_be_visible()
    ink = page.evaluate("getComputedStyle(document.querySelector('#detail h2')).color")
    assert max(int(one) for one in ink[4:-1].split(",")[:3]) < 100


def test_a_mail_is_shown_as_its_reader_sees_it(inside):
    """The inbox renders a mail in a frame that can run nothing, with text, headers, raw form."""
    visit = inside()
    page = visit.go("/rehearsal")
    page.locator("#rows a.open").first.click()
    frame = page.frame_locator("#detail iframe")
    expect(frame.locator("body")).to_contain_text("The alarm has become active")
    sandbox = page.locator("#detail iframe").get_attribute("sandbox")
    assert sandbox == ""
    page.get_by_text("Headers").click()
    expect(page.locator("#detail")).to_contain_text("Message-ID")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    raw = download.value.path().read_bytes()
    assert b"\r\n\r\n" in raw
    assert b"Subject:" in raw


def test_a_preview_tells_a_real_alarm(inside, stocked):
    """Chosen from the list, the alarm's fields stand in the mail that would be sent."""
    visit = inside()
    page = visit.go("/response/actions")
    row = page.locator("tbody tr", has_text=INSIDE)
    row.get_by_role("link", name="Preview").click()
    page.get_by_label("For the alarm").select_option(label="Suspect Data Loss")
    page.get_by_role("button", name="Show").click()
    frame = page.frame_locator("iframe.mailframe")
    expect(frame.locator("body")).to_contain_text("workstation-77.example.com")
