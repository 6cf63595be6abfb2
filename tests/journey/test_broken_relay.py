"""From a relay that is not trusted to a mail that arrives, in the browser alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browsing import Manager, Visit
from manager import Program, document_of, wait_until

STATIONS = (
    *("Name", "Connection", "Greeting", "Encryption", "Certificate"),
    *("Sign-in", "Sender", "Recipient", "Accepted"),
)


def path_of(page: Page) -> dict[str, str]:
    """The stations of the first path on the page, and how far each is."""
    shown = page.locator("ol.path").first.locator("li")
    return {
        one.locator("span").first.inner_text().split(":")[0].strip(): one.get_attribute("class")
        or ""
        for one in shown.all()
    }


def configure(page: Page, manager: Manager, relay: dict[str, Any]) -> None:
    """SMTP Configuration, its summary, and the status as it is observed."""
    page.goto(manager.address)
    page.get_by_role("link", name="Central Management").click()
    page.get_by_role("link", name="Edit Appliance Configuration").click()
    port = page.get_by_label("Port", exact=True)
    page.get_by_label("Encryption Type").select_option("smtps")
    expect(port).to_have_value("465")
    page.get_by_label("Encryption Type").select_option("starttls")
    expect(port).to_have_value("587")
    page.get_by_label("SMTP Server").fill(relay["host"])
    port.fill(str(relay["port"]))
    page.get_by_label("From Email").fill("tocsin@example.com")
    page.get_by_label("User Name").fill(relay["user"])
    page.get_by_label("Password", exact=True).fill(secret_of(relay))
    page.get_by_role("button", name="Apply Settings").click()
    expect(page.get_by_role("main")).to_contain_text(relay["host"])
    expect(page.get_by_role("main")).to_contain_text("trust store is empty")
    assert secret_of(relay) not in page.content()
    page.get_by_role("button", name="Apply Settings").click()
    expect(page.locator("#appliances .status").first).to_have_text("Up", timeout=30_000)


def secret_of(relay: dict[str, Any]) -> str:
    """The password that the relay takes."""
    return Path(relay["password_file"]).read_text().strip()


def mails(relay: dict[str, Any]) -> int:
    """How many mails arrived."""
    return len(list(Path(relay["inbox"]).glob("*.eml")))


def add_action(page: Page) -> None:
    """An email action, from the place where they are."""
    page.get_by_role("link", name="Response Management").click()
    page.get_by_role("link", name="Actions", exact=True).click()
    page.get_by_role("link", name="Add New Action").click()
    page.get_by_label("Name", exact=True).fill("Mail the SOC")
    page.get_by_label("To", exact=True).fill("soc@example.com")
    page.get_by_role("button", name="Save").click()


def see_it_fail(page: Page, relay: dict[str, Any]) -> None:
    """Test Action fails where it must, and says so; neither password nor mail went out."""
    page.get_by_role("button", name="Test Action").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go out", timeout=30_000)
    expect(page.locator("#tested")).to_contain_text("tls.untrusted-issuer")
    expect(page.locator("#tested")).to_contain_text("Rehearsal")
    stations = path_of(page)
    assert tuple(stations) == STATIONS
    assert stations["Encryption"] == "passed"
    assert stations["Certificate"] == "failed"
    assert stations["Sign-in"] == "waiting"
    assert mails(relay) == 0


def trust_it(page: Page, relay: dict[str, Any]) -> None:
    """The button of the failure leads to the chain, and the recommended one is added."""
    page.get_by_role("link", name="Collect its certificates").click()
    expect(page.get_by_label("Server and port")).to_have_value(f"{relay['host']}:{relay['port']}")
    page.get_by_role("button", name="Collect", exact=True).click()
    page.locator("li.recommended").get_by_role("button", name="Look at it and add").click()
    expect(page.get_by_role("main")).to_contain_text("SHA-256")
    page.get_by_role("button", name="Add to the trust store").click()
    expect(page.get_by_role("status")).to_contain_text("trusted now")


def see_it_work(page: Page, relay: dict[str, Any]) -> None:
    """The same test again: every station passed, and the delivery holds the evidence."""
    page.get_by_role("button", name="Test Action").click()
    took = page.locator("#tested").get_by_role("status")
    expect(took).to_contain_text("the relay took the test message", timeout=30_000)
    assert set(path_of(page).values()) == {"passed"}
    assert mails(relay) == 1
    took.get_by_role("link", name="Show the delivery").click()
    expect(page.locator("#detail")).to_contain_text("250")
    expect(page.locator("#detail")).to_contain_text("TLSv1.")
    assert secret_of(relay) not in page.content()


def add_rule(page: Page) -> None:
    """A rule that tells of what is grave, by the action that is there."""
    page.get_by_label("Name", exact=True).fill("Grave alarms")
    page.get_by_label("Field").first.select_option("severity")
    page.get_by_label("Values").first.fill("major")
    page.get_by_label("Mail the SOC").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("saved")


def test_broken_relay_to_fixed_relay(visitor, manager):
    """Settings applied, action made, test fails for lack of trust, chain collected, mail there."""
    relay = manager.program.rehearse("--no-signatures")
    visit = visitor(manager.address)
    page = visit.page
    visit.settle(manager.one_time_password)
    configure(page, manager, relay)
    add_action(page)
    see_it_fail(page, relay)
    trust_it(page, relay)
    manager.wait_applied()
    visit.go("/response/actions")
    see_it_work(page, relay)
    visit.go("/response/rules/edit")
    add_rule(page)
    manager.wait_applied()
    (id_,) = manager.report({"type": "Data leaves", "severity": "critical"})
    wait_until(lambda: mails(relay) == 2, "the mail")
    wait_until(lambda: _delivered(manager, id_), "the outcome")
    visit.go(f"/alarms/{id_}")
    expect(page.locator("#detail")).to_contain_text("Grave alarms")
    expect(page.locator("#detail .state.delivered")).to_have_text("Delivered")


def _delivered(manager, alarm: str) -> bool:
    told = [one for one in manager.program.json("deliveries") if alarm in one["alarms"]]
    return bool(told) and {one["state"] for one in told} == {"delivered"}


@pytest.mark.parametrize(
    ("fault", "code", "station"),
    [
        ("wrong-password", "auth.rejected", "Sign-in"),
        ("not-verified", "ses.identity-not-verified", "Accepted"),
        ("wrong-name", "tls.name-mismatch", "Certificate"),
    ],
)
def test_each_failure_stands_at_its_station(fault, code, station, visitor, manager):
    """The banner names the cause, the path stops where it happened, the code can be copied."""
    relay = manager.program.rehearse("--no-signatures", "--fault", fault)
    manager.program.apply(document_of(relay))
    manager.wait_applied()
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.go("/response/actions")
    page.get_by_role("button", name="Test Action").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go out", timeout=60_000)
    stations = path_of(page)
    assert stations[station] == "failed"
    assert [one for one, state in stations.items() if state == "failed"] == [station]
    expect(page.locator("#tested .failure .code code")).to_have_text(code)
    assert page.locator("#tested .failure li").count() > 0
    assert secret_of(relay) not in page.content()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Program]:
    """Room for another relay."""
    folder = tmp_path / "second"
    folder.mkdir()
    program = Program(folder)
    yield program
    program.stop()


def test_a_paused_relay_is_seen_everywhere_until_it_takes_mail_again(visitor, manager, second):
    """The light says since when and why, Deliveries shows the cause; mended, all goes out."""
    program = manager.program
    relay = program.rehearse("--no-signatures", "--fault", "wrong-password")
    document = document_of(relay)
    program.apply(document)
    manager.wait_applied()
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    manager.report(*({"type": f"Waits {place}", "severity": "major"} for place in range(3)))
    wait_until(lambda: "auth.rejected" in visit.go("/").locator(".light").inner_text(), "the pause")
    page = visit.page
    expect(page.locator(".light")).to_have_class("light red")
    page.locator(".light").click()
    expect(page.locator("#relay .failure .code code")).to_have_text("auth.rejected")
    expect(page.locator("#relay")).to_contain_text("3 deliveries wait")
    assert path_of(page)["Sign-in"] == "failed"
    page.locator("#relay").get_by_role("link", name="Edit SMTP Configuration").click()
    expect(page.get_by_label("SMTP Server")).to_have_value(relay["host"])

    working = second.rehearse("--no-signatures")
    program.apply(document_of(working))
    wait_until(lambda: mails(working) == 3, "the mails that waited")
    wait_until(lambda: "green" in str(_light(visit)), "the green light")
    assert visit.go("/deliveries").locator("#relay").count() == 0


def _light(visit: Visit) -> str | None:
    return visit.go("/").locator(".light").get_attribute("class")
