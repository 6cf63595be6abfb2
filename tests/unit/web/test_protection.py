"""What keeps a page from doing more than it says: headers, no inline code, tokens in forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

import tocsin.web
from tocsin.domain.alarm import Host
from tocsin.domain.principal import Role

WEB = Path(tocsin.web.__file__).parent
PAGES = [
    "/",
    "/alarms/{alarm}",
    "/deliveries",
    "/deliveries/{delivery}",
    "/response/rules",
    "/response/rules/edit",
    "/response/actions",
    "/response/actions/edit",
    "/response/actions/preview?name=Mail+the+SOC",
    "/trust",
    "/trust/add",
    "/trust/collect",
    "/trust/remove?name=Example+Root+CA+1",
    "/central",
    "/central/history",
    "/central/appliances/{node}/statistics",
    "/central/appliances/{node}/general",
    "/people",
    "/new-password",
]
HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>{{ 7*7 }}{% now "Y" %}'


def filled(path: str, scene) -> str:
    """The path with the names of the scene."""
    return path.format(alarm=scene.alarm, delivery=scene.delivery, node=scene.node)


@pytest.mark.parametrize("path", [*PAGES, "/no-such-page"])
def test_every_page_forbids_what_it_never_asks_for(path, scene, admin: Client):
    """The policy lets nothing run, load or be sent anywhere but what comes from here."""
    answer = admin.get(filled(path, scene))
    policy = dict(
        ([*part.split(None, 1), ""])[:2] for part in answer["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"] or "private" in answer["Cache-Control"]


@pytest.mark.parametrize("path", [*PAGES, "/no-such-page", "/sign-in"])
def test_no_page_needs_more_than_the_policy_allows(path, scene, admin: Client, markup):
    """Scripts and styles are files of ours; no attribute holds code or style."""
    client = Client() if path == "/sign-in" else admin
    page = markup(client.get(filled(path, scene)).content.decode())
    assert page.all("html")
    assert page.all("style") == []
    assert all(one["src"].startswith("/static/") for one in page.all("script"))
    for tag, attributes in page.elements:
        # htmx takes code from hx-on and from hx-vals that begin with js:.
        code = [name for name in attributes if name.startswith(("on", "hx-on")) or name == "style"]
        assert code == [], tag
        assert not attributes.get("hx-vals", "").startswith(("js:", "javascript:"))
        assert not attributes.get("href", "").lower().startswith("javascript:")


@pytest.mark.parametrize("path", ["/", "/alarms/{alarm}"])
def test_alarm_text_stays_text(path, reported: Callable[..., str], admin: Client, markup):
    """Markup and template code in an alarm's fields are shown, never obeyed."""
    plain = admin.get(filled("/", _Ids(reported(type="one")))).content.decode()
    usual = {tag for tag, _ in markup(plain).elements} | {"a", "time", "details", "summary"}
    alarm = reported(
        type=HOSTILE,
        category=HOSTILE,
        details=HOSTILE * 3,
        url="javascript:alert(3)",
        protocol=HOSTILE,
        source_host=Host(name=HOSTILE, user=HOSTILE, groups=(HOSTILE,)),
        attributes={HOSTILE: HOSTILE},
    )
    page = markup(admin.get(filled(path, _Ids(alarm))).content.decode())
    assert HOSTILE in page.text
    assert "img" not in {tag for tag, _ in page.elements} - usual
    assert all(one["src"].startswith("/static/") for one in page.all("script"))
    assert not any("javascript:" in one.get("href", "") for one in page.all("a"))
    assert not any("onerror" in attributes for _, attributes in page.elements)


class _Ids:
    """Just an alarm where a scene is asked for."""

    def __init__(self, alarm: str) -> None:
        self.alarm = alarm
        self.delivery = self.node = ""


def test_an_answer_of_the_relay_stays_text(scene, admin: Client, markup):
    """What a relay said is shown in the evidence as it was, never obeyed."""
    from tocsin.store import models

    models.Attempt.objects.create(
        delivery_id=scene.delivery,
        number=1,
        started_at=0,
        finished_at=1,
        ok=False,
        in_doubt=False,
        code="smtp.content-rejected",
        facts='{"reply": "554 <script>alert(1)</script>"}',
        reply="554 <script>alert(1)</script>",
        transcript='[[0.1, "body", "(content)", "554 <script>alert(1)</script>"]]',
    )
    page = markup(admin.get(f"/deliveries/{scene.delivery}").content.decode())
    assert "<script>alert(1)</script>" in page.text
    assert all(one.get("src", "").startswith("/static/") for one in page.all("script"))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/sign-in", {"name": "administrator", "password": "x"}),
        ("/sign-out", {}),
        ("/theme", {"theme": "dark"}),
        ("/language", {"language": "zh-hans"}),
        ("/alarms/{alarm}/close", {}),
        ("/deliveries/{delivery}/retry", {}),
        ("/response/rules/remove", {"name": "Everything"}),
        ("/trust/remove", {"name": "Example Root CA 1"}),
        ("/people/add", {"name": "one", "role": "administrator"}),
        ("/tokens/add", {"name": "one", "role": "administrator"}),
        ("/central/appliances/{node}/general", {"server": "evil.example", "confirmed": "1"}),
    ],
)
def test_another_site_cannot_send_our_forms(path, form, scene, signed_in: Callable[..., Client]):
    """Without the token of the page every POST is refused."""
    client = signed_in(Role.ADMINISTRATOR, enforce_csrf_checks=True)
    assert client.post(filled(path, scene), form).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_every_form_that_is_sent_carries_the_token(path, scene, admin: Client):
    """Each POST form on a page holds the token, so that none is refused by mistake."""
    text = admin.get(filled(path, scene)).content.decode()
    forms = re.findall(r"<form\b[^>]*method=.?post.*?</form>", text, re.IGNORECASE | re.DOTALL)
    assert forms
    assert all("csrfmiddlewaretoken" in one for one in forms)


def test_our_own_files_are_small():
    """One style sheet under 20 KB, at most 5 KB of script beside htmx."""
    sheets = list(WEB.glob("static/**/*.css"))
    scripts = list(WEB.glob("static/**/*.js"))
    assert len(sheets) == 1
    assert sheets[0].stat().st_size < 20_000
    assert scripts
    assert sum(one.stat().st_size for one in scripts) <= 5_000


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_light(path, scene, reported: Callable[..., str], signed_in):
    """A page is under 60 KB compressed, with a list full of long alarms."""
    for place in range(50):
        reported(type=f"alarm {place}", details=f"details of alarm {place} " * 100)
    client = signed_in()
    answer = client.get(filled(path, scene), headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert len(answer.content) < 60_000


def test_static_files_are_ours_and_htmx():
    """No asset of anybody else lies in the package: htmx comes from its own one."""
    kinds = {one.suffix for one in (WEB / "static").rglob("*") if one.is_file()}
    assert kinds <= {".css", ".js", ".svg"}
    assert not list((WEB / "static").rglob("*htmx*"))
