"""The email action: its settings, and the mail it makes of an alarm."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from typing import get_args

import pytest

from tocsin.channels.email.default import SUBJECT
from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import EmailSettings
from tocsin.channels.email.words import WORDS, Language
from tocsin.channels.email.words.shape import FACTS
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.domain.alarm import AlarmState, Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.domain.telling import Telling
from tocsin.mail.message import Mail, compose

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
        [Telling(alarm, transition)],
        told=1,
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
    assert mail.to == ("soc@example.com", "oncall@xn--exmple-cua.com")
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


def test_default_subject_as_a_template():
    """The default subject that pages show as a template makes the very same."""
    ended = replace(ALARM, state=AlarmState.INACTIVE)
    for alarm, transition in (
        (ALARM, TransitionKind.ACTIVE),
        (BARE_ALARM, TransitionKind.SEVERITY),
        (ended, TransitionKind.INACTIVE),
        (replace(ALARM, type="a\nb\u202e" * 1000), TransitionKind.ACTIVE),
    ):
        made = told(alarm, transition).subject
        assert made == told(alarm, transition, subject=SUBJECT).subject


def test_recipients_are_those_of_all_three_fields():
    """The envelope has everyone once; the mail shows who is not a blind copy."""
    fields = {"to": ["a@example.com"], "cc": ["b@exämple.com"], "bcc": ["c@example.com"]}
    assert EMAIL.recipients(settings(**fields)) == (
        "a@example.com",
        "b@xn--exmple-cua.com",
        "c@example.com",
    )
    mail = told(**fields, reply_to=["duty@example.com"])
    assert (mail.to, mail.cc) == (("a@example.com",), ("b@xn--exmple-cua.com",))
    assert mail.reply_to == ("duty@example.com",)
    assert b"c@example.com" not in compose(mail)


def test_headers_for_ses():
    """Configuration set and tags stand in the fields that Amazon SES reads, when set."""
    fields = {"configuration_set": "alarms-1", "message_tags": {"team": "soc", "site": "A_1"}}
    message = email.message_from_bytes(compose(told(**fields)), policy=email.policy.default)
    assert message["X-SES-CONFIGURATION-SET"] == "alarms-1"
    assert message["X-SES-MESSAGE-TAGS"] == "team=soc, site=A_1"
    assert not {name for name in told().headers if name.startswith("X-SES")}


def test_chinese():
    """The default mail of an action set to Chinese has its words, and the alarm's as they are."""
    ended = replace(ALARM, state=AlarmState.INACTIVE)
    mail = told(ended, TransitionKind.INACTIVE, language="zh-Hans")
    assert mail.subject == "[重大] Suspect Data Loss，源 192.0.2.7，目标 203.0.113.9（非活动）"  # noqa: RUF001
    for text in (mail.text, mail.html):
        assert "告警已变为非活动。" in text
        for fact in facts(ALARM):
            if fact not in ("major", "active"):
                assert fact in text
    assert 'lang="zh-Hans"' in mail.html
    assert "Severity" not in mail.text + mail.html
    message = email.message_from_bytes(compose(mail), policy=email.policy.default)
    assert message["Subject"] == mail.subject
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == mail.text


def test_every_language_says_everything():
    """Each language has a word for every severity, state, transition and fact."""
    assert set(WORDS) == set(get_args(Language))
    for words in WORDS.values():
        assert set(words.severities) == set(Severity)
        assert set(words.states) == set(AlarmState)
        assert set(words.transitions) == set(words.headlines) == set(TransitionKind)
        assert set(words.facts) == set(FACTS)
        assert len(set(words.facts.values())) == len(FACTS)


def test_more_attributes_than_are_shown():
    """Of very many attributes a hundred are shown, and it is said how many are not."""
    alarm = replace(ALARM, attributes={f"name {n}": f"value {n}" for n in range(150)})
    mail = told(alarm)
    for text in (mail.text, mail.html):
        assert "value 99" in text
        assert "value 100" not in text
        assert "and 50 more" in text
