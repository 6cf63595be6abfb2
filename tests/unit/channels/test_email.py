"""The email action: its settings, and the mail it makes of an alarm."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pydantic import ValidationError

from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import EmailSettings
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.domain.alarm import AlarmState, Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.mail.message import Mail

EMAIL = Email()
ALARM = replace(
    sample_alarm(1_700_000_000_000_000),
    type="Suspect Data Loss",
    severity=Severity.MAJOR,
    category="Exfiltration",
    ended_at=1_700_000_100_000_000,
    count=17,
    details="200 MB to a place\nnobody knows.",
    source_host=Host("192.0.2.7", 4242, "pc7.example.com", "00:00:5e:00:53:07", "alice", ("Lab",)),
    target_host=Host("203.0.113.9", 443, "x.example.net", "00:00:5e:00:53:09", "bob", ("Outside",)),
    attributes={"sid": "2001219", "app": "tls"},
)


def settings(**changes) -> EmailSettings:
    return EmailSettings.model_validate(
        {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"], **changes}
    )


def told(alarm=ALARM, transition=TransitionKind.ACTIVE, url="", **changes) -> Mail:
    return EMAIL.render(
        settings(**changes),
        alarm,
        transition,
        sender="sna@example.com",
        message_id="<1@example.com>",
        date=1_700_000_000_000_000,
        url=url,
    )


def facts(alarm) -> list[str]:
    hosts = (alarm.source_host, alarm.target_host)
    return [
        alarm.id,
        alarm.source,
        alarm.source_type,
        alarm.type,
        alarm.category,
        alarm.severity.value,
        alarm.state.value,
        alarm.dedup_key,
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:15:00Z",
        str(alarm.count),
        alarm.protocol,
        alarm.url,
        *alarm.details.splitlines(),
        *(str(part) for host in hosts for part in (host.ip, host.port, host.name)),
        *(str(part) for host in hosts for part in (host.mac, host.user, *host.groups)),
        *alarm.attributes,
        *alarm.attributes.values(),
    ]


def test_default_body_says_everything():
    """Text and HTML of the default mail say every field of the alarm."""
    mail = told(url="https://tocsin.example/alarms/1")
    for fact in (*facts(ALARM), "https://tocsin.example/alarms/1"):
        assert fact in mail.text
        assert fact in mail.html


def test_default_subject():
    """The default subject says how grave, what, from where and to where."""
    assert told().subject == "[major] Suspect Data Loss from 192.0.2.7 to 203.0.113.9"
    assert told(BARE_ALARM).subject == "[informational] Test alarm"
    ended = replace(ALARM, state=AlarmState.INACTIVE)
    assert told(ended, TransitionKind.INACTIVE).subject.endswith(" (inactive)")


@pytest.mark.parametrize(
    ("transition", "words"),
    [
        (TransitionKind.ACTIVE, "has become active"),
        (TransitionKind.SEVERITY, "has become graver"),
        (TransitionKind.INACTIVE, "has become inactive"),
    ],
)
def test_default_body_says_what_happened(transition, words):
    """The first sentence says which transition the mail tells."""
    mail = told(transition=transition)
    assert words in mail.text.splitlines()[0]
    assert words in mail.html


def test_unknown_fields_leave_no_rows():
    """Of an alarm of which little is known, no empty rows are shown."""
    mail = told(BARE_ALARM)
    for line in mail.text.splitlines():
        assert not line.endswith(":")
    assert "<td></td>" not in mail.html
    assert "Details" not in mail.text
    assert "None" not in mail.text + mail.html


def test_details_cannot_pass_for_fields():
    """Lines within details are set in, so that none looks like a row of the mail's own."""
    mail = told(replace(ALARM, details="x\nSeverity:           informational"))
    rows = [line for line in mail.text.splitlines() if line.startswith("Severity:")]
    assert rows == ["Severity:           major"]


