"""The pages of the doctor's remedies: looked at, confirmed, undone."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration, doctor, remedy
from tocsin.engine.remedies import anchor, dhe, password, sandbox, sender, setting, way
from tocsin.engine.remedies.registry import KINDS, OTHERS
from tocsin.web import remedying
from tocsin.web.remedying import UndoBanner
from walked import ANCHOR, DERIVE, DHE, HERE, IAM, ROOT, SENDER, SMTP, walked


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    configuration.change(access.LOCAL, {"smtp": SMTP, "ciphers": {"preset": "with-dhe"}})
    monkeypatch.setattr(doctor, "start", lambda _principal, _asked: walked(target=HERE))


def text_of(answer) -> str:
    """The page as text."""
    return answer.content.decode()


def test_an_anchor_is_shown_with_its_fingerprint_and_added_once_it_is_ticked(admin: Client):
    """Without the tick it is refused on the page; with it the new walk is opened."""
    path = f"/doctor/{walked(ANCHOR, target=HERE)}/remedy/0"
    page = text_of(admin.get(path))
    assert ROOT.sha256 in re.sub(r"[:\s]|<wbr>", "", page).lower()
    assert "could not be asked just now: tcp.refused" in page
    assert "trust Example Root CA 9" in page
    answer = admin.post(path, {"confirmed": "1", "version": "1"})
    assert answer.status_code == 409
    assert configuration.current().configuration.trust == ()
    answer = admin.post(path, {"confirmed": "1", "version": "1", "sha256": ROOT.sha256})
    assert answer.status_code == 302
    assert re.fullmatch(r"/doctor/[0-9a-f-]{36}", answer["Location"])
    assert [one.name for one in configuration.current().configuration.trust] == [ROOT.parsed.title]


def test_a_friendly_name_is_checked_like_any_other(admin: Client):
    """One that cannot be is said on the page; one that can is what it is called."""
    path = f"/doctor/{walked(ANCHOR, target=HERE)}/remedy/0"
    form = {"confirmed": "1", "version": "1", "sha256": ROOT.sha256}
    answer = admin.post(path, {**form, "name": "two\nlines"})
    assert answer.status_code == 422
    assert "printable" in text_of(answer)
    assert admin.post(path, {**form, "name": "Ours"}).status_code == 302
    assert [one.name for one in configuration.current().configuration.trust] == ["Ours"]


def test_a_sender_is_typed_looked_at_and_confirmed(admin: Client):
    """Three steps; what cannot be an address is said at the field, and what was typed stays."""
    path = f"/doctor/{walked(SENDER, target=HERE)}/remedy/0"
    assert 'name="confirmed"' not in text_of(admin.get(path))
    answer = admin.post(path, {"sender": '"><script>x'})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text_of(answer)
    assert "<script>x" not in text_of(answer)
    page = text_of(admin.post(path, {"sender": "a@example.org"}))
    assert "tocsin@example.com" in page
    assert '<input type="hidden" name="sender" value="a@example.org">' in page
    form = {"sender": "a@example.org", "confirmed": "1", "version": "1"}
    assert admin.post(path, form).status_code == 302
    smtp = configuration.current().configuration.smtp
    assert smtp is not None
    assert smtp.sender == "a@example.org"


def test_addresses_that_the_account_told_can_be_chosen(admin: Client, markup):
    """A domain is none that could be entered as it is."""
    facts = {"identities": "soc@example.org, example.net"}
    one = Remedy(RemedyKind.SET_SENDER, "ses.identity-not-verified", facts, ("sender",))
    page = markup(text_of(admin.get(f"/doctor/{walked(one, target=HERE)}/remedy/0")))
    assert [one["value"] for one in page.all("option")] == ["soc@example.org"]
    assert "soc@example.org, example.net" in page.text


def test_a_secret_is_never_in_a_page(admin: Client):
    """Neither when it is asked for nor when it is refused; the difference names no value."""
    path = f"/doctor/{walked(DERIVE, target=HERE)}/remedy/0"
    page = text_of(admin.get(path))
    assert "smtp.password" in page
    assert "another" in page
    form = {"secret": f"{IAM}!", "confirmed": "1", "version": "1"}
    answer = admin.post(path, form)
    assert answer.status_code == 409
    assert IAM not in text_of(answer)
    assert admin.post(path, {**form, "secret": IAM}).status_code == 302
    for where in ("/central/history", path, "/doctor"):
        assert IAM not in text_of(admin.get(where))


def test_it_is_confirmed_for_the_version_that_was_shown(admin: Client):
    """Another one came into force: the page says so and shows what is so now."""
    path = f"/doctor/{walked(DHE, target=HERE)}/remedy/0"
    admin.get(path)
    configuration.change(access.LOCAL, {"outbox": {"keep_trying_h": 12}})
    for version in ("1", "", "x", "-1", "9" * 30):
        answer = admin.post(path, {"confirmed": "1", "version": version})
        assert answer.status_code == 409
        assert 'name="version" value="2"' in text_of(answer)
    assert configuration.current_number() == 2


def test_what_is_moot_has_no_page(admin: Client):
    """It says why; of another number or walk there is none at all."""
    run = walked(DHE, target=HERE)
    configuration.change(access.LOCAL, {"ciphers": {"preset": "tocsin"}})
    assert admin.get(f"/doctor/{run}/remedy/0").status_code == 409
    assert admin.get(f"/doctor/{run}/remedy/7").status_code == 404
    assert admin.get("/doctor/nothing/remedy/0").status_code == 404


def test_undo_takes_it_back(admin: Client):
    """With one press, and the doctor walks once more."""
    path = f"/doctor/{walked(DHE, target=HERE)}/remedy/0"
    there = admin.post(path, {"confirmed": "1", "version": "1"})["Location"]
    banner = remedying.undo_banner(doctor.find_run(access.LOCAL, there.removeprefix("/doctor/")))
    assert banner is not None
    assert banner.version == 2
    answer = admin.post("/doctor/undo", {"version": "2"})
    assert answer["Location"].startswith("/doctor/")
    assert configuration.current().configuration.ciphers.preset == "with-dhe"
    assert admin.post("/doctor/undo", {"version": "2"}).status_code == 409
    assert admin.post("/doctor/undo", {"version": "no number"}).status_code == 404


def test_the_banner_shows_a_button_to_whoever_may_press_it(signed_in):
    """To the others it tells what was changed, and by whom."""
    banner = UndoBanner(7, "set the From Email <b>x</b>", "anna", 0, 3)
    told = render_to_string("tocsin/part/undo.html", {"undo": banner, "may": {}})
    assert "&lt;b&gt;" in told
    assert "anna" in told
    assert "<button" not in told
    may = {"administer": True, "test": True}
    told = render_to_string("tocsin/part/undo.html", {"undo": banner, "may": may})
    assert told.count("<button") == 2
    assert "3 deliveries are held" in told


def test_what_the_sandbox_holds_is_released(signed_in):
    """By whoever may retry deliveries."""
    answer = signed_in(Role.RESPONDER).post("/doctor/release")
    assert answer["Location"] == "/deliveries"


def test_every_sentence_of_a_remedy_is_there_to_be_translated():
    """Labels, and every text of the kinds' modules that ends like a sentence."""
    labels = {one.label for one in KINDS.values()} | set(OTHERS.values())
    modules = (anchor, dhe, password, sandbox, sender, setting, way, remedy)
    sentences = {
        value
        for one in modules
        for name, value in vars(one).items()
        if name.isupper() and isinstance(value, str) and value.endswith(".")
    }
    assert len(sentences) > 15
    assert labels | sentences == set(remedying.TEXTS)
