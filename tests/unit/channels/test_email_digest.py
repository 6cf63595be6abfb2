"""The mail that tells several alarms."""

from __future__ import annotations

import email
import email.policy
import html.parser
import re
from dataclasses import replace

import pytest

from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import EmailSettings
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.domain.alarm import Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.domain.telling import Telling
from tocsin.mail.message import Mail, compose

EMAIL = Email()
URL = "https://tocsin.example/deliveries/1"
SCAN = replace(
    sample_alarm(1_700_000_000_000_000),
    type="ET SCAN Potential SSH Scan",
    severity=Severity.MAJOR,
    source_host=Host("192.0.2.7", 4242),
    target_host=Host("2001:db8::9", 443),
)


def tellings(count: int, types: int = 1) -> list[Telling]:
    first = Telling(SCAN, TransitionKind.ACTIVE)
    others = [
        Telling(
            replace(
                SCAN,
                severity=Severity.MINOR,
                type=SCAN.type if n % types == 0 else f"Type {n % types}",
                source_host=Host(f"198.51.100.{n % 250}"),
            ),
            TransitionKind.SEVERITY if n % 2 else TransitionKind.INACTIVE,
        )
        for n in range(1, count)
    ]
    return [first, *others]


def told(some: list[Telling], number: int | None = None, url=URL, **changes) -> Mail:
    settings = EmailSettings.model_validate(
        {"name": "x", "kind": "email", "to": ["soc@example.com"], **changes}
    )
    return EMAIL.render(
        settings,
        some,
        told=len(some) if number is None else number,
        sender="sna@example.com",
        message_id="<1@example.com>",
        date=0,
        url=url,
    )


