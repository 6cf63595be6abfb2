"""Lists that live: what is new waits, nothing moves under the finger."""

from __future__ import annotations

from playwright.sync_api import expect


def test_new_alarms_wait_behind_a_button(visitor, manager):
    """While the list is looked at, rows stay where they are; the button brings the new ones."""
    manager.report(*({"type": f"before {place}", "severity": "minor"} for place in range(5)))
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.page
    expect(page.locator("#rows tr")).to_have_count(5)
    first = page.locator("#rows tr").first
    before = first.bounding_box()
    manager.report(*({"type": f"after {place}", "severity": "major"} for place in range(12)))
    button = page.get_by_role("button", name="12")
    expect(button).to_be_visible(timeout=20_000)
    assert first.bounding_box() == before
    expect(first).to_contain_text("before 4")
    button.click()
    expect(page.locator("#rows tr")).to_have_count(17)
    expect(page.locator("#rows tr").first).to_contain_text("after 11")
    page.locator("#rows a.open").first.click()
    expect(page.locator("#detail h2").first).to_have_text("after 11")


def test_rows_that_are_there_are_renewed_in_place(visitor, manager):
    """A report that counts and an alarm that ends show without a reload."""
    manager.report({"type": "Once", "severity": "minor", "dedup_key": "one"})
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.page
    manager.report({"type": "Once", "severity": "minor", "dedup_key": "one"})
    expect(page.locator("#rows tr").first.locator(".number")).to_have_text("2", timeout=20_000)
    manager.report({"type": "Once", "severity": "minor", "dedup_key": "one", "state": "inactive"})
    expect(page.locator("#rows tr").first).to_contain_text("inactive", timeout=20_000)


def test_a_quiet_list_costs_almost_nothing(visitor, manager):
    """Polls of a list where nothing happens are answered 304, without a body."""
    manager.report({"type": "Once", "severity": "minor"})
    visit = visitor(manager.address)
    page = visit.page
    page.clock.install()
    visit.settle(manager.one_time_password)
    answers = []
    for _ in range(5):
        with page.expect_response(f"{manager.address}/") as polled:
            page.clock.run_for(4_100)
        answers.append(polled.value.status)
    assert answers[-3:] == [304, 304, 304]


def test_filters_keep_their_place_in_the_address(visitor, manager):
    """Choosing a filter changes list and address without a reload; going back undoes it."""
    manager.report({"type": "Mild", "severity": "minor"}, {"type": "Grave", "severity": "critical"})
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.page
    page.evaluate("window.stays = true")
    page.get_by_label("Severity at least").select_option("major")
    expect(page).to_have_url(f"{manager.address}/?severity=major")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert page.evaluate("window.stays") is True
    page.go_back()
    expect(page).to_have_url(f"{manager.address}/")
    expect(page.locator("#rows tr")).to_have_count(2)
