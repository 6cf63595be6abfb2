"""A mail that arrived is verified in the browser."""

from __future__ import annotations

import urllib.parse
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from barriers import findings
from browsing import PHONE


def newest_mail(visit) -> str:
    """The id of a mail in the rehearsal's inbox."""
    page: Page = visit.go("/rehearsal")
    link = page.locator("#rows a").first.get_attribute("href")
    assert link is not None
    return urllib.parse.urlsplit(link).path.rpartition("/")[2]


@pytest.mark.parametrize("width", [1440, 768, 380])
def test_a_verdict_can_be_read_by_everybody(width, inside):
    """Nothing serious by axe-core, nothing sticks out, in both themes and at usual widths."""
    visit = inside(viewport={"width": width, "height": 900})
    page = visit.go(f"/messages/verify?mail={newest_mail(visit)}")
    expect(page.get_by_role("heading", name="Route")).to_be_visible()
    assert findings(page) == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_a_file_leads_to_its_delivery(inside, tmp_path: Path):
    """The mail is chosen, the verdict names the delivery, and the button opens it."""
    visit = inside(viewport=PHONE)
    id_ = newest_mail(visit)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(visit.page.request.get(f"{visit.address}/rehearsal/{id_}/raw").body())
    page = visit.go("/messages/verify")
    page.get_by_label("Message (.eml)").set_input_files(mail)
    page.get_by_role("button", name="Verify").click()
    verdict = page.get_by_role("region", name="Verdict")
    expect(verdict).to_contain_text("Proved")
    expect(verdict).to_contain_text("It is a rehearsal")
    expect(verdict).to_contain_text("The DKIM signature of example.com is valid")
    page.get_by_role("link", name="Open the delivery").click()
    expect(page.locator("#detail")).to_contain_text("Delivered")
