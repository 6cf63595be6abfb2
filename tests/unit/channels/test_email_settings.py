"""The settings of an email action: what is taken, refused and shown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

import documents
from tocsin.base.clock import now
from tocsin.central.problem import Invalid
from tocsin.central.reading import load
from tocsin.central.shown import show
from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import MOST_RECIPIENTS, EmailSettings
from tocsin.channels.group import Group

EMAIL = Email()
EVERYTHING = {
    "name": "Mail the SOC",
    "kind": "email",
    "description": "All of it",
    "enabled": False,
    "to": ["soc@example.com"],
    "cc": ["boss@example.com"],
    "bcc": ["archive@example.com"],
    "reply_to": ["duty@example.com"],
    "language": "zh-Hans",
    "subject": "{{ alarm.type }}",
    "body": "{{ alarm.details }}",
    "html": "<p>{{ alarm.details }}</p>",
    "attach_evidence": True,
    "configuration_set": "alarms",
    "message_tags": {"team": "soc"},
    "notify": ["failure", "delay"],
    "group": {"by": ["type", "source_host.ip", "attributes.site", "rule"], "window_s": 600},
    "max_mails_per_hour": 60,
}
LEAST = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}


def settings(**changes) -> EmailSettings:
    return EmailSettings.model_validate({**LEAST, **changes})


def read(action: dict):
    """The action as a document with it is read."""
    document = {"actions": [action]}
    return load(document, documents.read_file, documents.KINDS, actor="test", at=now())


def problems(action: dict) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        read(action)
    return {one.path.removeprefix("actions[0]."): str(one) for one in caught.value.problems}


def test_settings_as_in_the_document():
    """The document's example is taken, with its defaults."""
    found = settings(subject="{{ alarm.severity }} {{ alarm.type }}", group="none")
    assert EMAIL.check(found) == []
    assert found.enabled
    assert found.description == ""
    assert found.body is None