def test_html_needs_nothing_from_elsewhere():
    """The HTML has no images, scripts, style sheets or forms, and no colours of its own."""
    html = told(url="https://tocsin.example/alarms/1").html
    assert not re.search(r"<(img|script|link|iframe|form|style|object|svg|video)\b", html)
    assert not re.search(r"\bsrc=|url\(|@import|background|(?<!-)\bcolor\s*:", html)
    assert 'content="light dark"' in html


def test_html_shows_hostile_text_as_text():
    """Markup in an alarm is shown, and only web addresses become links."""
    evil = '"><img src=https://x.example.net/p.png onerror=x><b>'
    host = Host(ip=evil, name=evil, user=evil, groups=(evil,))
    alarm = replace(
        ALARM,
        type=evil,
        details=evil,
        url="javascript:alert(1)",
        source_host=host,
        attributes={evil: evil},
    )
    for mail in (told(alarm), told(alarm, body="{{ alarm.type }}\n{{ alarm.details }}")):
        assert "<img" not in mail.html
        assert "<b>" not in mail.html
        assert "href" not in mail.html


def test_own_templates():
    """Subject and body of the action's own are used, the HTML then shows the text."""
    mail = told(
        subject="{{ alarm.severity|upper }} {alarm_type_name}",
        body="<{{ source_ip }}>\n{% if target_ip %}\n-> {target_ip}\n{% endif %}\nend\n",
    )
    assert mail.subject == "MAJOR Suspect Data Loss"
    assert mail.text == "<192.0.2.7>\n-> 203.0.113.9\nend\n"
    assert "&lt;192.0.2.7&gt;\n-&gt; 203.0.113.9\nend" in mail.html


def test_failing_template_still_tells_the_alarm():
    """A template that fails on an alarm is replaced by the default, and the mail says so."""
    mail = told(
        replace(ALARM, target_host=Host()),
        subject="{{ alarm.ended_at and alarm.target_host.port > 1024 }}",
        body="{% if alarm.ended_at and alarm.target_host.port > 1024 %}high{% endif %}",
    )
    assert mail.subject == "[major] Suspect Data Loss from 192.0.2.7"
    for text in (mail.text, mail.html):
        assert "Suspect Data Loss" in text
        assert "own subject is not shown: TypeError" in text
        assert "own body is not shown: TypeError" in text


def test_empty_result_still_tells_the_alarm():
    """Templates that make nothing of an alarm are replaced by the default ones."""
    mail = told(subject="{{ alarm.attributes.none }}", body="{{ alarm.attributes.none }} ")
    assert mail.subject.startswith("[major]")
    assert "200 MB to a place" in mail.text


def test_envelope_of_the_mail():
    """Sender, recipients, message id and date are as given; domains in A-labels."""
    mail = told(to=["soc@example.com", "oncall@EXÄMPLE.com"])
    assert mail.sender == "sna@example.com"
    assert mail.recipients == ("soc@example.com", "oncall@xn--exmple-cua.com")
    assert mail.message_id == "<1@example.com>"
    assert mail.date == 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("severity", "priority"),
    [(Severity.CRITICAL, "1"), (Severity.MAJOR, "2"), (Severity.MINOR, None)],
)
def test_priority(severity, priority):
    """Grave alarms are marked for mail programs, others are not."""
    headers = told(replace(ALARM, severity=severity)).headers
    assert headers.get("X-Priority") == priority
    assert headers["X-Tocsin-Severity"] == severity.value


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
        ({"to": [f"a{n}@example.com" for n in range(51)]}, "at most 50 items"),
        ({"to": "soc@example.com"}, "valid tuple"),
        ({"subject": ""}, "at least 1 character"),
        ({"group": {"by": ["type"], "window_s": 60}}, "only value taken is none"),
        ({"group": "type"}, "only value taken is none"),
        ({"cc": ["x@example.com"]}, "Extra inputs"),
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
