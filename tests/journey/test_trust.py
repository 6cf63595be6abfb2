"""Certificates by upload, and what a person compares before trusting them."""

from __future__ import annotations

from playwright.sync_api import expect

import chains


def test_a_certificate_is_added_compared_exported_and_removed(visitor, manager, tmp_path):
    """File chosen, fingerprint shown, added, downloaded again, removed with a warning."""
    root = chains.make("Example Root CA 7", ca=True, ends=4000)
    file = tmp_path / "root.pem"
    file.write_bytes(root.pem)
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.go("/trust")
    expect(page.get_by_role("main")).to_contain_text("Nothing is trusted yet")
    page.get_by_role("main").get_by_role("link", name="Add New").click()
    page.get_by_label("Files").set_input_files(file)
    page.get_by_role("button", name="Look at them").click()
    shown = page.get_by_role("main").inner_text().replace(" ", "").replace(":", "").lower()
    assert root.sha256 in shown
    assert manager.program.json("trust", "list") == []
    page.get_by_role("button", name="Add to the trust store").click()
    expect(page.get_by_role("status")).to_contain_text("trusted now")

    page.get_by_role("link", name="Example Root CA 7").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export", exact=True).click()
    assert download.value.path().read_bytes() == root.pem
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("main")).to_contain_text("no mail goes out")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing is trusted yet")


def test_a_private_key_by_mistake(visitor, manager, tmp_path):
    """It is refused in words that help, and nothing of it is kept."""
    root = chains.make("Example Root CA 7", ca=True, ends=4000)
    file = tmp_path / "root.pem"
    file.write_bytes(root.pem + root.key_pem())
    visit = visitor(manager.address)
    visit.settle(manager.one_time_password)
    page = visit.go("/trust/add")
    page.get_by_label("Files").set_input_files(file)
    page.get_by_role("button", name="Look at them").click()
    expect(page.get_by_role("main")).to_contain_text("private key")
    kept = b"".join(one.read_bytes() for one in manager.program.home.glob("tocsin.db*"))
    assert root.key_pem().splitlines()[1] not in kept