class Rows(html.parser.HTMLParser):
    """The rows of the last table, as texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text[: text.rindex("</table>")])

    def handle_starttag(self, tag, _attributes):
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


@pytest.mark.parametrize(
    ("count", "types", "number", "says"),
    [
        (2, 1, 2, "[major] 2 alarms: ET SCAN Potential SSH Scan"),
        (6, 3, 6, "[major] 6 alarms: ET SCAN Potential SSH Scan … (3 types)"),
        (100, 3, 4214, "[major] 4,214 alarms: ET SCAN Potential SSH Scan … (3 types or more)"),
        (100, 1, 4214, "[major] 4,214 alarms: ET SCAN Potential SSH Scan"),
    ],
)
def test_subject(count, types, number, says):
    """How grave, how many, of what; types are counted only as far as they are known."""
    assert told(tellings(count, types), number).subject == says


def test_one_alarm_is_told_as_ever():
    """A mail of one alarm is the same whether or not it might have been of several."""
    assert told(tellings(1)).subject.startswith("[major] ET SCAN Potential SSH Scan from 192.0.2.7")
    assert told(tellings(1)).headers["X-Tocsin-Alarm"] == SCAN.id


def test_every_alarm_has_a_row():
    """Each alarm is in text and table: severity, time, type, hosts, what happened."""
    mail = told(tellings(6, 3))
    rows = Rows(mail.html).rows
    assert len(rows) == 7
    assert rows[1] == [
        "major",
        "2023-11-14T22:13:20Z",
        "ET SCAN Potential SSH Scan",
        "192.0.2.7:4242",
        "[2001:db8::9]:443",
        "active",
    ]
    assert [row[5] for row in rows[2:]] == ["graver", "inactive", "graver", "inactive", "graver"]
    listed = [line for line in mail.text.splitlines() if "2023-11-14" in line]
    assert len(listed) == 6
    assert listed[0] == (
        "  major  2023-11-14T22:13:20Z  ET SCAN Potential SSH Scan: "
        "192.0.2.7:4242 → [2001:db8::9]:443 (active)"
    )
    assert "more" not in mail.text


def test_totals_of_all():
    """Where all are at hand, they are counted by severity and by type."""
    mail = told(tellings(6, 3))
    for text in (mail.text, mail.html):
        assert "6 alarms, the gravest first." in text
        assert "1 major, 5 minor" in text
        assert "2 ET SCAN Potential SSH Scan; 2 Type 1; 2 Type 2" in text
        assert "at hand" not in text


def test_totals_of_some():
    """Where not all are at hand, the counts say of how many they are."""
    mail = told(tellings(100, 30), 4214)
    for text in (mail.text, mail.html):
        assert "4,214 alarms, the gravest first." in text
        assert "1 major, 99 minor (of the 100 at hand)" in text
        assert "4 ET SCAN Potential SSH Scan; 4 Type 1" in text
        assert "; and 60 more (of the 100 at hand)" in text


@pytest.mark.parametrize(
    ("given", "number", "rows", "more"),
    [(100, 100, 100, ""), (100, 4214, 100, "and 4,114 more"), (1000, 1000, 100, "and 900 more"),
     (1, 4214, 1, "and 4,213 more")],
)  # fmt: skip
def test_the_others_are_counted_and_linked(given, number, rows, more):
    """At most a hundred have rows; how many have none is exact, and a link leads to all."""
    mail = told(tellings(given), number)
    assert len(Rows(mail.html).rows) == rows + 1
    for text in (mail.text, mail.html):
        assert [one for one in re.findall(r"and [0-9,]+ more", text) if one] == [more] * bool(more)
        assert URL in text
    assert mail.headers["X-Tocsin-Alarms"] == str(number)


def test_without_a_page_there_is_no_link():
    """Where no page is known, none is linked, and the rest is said all the same."""
    mail = told(tellings(2), 50, url="")
    assert "href" not in mail.html
    assert "and 48 more" in mail.html
    assert "All of them" not in mail.text


def test_hostile_alarms():
    """Markup is shown as text, and no alarm's text can pass for a line of the mail's own."""
    evil = "x\nand 9,999 more\n<img src=https://x.example.net/p.png><b>"
    one = Telling(
        replace(SCAN, type=evil, source_host=Host(evil, name=evil)), TransitionKind.ACTIVE
    )
    mail = told([one, Telling(BARE_ALARM, TransitionKind.ACTIVE)])
    assert "<img" not in mail.html
    assert "<b>" not in mail.html
    assert not [line for line in mail.text.splitlines() if line.strip().startswith("and ")]
    message = email.message_from_bytes(compose(mail), policy=email.policy.default)
    assert not message.defects


def test_nothing_from_elsewhere():
    """The HTML of a digest fetches nothing and has no colours of its own."""
    html_ = told(tellings(100, 3), 4214).html
    assert not re.search(r"<(img|script|link|iframe|form|style|object|svg|video)\b", html_)
    assert not re.search(r"\bsrc=|url\(|@import|background|(?<!-)\bcolor\s*:", html_)


def test_chinese():
    """A digest of an action set to Chinese has its words."""
    mail = told(tellings(100, 3), 4214, language="zh-Hans")
    assert mail.subject == (
        "[重大] 4,214 个告警：ET SCAN Potential SSH Scan……（至少 3 种类型）"  # noqa: RUF001
    )
    for text in (mail.text, mail.html):
        assert "另有 4,114 个" in text
        assert "查看全部" in text
        assert "1 重大, 99 次要" in text
        assert "严重程度上升" in text


def test_own_templates_for_one_alarm_are_not_used():
    """Templates that say nothing of several alarms are for one; the default tells several."""
    own = {"subject": "one: {{ alarm.type }}", "body": "one: {{ alarm.id }}", "html": "<p>one</p>"}
    mail = told(tellings(3), **own)
    assert mail.subject.startswith("[major] 3 alarms")
    assert "3 alarms" in mail.text
    assert len(Rows(mail.html).rows) == 4
    assert told(tellings(1), **own).subject == f"one: {SCAN.type}"


def test_own_templates_for_several():
    """Templates that name `told` or `alarms` tell several alarms too."""
    own = {
        "subject": "{{ told }} like {alarm_type_name}",
        "body": "{% for one in alarms %}\n{{ loop.index }} {{ one.source_host.ip }} "
        "{{ one.transition }} {{ one.attributes.test }}\n{% endfor %}\n{{ url }}",
    }
    mail = told(tellings(3), 7, **own)
    assert mail.subject == "7 like ET SCAN Potential SSH Scan"
    assert mail.text.splitlines() == [
        "1 192.0.2.7 active yes",
        "2 198.51.100.1 severity yes",
        "3 198.51.100.2 inactive yes",
        URL,
    ]
    assert "3 198.51.100.2 inactive yes" in mail.html
    assert told(tellings(1), **own).subject == "1 like ET SCAN Potential SSH Scan"


def test_failing_template_for_several():
    """A template that fails on the alarms told is replaced by the default, which says so."""
    body = "{% for one in alarms %}{{ one.ended_at and one.count > 'a' }}{% endfor %}"
    some = [Telling(replace(one.alarm, ended_at=1), one.transition) for one in tellings(3)]
    mail = told(some, body=body)
    assert "3 alarms, the gravest first." in mail.text
    assert "own body is not shown: TypeError" in mail.text
    assert "own body is not shown: TypeError" in mail.html
