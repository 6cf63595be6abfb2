"""The form of an action: everything that it can be set to, and the mail before it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tocsin.channels.email.kind import Email, Unrenderable
from tocsin.domain.principal import Role
from tocsin.engine import configuration

ACTION = "/response/actions/edit"
HTML = "/response/actions/preview/html"


def form(**said: Any) -> dict[str, Any]:
    """A whole form, as a browser sends it."""
    return {
        "name": "Mail the night shift",
        "description": "",
        "enabled": "on",
        "to": "night@example.com",
        "cc": "",
        "bcc": "",
        "reply_to": "",
        "language": "en",
        "subject": "",
        "body": "",
        "html": "",
        "configuration_set": "",
        "message_tags": "",
        "max_mails_per_hour": "",
        "group.by": "",
        "group.window_s": "300",
        **said,
    }


FULL = {
    "cc": "a@example.com\r\nb@example.com",
    "bcc": "c@example.com",
    "reply_to": "desk@example.com",
    "language": "zh-Hans",
    "subject": "{{ alarm.type }}",
    "body": "one\r\ntwo",
    "html": "<p>{{ alarm.details }}</p>",
    "attach_evidence": "on",
    "configuration_set": "alarms",
    "message_tags": "team=soc\r\nsite = north",
    "notify": ["failure", "delay"],
    "max_mails_per_hour": "60",
    "grouped": "on",
    "group.by": "type, source_host.ip",
    "group.window_s": "600",
}


def saved() -> Any:
    """The action in force that was saved last."""
    return configuration.current().configuration.actions[-1]


def test_everything_arrives_as_it_was_typed(scene, admin: Client):
    """Each field of the form is the setting of its name."""
    assert admin.post(ACTION, form(**FULL))["Location"] == "/response/actions"
    one = saved()
    assert (one.cc, one.bcc) == (("a@example.com", "b@example.com"), ("c@example.com",))
    assert (one.reply_to, one.language) == (("desk@example.com",), "zh-Hans")
    assert (one.body, one.html) == ("one\ntwo", "<p>{{ alarm.details }}</p>")
    assert one.attach_evidence is True
    assert (one.configuration_set, one.max_mails_per_hour) == ("alarms", 60)
    assert one.message_tags == {"team": "soc", "site": "north"}
    assert one.notify == ("failure", "delay")
    assert (one.group.by, one.group.window_s) == (("type", "source_host.ip"), 600)


@pytest.mark.parametrize("said", [FULL, {}, {"notify": ["never"]}, {"grouped": "on"}])
def test_what_is_saved_comes_back_into_the_form(said, scene, admin: Client, markup):
    """Opened and sent again as it stands, an action makes no new version."""
    admin.post(ACTION, form(**said))
    number = configuration.current_number()
    answer = admin.get(f"{ACTION}?name=Mail+the+night+shift")
    page = markup(answer.content.decode())
    sent: dict[str, Any] = {}
    for one in page.all("input"):
        kind = one.get("type", "text")
        if kind == "checkbox" and "checked" not in one:
            continue
        if one.get("name") and "form" not in one and kind not in {"hidden", "search"}:
            sent.setdefault(one["name"], []).append(one.get("value", "on"))
    for name in ("to", "cc", "bcc", "reply_to", "body", "html", "message_tags"):
        sent[name] = answer.context["values"].get(name) or ""
    sent["language"] = answer.context["values"]["language"]
    assert admin.post(f"{ACTION}?name=Mail+the+night+shift", sent).status_code == 302
    assert configuration.current_number() == number


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"cc": "no address"}, "cc"),
        ({"bcc": "night@example.com"}, "bcc"),
        ({"reply_to": "a@@b"}, "reply_to"),
        ({"html": "<script>alert(1)</script>"}, "html"),
        ({"html": "{{ nonsense }}"}, "html"),
        ({"language": "xx"}, "language"),
        ({"configuration_set": "a b"}, "configuration_set"),
        ({"message_tags": "no sign of equality"}, "message_tags"),
        ({"notify": ["never", "failure"]}, "notify"),
        ({"max_mails_per_hour": "many"}, "max_mails_per_hour"),
        ({"max_mails_per_hour": "0"}, "max_mails_per_hour"),
        ({"grouped": "on", "group.by": "nonsense"}, "group.by"),
        ({"grouped": "on", "group.window_s": "soon"}, "group.window_s"),
        ({"grouped": "on", "group.window_s": "1"}, "group.window_s"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(said, field, scene, admin: Client, markup):
    """422, the words at the field, the fold open over it, and nothing is saved."""
    number = configuration.current_number()
    answer = admin.post(ACTION, form(**said))
    assert answer.status_code == 422
    assert set(answer.context["errors"]) == {field}
    assert not answer.context["others"]
    words = answer.context["errors"][field]
    assert words in markup(answer.content.decode()).text
    assert configuration.current_number() == number
    assert answer.context["advanced"] or field == "language"


def test_a_preview_is_of_what_is_typed(scene, admin: Client, markup):
    """Nothing but the templates is needed, nothing is saved, and the form keeps everything."""
    number = configuration.current_number()
    typed = form(
        name="", to="", subject="{{ alarm.type }} typed", body="seen {{ alarm.target_host.ip }}",
        alarm=scene.alarm, preview="1",
    )  # fmt: skip
    answer = admin.post(ACTION, typed)
    page = markup(answer.content.decode())
    assert answer.status_code == 200
    assert "SSH scan typed" in page.text
    assert "seen 198.51.100.2" in page.text
    assert "{{ alarm.type }} typed" in [one.get("value") for one in page.all("input")]
    assert configuration.current_number() == number
    (frame,) = page.all("iframe")
    assert frame["sandbox"] == ""
    shown = admin.get(frame["src"])
    assert shown.status_code == 200
    assert "seen 198.51.100.2" in shown.content.decode()
    assert "sandbox" in shown["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"subject": "{{ alarm.nonsense }}"}, "subject", "nonsense"),
        ({"body": "a\n{% if %}"}, "body", "Line 2"),
        ({"html": "<img src='https://example.com/x.png'>"}, "html", "img"),
        ({"language": "xx"}, "language", "en"),
        ({"alarm_id": "nothing"}, "alarm_id", "nothing"),
        ({"alarm_id": "<script>"}, "alarm_id", "<script>"),
    ],
)
def test_a_preview_that_fails_says_where(said, field, words, scene, admin: Client, markup):
    """The error stands at its field; there is no frame, and what was typed stays."""
    answer = admin.post(ACTION, form(**said, preview="1"))
    page = markup(answer.content.decode())
    assert answer.status_code == 422
    assert set(answer.context["errors"]) == {field}
    assert words in answer.context["errors"][field]
    assert not page.all("iframe")
    assert "night@example.com" in page.text


def test_a_digest_is_previewed_before_there_is_a_storm(scene, reported, admin: Client, markup):
    """The latest alarms together make one mail that names them all."""
    for place in range(3):
        reported(type=f"scan {place}")
    answer = admin.post(ACTION, form(alarm="several", preview="1"))
    page = markup(answer.content.decode())
    assert answer.status_code == 200
    for place in range(3):
        assert f"scan {place}" in page.text
    (frame,) = page.all("iframe")
    assert "scan 2" in admin.get(frame["src"]).content.decode()


def test_a_draft_is_seen_by_whoever_typed_it_alone(scene, admin: Client, signed_in, markup):
    """It lies in their session; of many, the last ones are kept."""
    frames = []
    for place in range(6):
        answer = admin.post(ACTION, form(body=f"draft {place}", preview="1"))
        (frame,) = markup(answer.content.decode()).all("iframe")
        frames.append(frame["src"])
    assert "draft 5" in admin.get(frames[-1]).content.decode()
    assert "draft 4" in admin.get(frames[-2]).content.decode()
    assert admin.get(frames[0]).status_code == 404
    assert signed_in(Role.RESPONDER).get(frames[-1]).status_code == 404
    assert admin.get(HTML, {"draft": "nothing"}).status_code == 404


def test_a_saved_template_that_fails_on_an_alarm_is_explained(
    scene, admin: Client, markup, monkeypatch: pytest.MonkeyPatch
):
    """The page says which template and why, where the mail would fall back in silence."""

    def fail(*_: Any, **__: Any) -> None:
        raise Unrenderable("body", "it divides <by> nothing", 3)

    monkeypatch.setattr(Email, "preview", fail)
    answer = admin.get("/response/actions/preview", {"name": "Mail the SOC"})
    text = markup(answer.content.decode()).text
    assert answer.status_code == 200
    assert "message.template" in text
    assert "Line 3: it divides <by> nothing" in text
    frame = admin.get(HTML, {"name": "Mail the SOC"})
    assert frame.status_code == 422
    assert frame["Content-Type"].startswith("text/plain")
