"""Deliveries and relays in the browser: chosen, held, let go; paused, tried, mended."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from manager import document_of, wait_until


@pytest.fixture
def waiting(manager, visitor):
    """A manager whose relay refuses the password, with three deliveries that wait."""
    relay = manager.program.rehearse("--no-signatures", "--fault", "wrong-password")
    # The manager's own alarm about the pause is told by no rule here.
    rule = {"name": "Ours", "when": {"category": "Recon"}, "active": ["Mail the SOC"]}
    manager.program.apply(document_of(relay, rules=[rule]))
    manager.wait_applied()
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    manager.report(*({"type": f"Waits {place}", "category": "Recon"} for place in range(3)))
    wait_until(lambda: "red" in str(_light(visit)), "the pause")
    return visit


def _light(visit) -> str | None:
    return visit.go("/").locator(".light").get_attribute("class")


def test_several_are_held_and_let_go(waiting):
    """Chosen by hand, then all by the link; the buttons come with the choice."""
    page = waiting.go("/deliveries")
    hold = page.get_by_role("button", name="Hold")
    expect(hold).to_be_hidden()
    page.locator("#rows input").first.check()
    page.locator("#rows input").nth(1).check()
    hold.click()
    expect(page.get_by_role("status")).to_contain_text("2 deliveries are held")
    expect(page.locator("#rows .state.held")).to_have_count(2)
    expect(page.locator("#rows")).to_contain_text("held by administrator")
    page.get_by_role("link", name="all", exact=True).click()
    expect(page.locator("#rows input:checked")).to_have_count(3)
    page.get_by_role("button", name="Release").click()
    # The third was not held: that is said, and the others are let go.
    expect(page.get_by_role("alert")).to_contain_text("1 delivery")
    page.get_by_role("link", name="Back to the deliveries").click()
    expect(page.locator("#rows .state.held")).to_have_count(0)


def test_giving_up_asks_first_and_works_without_scripts(waiting, visitor):
    """A choice, a question, and nobody gets them any more."""
    visit = visitor(waiting.address, java_script_enabled=False)
    visit.context.add_cookies(waiting.context.cookies())
    page = visit.go("/deliveries")
    page.get_by_role("link", name="all", exact=True).click()
    page.locator("#several summary").click()
    page.get_by_role("button", name="Cancel the deliveries").click()
    expect(page.get_by_role("status")).to_contain_text("3 deliveries are cancelled")
    expect(page.locator("#rows .state.cancelled")).to_have_count(3)


def test_a_paused_relay_is_seen_and_tried(waiting):
    """The light leads to the relay: since when, why, when next; the button ends the wait."""
    page = waiting.go("/")
    page.locator(".light").click()
    expect(page).to_have_url(f"{waiting.address}/relays")
    relay = page.get_by_role("region", name="smtp")
    expect(relay.locator(".failure .code code")).to_have_text("auth.rejected")
    expect(relay).to_contain_text("paused since")
    expect(relay).to_contain_text("As observed")
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("status")).to_contain_text("smtp is looked at again now")


def test_the_day_is_drawn_with_words_beside_it(inside):
    """Bars with a sentence for who cannot see them, a legend, and a table."""
    page = inside().go("/deliveries")
    drawing = page.get_by_role("img", name="Deliveries of the last 24 hours")
    expect(drawing).to_be_visible()
    plot = page.locator("figure.plot")
    expect(plot.locator("figcaption")).to_contain_text("Delivered 62")
    plot.get_by_text("As a table").click()
    expect(plot.get_by_role("columnheader", name="Delivered")).to_be_visible()


def test_a_template_is_seen_on_a_real_alarm_before_it_is_saved(inside):
    """What is typed makes the mail in the frame; a mistake is told at its field."""
    visit = inside()
    page = visit.go("/response/actions/edit")
    page.get_by_label("Subject").fill("{{ alarm.severity }}: {{ alarm.type }}")
    page.get_by_label("Body").fill("Look at {{ alarm.source_host.name }}")
    page.get_by_label("For the alarm").select_option(label="Suspect Data Loss")
    page.get_by_role("button", name="Show the preview").click()
    expect(page.locator("#preview h2").nth(1)).to_have_text("critical: Suspect Data Loss")
    frame = page.frame_locator("iframe.mailframe")
    expect(frame.locator("body")).to_contain_text("Look at workstation-77.example.com")
    page.get_by_label("Body").fill("{{ alarm.nonsense }}")
    page.get_by_role("button", name="Show the preview").click()
    expect(page.locator(".field.wrong")).to_contain_text("nonsense")
    expect(page.locator("iframe")).to_have_count(0)
