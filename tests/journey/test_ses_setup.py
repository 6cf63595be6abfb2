"""From a fresh manager to a test mail that arrived, by the setup assistant of Amazon SES."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from barriers import findings
from browsing import DESK, PHONE
from manager import wait_until

MOST_FIELDS = 6


class Filling:
    """A person at the forms, who counts the fields that they fill in."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.fields: list[str] = []

    def choose(self, label: str, value: str) -> None:
        """Choose from a list."""
        self.page.get_by_label(label, exact=True).select_option(value)
        self.fields.append(label)

    def fill(self, label: str, value: str) -> None:
        """Type into a field."""
        self.page.get_by_label(label, exact=True).fill(value)
        self.fields.append(label)


def mails(relay: dict[str, Any]) -> int:
    """How many mails arrived."""
    return len(list(Path(relay["inbox"]).glob("*.eml")))


def see_that_everybody_can_use(page: Page) -> None:
    """No serious finding of axe-core, and nothing wider than a phone."""
    assert findings(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.set_viewport_size(DESK)


def enter(person: Filling, relay: dict[str, Any], password: str) -> None:
    """The first step, with the rehearsal relay as other server."""
    page = person.page
    person.choose("Region", relay["region"])
    person.fill("User Name, or access key id", relay["user"])
    person.fill("Password, or secret access key", password)
    page.get_by_text("More: other server").click()
    encryption, port = page.get_by_label("Encryption Type"), page.get_by_label("Port", exact=True)
    encryption.select_option("smtps")
    expect(port).to_have_value("465")
    encryption.select_option("starttls")
    expect(port).to_have_value("587")
    person.fill("Other server", f"{relay['host']}:{relay['port']}")
    page.get_by_role("button", name="Continue").click()


def test_from_a_fresh_manager_to_a_delivered_test_mail(visitor, manager):
    """Six fields and one tick: region, server, user, password, From, To; nothing before."""
    relay = manager.program.rehearse("--no-signatures")
    password = Path(relay["password_file"]).read_text().strip()
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.go("/relays")
    page.get_by_role("link", name="Set up Amazon SES").click()
    person = Filling(page)
    enter(person, relay, password)

    main = page.get_by_role("main")
    expect(main).to_contain_text("What was found")
    expect(main).to_contain_text("no root that Amazon publishes")
    expect(main).to_contain_text(f"{relay['host']}:{relay['port']}")
    see_that_everybody_can_use(page)
    person.fill("From Email", "alarms@example.com")
    person.fill("To", "soc@example.com")
    apply = page.get_by_role("button", name="Apply Settings and Test Action")
    apply.click()  # the tick is missing: the browser does not send it
    expect(page).to_have_url(f"{manager.address}/ses/setup/look")
    shown = page.locator("#certificate dd.wire").first.inner_text()
    page.get_by_role("checkbox", name=re.compile("^Trust ")).check()
    page.get_by_role("button", name="Look further with it").click()
    expect(main).to_contain_text("the relay took the credentials")
    expect(page.get_by_label("To", exact=True)).to_have_value("soc@example.com")
    assert password not in page.content()

    apply.click()
    expect(page.get_by_role("status")).to_contain_text("the relay took the test message")
    stations = page.locator("ol.path > li")
    assert {one.get_attribute("class") for one in stations.all()} == {"passed"}
    assert password not in page.content()
    (trusted,) = manager.program.json("trust", "list")
    assert trusted["sha256"] == re.sub(r"\s", "", shown)
    wait_until(lambda: mails(relay) == 1, "the mail")
    assert len(person.fields) <= MOST_FIELDS, person.fields
    see_that_everybody_can_use(page)
    page.get_by_role("link", name="Show the delivery").click()
    expect(page.locator("#detail")).to_contain_text("250")
