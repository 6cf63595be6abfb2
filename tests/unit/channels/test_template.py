"""Templates of operators: what they can say, what is refused, what cannot be done with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.channels.template import (
    LONGEST_OUTPUT,
    BadTemplate,
    NotRendered,
    Template,
    check_template,
    compiled,
)
from tocsin.channels.variables import ALARM_VARIABLES, SNA_VARIABLES, VARIABLES, Told
from tocsin.domain.alarm import Host, TransitionKind

SAMPLE = replace(
    sample_alarm(1_700_000_000_123_456), attributes={"sid": "2001219", "rev": "2", "my key": "v"}
)


def rendered(source: str, alarm=SAMPLE, *, html: bool = False) -> str:
    return Template(source, html=html).render(
        Told(alarm, TransitionKind.ACTIVE, "https://x.example")
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain text, braces { } and {0}", "plain text, braces { } and {0}"),
        ("{{ alarm.severity }} {{ alarm.source_host.ip }}", "informational 192.0.2.10"),
        ("{{ alarm['source_host']['ip'] }}", "192.0.2.10"),
        ("{{ alarm.target_host.port }}", "443"),
        ("{{ alarm.received_at }}", "2023-11-14T22:13:20.123456Z"),
        ("{{ alarm_type_name }} {{ port }}", "Test alarm (Test Action) 443"),
        ("{{ alarm.attributes.sid }} {{ alarm.attributes['my key'] }}", "2001219 v"),
        ("{{ alarm.attributes.none }}|", "|"),
        ("{{ alarm.attributes }}", "sid: 2001219; rev: 2; my key: v"),
        ("{{ alarm.attributes|length }}", "3"),
        ("{% for name in alarm.attributes %}{{ name }},{% endfor %}", "sid,rev,my key,"),
        (
            "{% for n, v in alarm.attributes.items() if n %}{{ loop.last }}{{ n }}{% endfor %}",
            "FalsesidFalserevTruemy key",
        ),
        ("{% if alarm.severity in ['critical', 'major'] %}!{% else %}.{% endif %}", "."),
        ("{% if alarm.count >= 1 and alarm.url and not alarm.ended_at %}y{% endif %}", "y"),
        ("{{ 'up' if transition == 'active' else 'down' }}", "up"),
        ("{{ alarm.type ~ '/' ~ alarm.count }}", "Test alarm (Test Action)/1"),
        ("{{ alarm.severity|upper|lower|capitalize }}", "Informational"),
        ("{{ alarm.ended_at|default('still on') }}", "still on"),
        ("{{ alarm.details|truncate(10) }}", "This is a…"),
        ("{{ alarm.details|indent(2) }}", "  " + SAMPLE.details),
        ("{{ alarm.url|weblink }}{{ alarm.type|weblink }}", "https://www.example.com/test-alarm"),
        ("{{ url }}", "https://x.example"),
        ("{# a comment #}a", "a"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ],
)
def test_language(source, text):
    """Each of these can be written, passes the check and says what one expects."""
    check_template(source)
    assert rendered(source) == text


def test_lines_of_blocks_leave_no_line():
    """A line that holds only blocks vanishes; one with text beside a block keeps its end."""
    source = (
        "a\n{% if alarm.url %}\nb\n  {% endif %}  {% if alarm.type %}\nc{% endif %}\n"
        "{% if url %}d\n{% endif %}\n{% if url -%}\n\n e{% endif %}"
    )
    assert rendered(source) == "a\nb\nc\nd\ne"


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_renders(name):
    """Each variable can be said of a full alarm and of one of which little is known."""
    source = f"{{{{ {name} }}}}"
    check_template(source)
    assert "None" not in rendered(source)
    assert "None" not in rendered(source, BARE_ALARM)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ alarm.severty }}", "alarm.severty is not known; did you mean alarm.severity"),
        ("\n\n{{ nonsense }}", "line 3: nonsense is not known"),
        ("{{ alarm_typ_name }}", "did you mean alarm_type_name"),
        ("{{ alarm.source_host.adress }}", "alarm.source_host.adress is not known"),
        ("{{ alarm.source_host }}", "is several values: alarm.source_host.groups"),
        ("{{ alarm }}", "alarm is several values"),
        ("{{ alarm.__class__ }}", "alarm.__class__ is not known"),
        ("{{ alarm.type.upper() }}", "calls are not available"),
        ("{{ alarm.attributes.items(1) }}", "calls are not available"),
        ("{{ alarm.attributes.clear() }}", "calls are not available"),
        ("{{ ''.__class__.__mro__ }}", "only variables have fields"),
        ("{{ 'x'['upper'] }}", "only variables have fields"),
        ("{{ alarm[alarm.type] }}", "only variables have fields"),
        ("{% for i in range(10) %}{% endfor %}", "a loop goes over|calls are not available"),
        ("{% for i in [1, 2] %}{% endfor %}", "a loop goes over alarms, alarm.attributes"),
        ("{% for i in alarm.type %}{% endfor %}", "a loop goes over alarms, alarm.attributes"),
        ("{% for i in alarm.attributes.items %}{% endfor %}", "a loop goes over"),
        (
            "{% for i in alarm.attributes %}" * 2 + "{% endfor %}" * 2,
            "loops in loops",
        ),
        ("{% for alarm in alarm.attributes %}{% endfor %}", "cannot be the variable of a loop"),
        ("{% for details in alarm.attributes %}{% endfor %}", "cannot be the variable of a loop"),
        ("{% for known__0 in alarm.attributes %}{% endfor %}", "cannot be the variable of a loop"),
        ("{% for i in alarm.attributes %}{{ loop.cycle }}{% endfor %}", "loop.cycle is not known"),
        ("{% for i in alarm.attributes %}{{ i.x }}{% endfor %}", "i.x is not known"),
        ("{% for i in alarm.attributes %}{% endfor %}{{ i }}", "i is not known"),
        (
            "{% for i in alarm.attributes %}" + "{{ i }}" * 101 + "{% endfor %}",
            "the loop holds too much",
        ),
        ("{% set a = 'x' %}{% set a = a ~ a %}", "set is not available"),
        ("{% macro m() %}{% endmacro %}", "macro is not available"),
        ("{% include 'x' %}", "include is not available"),
        ("{% import 'x' as y %}", "import is not available"),
        ("{% from 'x' import y %}", "import is not available"),
        ("{% extends 'x' %}", "extends is not available"),
        ("{% block b %}{% endblock %}", "block is not available"),
        ("{% filter upper %}x{% endfilter %}", "filterblock is not available"),
        ("{% with a=1 %}{% endwith %}", "with is not available"),
        ("{{ 'a' * 1000000000 }}", "arithmetic is not available"),
        ("{{ 2 ** 100000 }}", "arithmetic is not available"),
        ("{{ '%9999999d' % 1 }}", "arithmetic is not available"),
        ("{{ alarm.count + 1 }}", "arithmetic is not available"),
        ("{{ alarm.type is defined }}", "a test with 'is' is not available|No test named"),
        ("{{ alarm.type|center(1000000) }}", "No filter named 'center'|filter center is not known"),
        ("{{ alarm.type|attr('x') }}", "No filter named 'attr'|filter attr is not known"),
        ("{{ alarm.type|truncate(1, 2, 3) }}", "takes 0 to 1 arguments, not 3"),
        ("{{ alarm.type|truncate(length=1) }}", "takes no named arguments"),
        ("{{ alarm.type|default }}", "takes 1 arguments, not 0"),
        ("{{ alarm.type|truncate('x') }}", "fails on an alarm"),
        ("{{ alarm.count|length }}", "fails on an alarm"),
        ("{% if alarm.target_host.port > 1024 %}high{% endif %}", "fails on an alarm"),
        ("{{ alarm.type[0:3] }}", "only variables have fields"),
        ("{{ {'a': 1} }}", "dict is not available"),
        ("{{ alarm.type", "line 1"),
        ("{% if %}", "line 1"),
        ("{% endif %}", "line 1"),
        ("a {alarm_typ_name} b", r"{alarm_typ_name} is not known; did you mean {alarm_type_name}"),
        ("x" * 20_001, "at most 20,000"),
        ("{{ " + "(" * 5000 + "alarm.type" + ")" * 5000 + " }}", "."),
        ("{{ " + "not " * 250 + "alarm.type }}", "."),
        ("{{ " + "not " * 4900 + "alarm.type }}", "."),
        ("{% if url %}" * 300 + "{% endif %}" * 300, "."),
    ],
)
def test_refused_when_saved(source, says):
    """What is not known, not available or could run away is refused in words."""
    with pytest.raises(BadTemplate, match=says):
        check_template(source)


def test_unknown_variable_lists_what_there_is():
    """Who misspells a variable sees every one there is, the alarm's fields first."""
    with pytest.raises(BadTemplate) as refusal:
        check_template("{{ sverity }}")
    assert all(name in str(refusal.value) for name in (*ALARM_VARIABLES, *SNA_VARIABLES))


