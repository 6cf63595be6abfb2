"""From a relay that is not trusted to a mail that arrives, in the browser alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from manager import wait_until

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


def settings(page: Page, address: str) -> None:
    """Open SMTP Configuration by the way that a person takes."""
    page.goto(address)
    page.get_by_role("link", name="Central Management").click()
    page.get_by_role("link", name="Edit Appliance Configuration").click()


def test_broken_relay_to_fixed_relay(visitor, manager):
    """Settings applied, action made, test fails for lack of trust, chain collected, mail there."""
    relay = manager.program.rehearse("--no-signatures")
    visit = visitor(manager.address)
    page = visit.page
    visit.settle(manager.one_time_password)

    # SMTP Configuration, its summary, and the status as it is observed.
    settings(page, manager.address)
    page.get_by_label("Encryption Type").select_option("smtps")
    expect(page.get_by_label("Port", exact=True)).to_have_value("465")
    page.get_by_label("Encryption Type").select_option("starttls")
    expect(page.get_by_label("Port", exact=True)).to_have_value("587")
    page.get_by_label("SMTP Server").fill(relay["host"])
    page.get_by_label("Port", exact=True).fill(str(relay["port"]))
    page.get_by_label("From Email").fill("tocsin@example.com")
    page.get_by_label("User Name").fill(relay["user"])
    secret = Path(relay["password_file"]).read_text().strip()
    page.get_by_label("Password", exact=True).fill(secret)
    page.get_by_role("button", name="Apply Settings").click()
    expect(page.get_by_role("main")).to_contain_text(relay["host"])
    expect(page.get_by_role("main")).to_contain_text("trust store is empty")
    assert secret not in page.content()
    page.get_by_role("button", name="Apply Settings").click()
    status = page.locator("#appliances .status").first
    expect(status).to_have_text("Up", timeout=30_000)

    # An action, and a test that fails where it must.
    page.get_by_role("link", name="Response Management").click()
    page.get_by_role("link", name="Add New Action").click()
    page.get_by_label("Name", exact=True).fill("Mail the SOC")
    page.get_by_label("To", exact=True).fill("soc@example.com")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test Action").click()
    failed = page.get_by_role("alert")
    expect(failed).to_contain_text("did not go out", timeout=30_000)
    expect(page.locator("#tested")).to_contain_text("tls.untrusted-issuer")
    expect(page.locator("#tested")).to_contain_text("Rehearsal")
    stations = path_of(page)
    assert tuple(stations) == STATIONS
    assert stations["Encryption"] == "passed"
    assert stations["Certificate"] == "failed"
    assert stations["Sign-in"] == "waiting"
    assert list(Path(relay["inbox"]).glob("*.eml")) == []

    # The button of the failure leads to the chain, and the recommended one is added.
    page.get_by_role("link", name="Collect its certificates").click()
    expect(page.get_by_label("Server and port")).to_have_value(f"{relay['host']}:{relay['port']}")
    page.get_by_role("button", name="Collect", exact=True).click()
    page.locator("li.recommended").get_by_role("button", name="Look at it and add").click()
    expect(page.get_by_role("main")).to_contain_text("SHA-256")
    page.get_by_role("button", name="Add to the trust store").click()
    expect(page.get_by_role("status")).to_contain_text("trusted now")

    # The same test again.
    page.goto(f"{manager.address}/response/actions")
    wait_until(lambda: _applied(manager), "the responder to take the certificate over")
    page.get_by_role("button", name="Test Action").click()
    took = page.locator("#tested").get_by_role("status")
    expect(took).to_contain_text("the relay took the test message", timeout=30_000)
    assert set(path_of(page).values()) == {"passed"}
    took.get_by_role("link", name="Show the delivery").click()
    expect(page.locator("#detail")).to_contain_text("250")
    expect(page.locator("#detail")).to_contain_text("TLSv1.")
    assert secret not in page.content()

    # A rule, an alarm, a mail.
    page.goto(f"{manager.address}/response/rules/edit")
    page.get_by_label("Name", exact=True).fill("Grave alarms")
    page.get_by_label("Field").first.select_option("severity")
    page.get_by_label("Values").first.fill("major")
    page.get_by_label("Mail the SOC").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    wait_until(lambda: _applied(manager), "the responder to take the rule over")
    (id_,) = manager.report({"type": "Data leaves", "severity": "critical"})
    wait_until(lambda: len(list(Path(relay["inbox"]).glob("*.eml"))) == 2, "the mail")
    wait_until(lambda: _delivered(manager, id_), "the outcome")
    page.goto(f"{manager.address}/alarms/{id_}")
    expect(page.locator("#detail")).to_contain_text("Grave alarms")
    expect(page.locator("#detail .state").last).to_have_text("Delivered")


def _applied(manager) -> bool:
    number = manager.program.json("config", "history", "--limit", "1")[0]["number"]
    address = f"{manager.address}/api/v1/appliances"
    return bool(number) and _versions(manager, address) >= number


def _versions(manager, address: str) -> int:
    import json
    import urllib.request

    if not hasattr(manager, "token"):
        manager.token = manager.program.json("token", "add", "journey", "--role", "viewer")["token"]
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {manager.token}"})
    with urllib.request.urlopen(asked) as answer:
        (appliance,) = json.loads(answer.read())["items"]
    return min(one["applied_version"] for one in appliance["roles"])


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
    from manager import document_of

    relay = manager.program.rehearse("--no-signatures", "--fault", fault)
    manager.program.apply(document_of(relay))
    wait_until(lambda: _applied(manager), "the document")
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
    assert Path(relay["password_file"]).read_text().strip() not in page.content()