def test_settings_are_stable():
    """What is shown can be applied again and is the same."""
    found = settings(body="{alarm_type_name}")
    assert found.body == "{{ alarm_type_name }}"
    assert EmailSettings.model_validate(found.model_dump(mode="json", exclude_none=True)) == found


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": " x"}, "no blanks at its ends"),
        ({"name": ""}, "at least 1 character"),
        ({"kind": "mail"}, "email"),
        ({"to": []}, "at least 1 item"),
        ({"to": [f"a{n}@example.com" for n in range(1001)]}, "at most 1000 items"),
        ({"to": "soc@example.com"}, "valid tuple"),
        ({"subject": ""}, "at least 1 character"),
        ({"group": "type"}, "accepted: none, {by: "),
        ({"copy": ["x@example.com"]}, "Extra inputs"),
        ({"enabled": "perhaps"}, "valid boolean"),
        ({"description": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_schema_refuses(changes, says):
    """Fields of the wrong shape, and fields that there are not, are refused."""
    with pytest.raises(ValidationError, match=says):
        settings(**changes)


def test_check_names_every_problem():
    """Addresses and templates that cannot be used are told with their place."""
    problems = dict(
        EMAIL.check(
            settings(
                to=["soc@example.com", "nonsense", "SOC@example.COM", "a@b\r\nBcc: c@d"],
                subject="{{ alarm.severty }}",
                body="{% set x = 1 %}",
            )
        )
    )
    assert list(problems) == ["to[1]", "to[2]", "to[3]", "subject", "body"]
    assert "no name and domain" in problems["to[1]"]
    assert "stands twice" in problems["to[2]"]
    assert "did you mean alarm.severity" in problems["subject"]
    assert "set is not available" in problems["body"]


def test_subject_is_one_line():
    """A subject of two lines is refused when it is saved."""
    assert EMAIL.check(settings(subject="a\nb")) == [("subject", "has more than one line")]


def test_addresses_once_over_all_three():
    """Whoever stands in one of to, cc and bcc stands in no other; reply_to is apart."""
    found = settings(
        to=["a@example.com"],
        cc=["A@example.com", "nonsense"],
        bcc=["b@example.com", "a@EXAMPLE.com"],
        reply_to=["a@example.com", "a@example.com"],
    )
    told = dict(EMAIL.check(found))
    assert list(told) == ["cc[0]", "cc[1]", "bcc[1]", "reply_to[1]"]
    assert told["bcc[1]"] == "a@EXAMPLE.com stands twice, in to[0] too"


def test_recipients_together():
    """A thousand addresses are taken over the three fields, not one more."""
    many = [f"a{n}@example.com" for n in range(MOST_RECIPIENTS)]
    found = settings(to=many[:400], cc=many[400:700], bcc=many[700:])
    assert EMAIL.check(found) == []
    assert len(EMAIL.recipients(found)) == MOST_RECIPIENTS
    found = settings(to=[*many[:400], "one@more.example.com"], cc=many[400:700], bcc=many[700:])
    assert EMAIL.check(found) == [("to", "has 1,001 addresses with cc and bcc; accepted: 1,000")]


@pytest.mark.parametrize("action", [EVERYTHING, LEAST, {**LEAST, "group": "none"}])
def test_shown_document_changes_nothing(action):
    """What is shown is read as the same, and shown the same again."""
    (first,) = read(action).parts["actions"]
    configuration = documents.EMPTY.model_copy(update={"actions": (first,)})
    (shown,) = show(configuration)["actions"]
    (again,) = read(shown).parts["actions"]
    assert again == first
    assert again.model_dump(mode="json") == first.model_dump(mode="json")


def test_what_is_shown():
    """Everything that is set is shown as it was written; of the rest only what was always shown."""
    (found,) = read(EVERYTHING).parts["actions"]
    configuration = documents.EMPTY.model_copy(update={"actions": (found,)})
    assert show(configuration)["actions"] == [EVERYTHING]
    configuration = documents.EMPTY.model_copy(update={"actions": (settings(),)})
    assert show(configuration)["actions"] == [
        {**LEAST, "description": "", "enabled": True, "group": "none"}
    ]


def test_group_as_the_engine_takes_it():
    """No grouping is nothing; a group is its fields and seconds."""
    assert settings().group is None
    assert settings(group="none").group is None
    found = settings(group={"by": ["type"], "window_s": 60}).group
    assert found == Group(by=("type",), window_s=60)
    assert settings().max_mails_per_hour is None
    assert settings(max_mails_per_hour=30).max_mails_per_hour == 30


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (None, None),
        ("never", "never"),
        (["success", "failure", "success"], ("failure", "success")),
        (["delay"], ("delay",)),
    ],
)
def test_notify(value, taken):
    """What is to be reported, in one order, or never."""
    assert settings(notify=value).notify == taken


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"group": {"by": ["typ"], "window_s": 60}}, "group.by[0]", "did you mean type; accepted:"),
        ({"group": {"by": ["alarm.type"], "window_s": 60}}, "group.by[0]", "did you mean type"),
        ({"group": {"by": ["details"], "window_s": 60}}, "group.by[0]", "accepted: severity, type"),
        ({"group": {"by": ["attributes."], "window_s": 60}}, "group.by[0]", "attributes.NAME"),
        ({"group": {"by": [1], "window_s": 60}}, "group.by[0]", "is no field"),
        ({"group": {"by": "type", "window_s": 60}}, "group.by", "accepted: [FIELD"),
        ({"group": {"by": ["type", "type"], "window_s": 60}}, "group.by", "each field once"),
        ({"group": {"by": ["type"] * 11, "window_s": 60}}, "group.by", "at most 10"),
        ({"group": {"by": ["type"]}}, "group.window_s", "is missing"),
        ({"group": {"window_s": 60}}, "group.by", "is missing"),
        ({"group": {"by": [], "window_s": 9}}, "group.window_s", "is 9; accepted: 10 to 86400"),
        ({"group": {"by": [], "window_s": 86_401}}, "group.window_s", "10 to 86400 seconds"),
        ({"group": {"by": [], "window_s": True}}, "group.window_s", "no whole number"),
        ({"group": {"by": [], "window_s": "10 min"}}, "group.window_s", "no whole number"),
        ({"group": {"by": [], "window_s": 60, "x": 1}}, "group", "has x; accepted: by, window_s"),
        ({"group": ["type"]}, "group", "accepted: none, {by:"),
        ({"max_mails_per_hour": 0}, "max_mails_per_hour", "accepted: 1 to 10000"),
        ({"max_mails_per_hour": 10_001}, "max_mails_per_hour", "accepted: 1 to 10000"),
        ({"max_mails_per_hour": True}, "max_mails_per_hour", "accepted: 1 to 10000"),
        ({"language": "de"}, "language", "accepted: en or zh-Hans"),
        ({"configuration_set": "a b"}, "configuration_set", "accepted: 1 to 64 of A-Z"),
        ({"configuration_set": "a" * 65}, "configuration_set", "accepted: 1 to 64"),
        ({"configuration_set": ""}, "configuration_set", "accepted: 1 to 64"),
        ({"message_tags": {"a b": "c"}}, "message_tags", "'a b' or its value is no tag"),
        ({"message_tags": {"a": "c,d=e"}}, "message_tags", "accepted: {NAME: VALUE}"),
        ({"message_tags": {"a": 1}}, "message_tags", "accepted: {NAME: VALUE}"),
        ({"message_tags": {"a": "\r\nBcc: x@y.zz"}}, "message_tags", "accepted: {NAME: VALUE}"),
        ({"message_tags": {"a": "b" * 257}}, "message_tags", "each 1 to 256"),
        ({"message_tags": {f"a{n}": "b" for n in range(51)}}, "message_tags", "at most 50"),
        ({"message_tags": ["a"]}, "message_tags", "is no mapping"),
        ({"notify": "always"}, "notify", "accepted: never, or a list of failure"),
        ({"notify": []}, "notify", "accepted: never"),
        ({"notify": ["failure", "never"]}, "notify", "accepted: never, or a list"),
        ({"attach_evidence": "perhaps"}, "attach_evidence", "neither true nor false"),
        ({"reply_to": "x@example.com"}, "reply_to", "accepted: [first, second]"),
        ({"bcc": ["x"]}, "bcc[0]", "no name and domain"),
        ({"html": "<img src='x'>"}, "html", "line 1: <img> is not available"),
        ({"html": "{{ alarm.typ }}"}, "html", "did you mean alarm.type"),
    ],
)
def test_problem_names_field_and_what_is_accepted(changes, where, says):
    """Whatever is wrong is told with its place, and with what could stand there."""
    told = problems({**LEAST, **changes})
    assert list(told) == [where]
    assert says in told[where]