def test_output_is_bounded():
    """A template that repeats long values ends at a limit and says so."""
    alarm = replace(BARE_ALARM, details="x" * 10_000_000)
    text = rendered("{{ details }}\n" * 1000, alarm)
    assert LONGEST_OUTPUT < len(text) < LONGEST_OUTPUT + 100
    assert text.endswith("[The rest is left out.]\n")


def test_alarm_text_is_no_template():
    """Braces in an alarm's text are shown, not carried out."""
    alarm = replace(BARE_ALARM, type="{{ alarm.id }}{% raw %}")
    assert rendered("{{ alarm.type }}", alarm) == "{{ alarm.id }}{% raw %}"


def test_html_is_escaped():
    """In HTML every value is text, also after a filter."""
    evil = replace(BARE_ALARM, type="<script>", details='"><img src=x>', attributes={"<a>": "&"})
    html = rendered(
        '<p title="{{ alarm.details|indent(1) }}">{{ alarm.type|upper }}'
        "{% for name, value in alarm.attributes.items() %}{{ name }}{{ value }}{% endfor %}",
        evil,
        html=True,
    )
    assert "<script" not in html.lower()
    assert "<img" not in html
    assert "&lt;a&gt;&amp;" in html
    assert '" title' not in html.replace('<p title="', "")


def test_failure_on_an_alarm_is_typed():
    """What only fails on some alarms fails as `NotRendered`, with the reason."""
    template = Template("{% if alarm.target_host.port > 1 %}x{% endif %}")
    with pytest.raises(NotRendered, match="TypeError"):
        template.render(Told(BARE_ALARM, TransitionKind.ACTIVE))
    port = replace(BARE_ALARM, target_host=Host(port=22))
    assert template.render(Told(port, TransitionKind.ACTIVE)) == "x"


def test_compiled_once():
    """The same text is compiled once."""
    assert compiled("{{ alarm.type }}") is compiled("{{ alarm.type }}")


def test_values_are_worked_out_once_for_a_message():
    """Templates of one message share the values that they say."""
    known = {}
    told = Told(SAMPLE, TransitionKind.ACTIVE)
    Template("{{ alarm.type }}").render(told, known)
    assert list(known) == ["alarm.type"]
    known["alarm.type"] = "from before"
    assert Template("{{ alarm.type }}").render(told, known) == "from before"
