"""Response Management: the forms of rules and actions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tocsin.domain.severity import Severity
from tocsin.engine import configuration

RULE = "/response/rules/edit"
ACTION = "/response/actions/edit"


def rules() -> list[Any]:
    """The rules in force."""
    return list(configuration.current().configuration.rules)


def actions() -> list[Any]:
    """The actions in force."""
    return list(configuration.current().configuration.actions)


def rule_form(**said: Any) -> dict[str, Any]:
    """A rule form with two conditions, as a browser sends it."""
    return {
        "name": "Scans",
        "description": "what scanners do",
        "enabled": "on",
        "field": ["severity", "source_host", ""],
        "attribute": ["", "", ""],
        "values": ["major", "192.0.2.0/24, 198.51.100.7", ""],
        "active": ["Mail the SOC"],
        **said,
    }


def test_a_rule_is_what_its_form_says(scene, admin: Client):
    """Name, conditions, values and the two sets of actions arrive as they were typed."""
    assert admin.post(RULE, rule_form())["Location"] == "/response/rules"
    one = rules()[-1]
    assert (one.name, one.description, one.enabled) == ("Scans", "what scanners do", True)
    assert one.when == {"severity": "major", "source_host": ["192.0.2.0/24", "198.51.100.7"]}
    assert one.active == ("Mail the SOC",)
    assert one.inactive == ()


def test_a_saved_rule_comes_back_into_its_form(scene, admin: Client, markup):
    """Opened and sent again unchanged, a rule makes no new version."""
    admin.post(
        RULE,
        rule_form(
            field=["type", "attributes"],
            attribute=["", "signature_id"],
            values=['"a, with comma", b', "2001219"],
        ),
    )
    number = configuration.current_number()
    page = markup(admin.get(f"{RULE}?name=Scans").content.decode())
    values = [one.get("value", "") for one in page.all("input")]
    assert "Scans" in values
    assert "signature_id" in values
    form = {
        "name": "Scans",
        "description": "what scanners do",
        "enabled": "on",
        "field": ["type", "attributes"],
        "attribute": ["", "signature_id"],
        "values": [
            next(one for one in values if "with comma" in one),
            next(one for one in values if one == "2001219"),
        ],
        "active": ["Mail the SOC"],
    }
    admin.post(f"{RULE}?name=Scans", form)
    assert configuration.current_number() == number


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "100"),
        ({"name": "Everything"}, "Everything"),
        ({"values": ["grave", "192.0.2.0/24", ""]}, "critical"),
        ({"values": ["major", "192.0.2.0/33", ""]}, "192.0.2.0/33"),
        ({"values": ["major", "", ""]}, "value"),
        ({"field": ["severity", "", ""]}, "field"),
        ({"field": ["severity", "severity", ""], "values": ["major", "minor", ""]}, "twice"),
        ({"field": ["severity", "attributes", ""]}, "attribute"),
        ({"active": ["No such action"]}, "No such action"),
    ],
)
def test_a_wrong_rule_is_told_at_its_field(changed, words, scene, admin: Client, markup):
    """422 with words; what was typed is kept; nothing was changed."""
    before = configuration.current_number()
    answer = admin.post(RULE, rule_form(**changed))
    page = markup(answer.content.decode())
    assert answer.status_code == 422
    assert words in page.text or words in str(page.elements)
    assert "what scanners do" in answer.content.decode()
    assert configuration.current_number() == before
    wrong = [one for _, one in page.elements if one.get("aria-invalid") == "true"]
    told = [one for _, one in page.elements if one.get("role") == "alert"]
    assert wrong or told


def test_a_row_is_added_without_saving(scene, admin: Client, markup):
    """The button for another condition gives room for one more and keeps what was typed."""
    before = configuration.current_number()
    answer = admin.post(RULE, rule_form(add=""))
    page = markup(answer.content.decode())
    fields = [one for one in page.all("select") if one.get("name") == "field"]
    assert answer.status_code == 200
    assert len(fields) >= 3
    assert configuration.current_number() == before


def test_a_rule_that_tells_nobody_says_so(scene, admin: Client, markup):
    """A rule that is switched off is marked in the list."""
    admin.post(RULE, {key: value for key, value in rule_form().items() if key != "enabled"})
    assert rules()[-1].enabled is False
    text = markup(admin.get("/response/rules").content.decode()).text
    assert "off" in text.lower() or "disabled" in text.lower()


def test_removing_a_rule(scene, admin: Client):
    """It is gone, and asking once more is answered in words."""
    admin.post("/response/rules/remove", {"name": "Everything"})
    assert rules() == []
    assert admin.post("/response/rules/remove", {"name": "Everything"}).status_code == 404


def action_form(**said: Any) -> dict[str, Any]:
    """An action form as a browser sends it."""
    return {
        "name": "Mail the night shift",
        "description": "",
        "enabled": "on",
        "to": "night@example.com\r\nsecond@example.com\r\n",
        "subject": "{{ alarm.severity }} {{ alarm.type }}",
        "body": "{{ alarm.details }}\r\nseen by {{ alarm.source }}",
        **said,
    }


def test_an_action_is_what_its_form_says(scene, admin: Client):
    """Recipients a line each, subject and body with variables."""
    assert admin.post(ACTION, action_form())["Location"] == "/response/actions"
    one = actions()[-1]
    assert one.name == "Mail the night shift"
    assert tuple(one.to) == ("night@example.com", "second@example.com")
    assert one.body == "{{ alarm.details }}\nseen by {{ alarm.source }}"


def test_without_subject_and_body_the_defaults_count(scene, admin: Client, markup):
    """Empty fields are no empty mail: the preview shows every field of the alarm."""
    admin.post(ACTION, action_form(subject="", body=" "))
    page = admin.get(
        "/response/actions/preview",
        {"name": "Mail the night shift", "alarm": scene.alarm},
    )
    text = markup(page.content.decode()).text
    assert "SSH scan" in text
    assert "198.51.100.2" in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "Mail the SOC"}, "Mail the SOC"),
        ({"to": ""}, "address"),
        ({"to": "no address"}, "no address"),
        ({"to": "a@example.com\r\nb@@example.com"}, "b@@example.com"),
        ({"to": "a@example.com\r\nBcc: c@example.com"}, "Bcc"),
        ({"subject": "{{ alarm.nonsense }}"}, "nonsense"),
        ({"subject": "{{ alarm.type"}, "template"),
        ({"body": "{% import 'os' %}"}, "import"),
    ],
)
def test_a_wrong_action_is_told_at_its_field(changed, words, scene, admin: Client, markup):
    """422 with words; what was typed is kept; nothing was changed."""
    before = configuration.current_number()
    answer = admin.post(ACTION, action_form(**changed))
    page = markup(answer.content.decode())
    assert answer.status_code == 422
    assert words.lower() in page.text.lower()
    assert "seen by" in page.text or "body" in changed
    assert configuration.current_number() == before


def test_a_new_name_follows_into_the_rules(scene, admin: Client):
    """Renaming an action does not leave a rule without it."""
    admin.post(f"{ACTION}?name=Mail+the+SOC", action_form(name="Mail everybody"))
    assert [one.name for one in actions()] == ["Mail everybody"]
    assert rules()[0].active == ("Mail everybody",)


def test_an_action_that_a_rule_names_stays(scene, admin: Client, markup):
    """Removing it is refused, and the rule is named."""
    answer = admin.post("/response/actions/remove", {"name": "Mail the SOC"})
    assert answer.status_code == 409
    assert "Everything" in markup(answer.content.decode()).text
    assert [one.name for one in actions()] == ["Mail the SOC"]


def test_testing_without_a_responder_says_what_is_missing(scene, admin: Client, markup):
    """No responder, no test: the page names the role and how to start it."""
    answer = admin.post("/response/actions/test", {"name": "Mail the SOC"})
    text = markup(answer.content.decode()).text
    assert "responder" in text
    assert "tocsin up" in text


def test_the_preview_s_html_stands_alone_and_can_do_nothing(scene, admin: Client):
    """The frame's document may run nothing, load nothing and is nobody's origin."""
    answer = admin.get(
        "/response/actions/preview/html", {"name": "Mail the SOC", "alarm": scene.alarm}
    )
    policy = answer["Content-Security-Policy"]
    assert answer["Content-Type"].startswith("text/html")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_empty_pages_teach(admin: Client, markup):
    """With nothing there yet, each page says what belongs there and leads to the first one."""
    for path, onward in (("/response/rules", "edit"), ("/response/actions", ACTION)):
        page = markup(admin.get(path).content.decode())
        assert any(onward in one.get("href", "") for one in page.all("a"))


def test_every_field_of_a_condition_has_its_word(scene, admin: Client, markup):
    """A field that a rule can ask about is offered in the language of the page."""
    from tocsin.rules.condition import FIELDS

    admin.post("/language", {"language": "zh-hans"})
    page = admin.get(RULE).content.decode()
    offered = re.findall(r'<option value="(\w+)"[^>]*>([^<]+)</option>', page)
    assert {name for name, _ in offered} >= set(FIELDS)
    assert [word for name, word in offered if name in FIELDS and word.isascii()] == []


def test_removing_asks_in_words(scene, admin: Client, markup):
    """The question before a rule is removed names it, whatever is remarked about the rule."""
    admin.post(RULE, {key: value for key, value in rule_form().items() if key != "enabled"})
    text = markup(admin.get("/response/rules").content.decode()).text
    assert "Remove Scans?" in text
    assert "Remove Everything?" in text
    assert "['" not in text


def test_a_rule_is_tried_before_it_is_saved(scene, reported, admin: Client, markup):
    """How many stored alarms the conditions fit, in one sentence; nothing is saved."""
    reported(type="Mild", severity=Severity.MINOR)
    number = configuration.current_number()
    form = rule_form(field=["type", ""], attribute=["", ""], values=["Mild", ""], trial="1")
    page = markup(admin.post(RULE, form).content.decode())
    assert "These conditions fit 1 alarm of the last 7 days." in page.text
    assert "Scans" in [one.get("value") for one in page.all("input")]
    assert configuration.current_number() == number
    wrong = admin.post(RULE, {**form, "field": ["source_host", ""], "values": ["no host!", ""]})
    assert wrong.status_code == 422
    assert "These conditions fit" not in markup(wrong.content.decode()).text
