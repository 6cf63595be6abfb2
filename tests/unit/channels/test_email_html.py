"""An HTML body of the action's own: what may stand in it, and what comes of it."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest

from tocsin.channels.email.kind import Email, Unrenderable
from tocsin.channels.email.settings import EmailSettings
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.telling import Telling
from tocsin.mail.message import Mail, compose

EMAIL = Email()
ALARM = replace(sample_alarm(0), type='<img src=x onerror="y">&', url="javascript:alert(1)")
FINE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{{ alarm.type }}</title>
<style>@media (prefers-color-scheme: dark) { td { color: #eee } }</style></head>
<body bgcolor="#ffffff">
<h1 style="color:{% if alarm.severity == 'critical' %}red{% else %}black{% endif %}">Alarm</h1>
<p title="{{ alarm.type }}">{{ alarm.type }} &lt; {{ alarm.count }} &amp; more: 3 &gt; 2<br/>
<a href="{{ url }}">page</a> <a href='{{ alarm.url|weblink }}'>source</a>
<a href="mailto:soc@example.com">mail</a> <a href="https://example.com/?q={{ alarm.id }}">x</a></p>
{% if alarm.attributes %}
<table border="1">
{% for name, value in alarm.attributes.items() %}
<tr><td>{{ name }}</td><td>{{ value }}</td></tr>
{% endfor %}
</table>
{% endif %}
<!-- a comment -->
</body></html>
"""


def settings(**changes) -> EmailSettings:
    return EmailSettings.model_validate(
        {"name": "x", "kind": "email", "to": ["soc@example.com"], **changes}
    )


def told(alarm=ALARM, **changes) -> Mail:
    return EMAIL.render(
        settings(**changes),
        [Telling(alarm, TransitionKind.ACTIVE)],
        told=1,
        sender="sna@example.com",
        message_id="<1@example.com>",
        date=0,
        url="https://tocsin.example/alarms/1",
    )


def test_own_html():
    """The action's HTML is sent beside the text, whatever an alarm holds being text in it."""
    found = settings(html=FINE)
    assert EMAIL.check(found) == []
    mail = told(html=FINE)
    assert '<p title="&lt;img src=x onerror=&#34;y&#34;&gt;&amp;">&lt;img src=x' in mail.html
    assert "<img" not in mail.html
    assert '<a href="https://tocsin.example/alarms/1">page' in mail.html
    assert "<a href=''>source" in mail.html
    assert "<td>test</td><td>yes</td>" in mail.html
    assert mail.text.startswith("The alarm has become active.")
    message = email.message_from_bytes(compose(mail), policy=email.policy.default)
    assert message.get_body(("html",)).get_content().replace("\r\n", "\n") == mail.html


def test_own_html_beside_own_text():
    """Both of the action's own are used."""
    mail = told(html="<p>own</p>", body="own text")
    assert (mail.html, mail.text) == ("<p>own</p>", "own text")


def test_failing_html_still_tells_the_alarm():
    """HTML that fails on an alarm gives way to that of the text, and the mail says so."""
    html = "<p>{{ alarm.ended_at and alarm.source_host.port > 'x' }}</p>"
    mail = told(replace(ALARM, ended_at=1), html=html)
    for text in (mail.text, mail.html):
        assert "own html is not shown: TypeError" in text
        assert "198.51.100.20" in text


@pytest.mark.parametrize(
    ("html", "line", "says"),
    [
        ('<p>a</p>\n<img src="https://x.example/p.png">', 2, "<img> is not available"),
        ("<IMG SRC=x>", 1, "<img> is not available"),
        ("<script>alert(1)</script>", 1, "<script> is not available"),
        ('<link rel="stylesheet" href="x.css">', 1, "<link> is not available"),
        ("<iframe></iframe>", 1, "<iframe> is not available"),
        ("<svg/onload=x>", 1, "<svg> is not available"),
        ("<form><input></form>", 1, "<form> is not available"),
        ("<base href='https://x.example/'>", 1, "<base> is not available"),
        ("<object data='x'></object>", 1, "<object> is not available"),
        ("<td background='x'>", 1, "background of <td> is not available"),
        ("<p onclick='x'>", 1, "onclick of <p> is not available"),
        ("<p\nsrc='x'>", 1, "src of <p> is not available"),
        ("<p style='background:url(https://x.example/)'>", 1, "url( in a style"),
        ("<p style='background:URL (x)'>", 1, "in a style is not available"),
        ("<p style='background:&#117;rl(x)'>", 1, "url( in a style"),
        (r"<p style='background:u\72l(x)'>", 1, "in a style is not available"),
        ("<style>\n@import 'x';</style>", 1, "@import in a style"),
        ("<style>p{background:image-set('x' 1x)}</style>", 1, "image-set( in a style"),
        ("<style/>@import 'x';", 1, "<style/> is not available"),
        ("<style>p{color:{{ alarm.type }}}</style>", 1, "a variable cannot stand in a style"),
        ("<p style='color:{{ alarm.type }}'>", 1, "a variable cannot stand in a style"),
        ("<p title={{ alarm.type }}>", 1, "must stand in quotes"),
        ("<p {{ alarm.type }}>", 1, "must stand in quotes"),
        ("<p {% if url %}title='x'{% endif %}>", 1, "must stand in quotes"),
        ("<p title='{{ alarm.type }}'{{ alarm.type }}>", 1, "must stand in quotes"),
        ("<b{{ alarm.type }}>", 1, "part of a tag's name"),
        ("<{{ alarm.type }}>", 1, "is written as &lt;"),
        ("</{{ alarm.type }}>", 1, "cannot stand in"),
        ("a < b", 1, "is written as &lt;"),
        ("<p title='x", 1, "a tag ends with >"),
        ("<p>\n\n<img src=x", 3, "a tag ends with >"),
        ("<a href='{{ alarm.url }}'>x</a>", 1, "one with |weblink"),
        ("<a href='javascript:alert(1)'>x</a>", 1, "href is not available but for links"),
        ("<a href='java\nscript:alert(1)'>x</a>", 1, "href is not available"),
        ("<a href='{{ url }}javascript:alert(1)'>x</a>", 1, "href is not available"),
        ("<a href='{{ alarm.url|weblink }}{{ alarm.type }}'>x</a>", 1, "href is not available"),
        ("<a href='//x.example/'>x</a>", 1, "href is not available"),
        ("<p href='https://x.example/'>x</p>", 1, "href is not available"),
        ("<meta http-equiv='refresh' content='0;url=https://x.example/'>", 1, "http-equiv"),
        ("<!--[if mso]><img src='x'><![endif]-->", 1, "begins with [if is not available"),
        ("<!-- {{ alarm.type }} -->", 1, "cannot stand in a comment"),
        ("<!--><img src='x'>-->", 1, "comment that holds < or >"),
        ("<!-- --!><img src='x'>-->", 1, "comment that holds < or >"),
        ("<style></style x><img src='y'></style>", 1, "is not available"),
        ("<![CDATA[ x ]]>", 1, "<![…]> is not available"),
        ("<?php x ?>", 1, "<?…> is not available"),
        ("{% raw %}<img src='x'>{% endraw %}", 1, "<img> is not available"),
        ("{% raw %}{{ <img src='x'> }}{% endraw %}", 1, "<img> is not available"),
        ("<im{% if url %}g src='x'{% endif %}>", 1, "part of a tag's name"),
        ("{% if url %}<img src='x'>{% endif %}", 1, "<img> is not available"),
        ("{% if url %}{% elif told %}<img src='x'>{% endif %}", 1, "<img> is not available"),
        ("{% if url %}{% else %}<img src='x'>{% endif %}", 1, "<img> is not available"),
        ("{% for a in alarms %}<img src='x'>{% endfor %}", 1, "<img> is not available"),
        ("{% for a in alarms %}{% else %}<img src='x'>{% endfor %}", 1, "<img> is not available"),
        ("<p>\ue000</p>", None, "private use"),
        ("{% if url %}\n\n{% endif %}\n<img>", 4, "<img> is not available"),
        ("{{ alarm.type\n}}\n<img>", 3, "<img> is not available"),
        ("{{ alarm.typ }}", 1, "did you mean alarm.type"),
        ("{% set x = 1 %}", 1, "set is not available"),
    ],
)
def test_refused(html, line, says):
    """What fetches, runs, or could let a value out of its place is refused with its line."""
    ((field, message),) = EMAIL.check(settings(html=html))
    assert field == "html"
    assert says in message
    if line is not None:
        assert message.startswith(f"line {line}: ")


def test_preview_shows_the_mail():
    """What is not saved yet is shown on real alarms, one or several."""
    alarms = [Telling(one, TransitionKind.ACTIVE) for one in (ALARM, BARE_ALARM)]
    found = settings(subject="{{ told }}: {{ alarm.count }}", html="<p>{{ alarms|length }}</p>")
    shown = EMAIL.preview(found, alarms[:1])
    assert (shown.subject, shown.html) == ("1: 1", "<p>1</p>")
    shown = EMAIL.preview(found, alarms, told=30, url="https://tocsin.example/x")
    assert (shown.subject, shown.html) == ("30: 1", "<p>2</p>")
    assert "and 28 more" in shown.text
    standard = EMAIL.preview(settings(), alarms[:1])
    assert standard.subject == told().subject
    assert standard.text.startswith("The alarm has become active.")


@pytest.mark.parametrize(
    ("changes", "field", "line", "says"),
    [
        ({"body": "a\n{{ alarm.typ }}"}, "body", 2, "did you mean alarm.type"),
        ({"subject": "{{ alarm.typ"}, "subject", 1, "line 1"),
        ({"html": "a\n\n<img>"}, "html", 3, "<img> is not available"),
        ({"body": "a\n\n{{ alarm.ended_at and alarm.count > 'x' }}"}, "body", 3, "TypeError"),
        ({"subject": "{{ alarm.attributes.none }}"}, "subject", None, "makes no text"),
    ],
)
def test_preview_names_the_failure(changes, field, line, says):
    """A preview of what cannot be saved, or fails on the alarm, names field and line."""
    with pytest.raises(Unrenderable, match=says) as caught:
        EMAIL.preview(
            settings(**changes), [Telling(replace(ALARM, ended_at=1), TransitionKind.ACTIVE)]
        )
    assert (caught.value.field, caught.value.line) == (field, line)
