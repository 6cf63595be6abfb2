"""The values that templates say, and SNA's names for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.channels.variables import (
    LONGEST_DETAILS,
    LONGEST_LINE,
    MOST_ATTRIBUTES,
    SNA_VARIABLES,
    VARIABLES,
    Told,
    moment,
    take_over,
)
from tocsin.domain.alarm import Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.mail.mark import MARK

SAMPLE = sample_alarm(1_700_000_000_000_000)


def value(name: str, alarm=SAMPLE, transition=TransitionKind.ACTIVE):
    return VARIABLES[name](Told(alarm, transition, "https://tocsin.example/alarms/1"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("alarm_id", SAMPLE.id),
        ("alarm_type_name", "Test alarm (Test Action)"),
        ("alarm_type_description", "Test alarm (Test Action)"),
        ("alarm_severity_id", "1"),
        ("alarm_severity_name", "Informational"),
        ("alarm_category_name", "System"),
        ("alarm_status", "active"),
        ("details", SAMPLE.details),
        ("time", "2023-11-14T22:13:20Z"),
        ("start_active_time", "2023-11-14T22:13:20Z"),
        ("end_active_time", ""),
        ("source_ip", "192.0.2.10"),
        ("source_hostname", "source.example.com"),
        ("source_username", "test"),
        ("source_mac_address", "00:00:5e:00:53:0a"),
        ("source_host_group_names", "Test hosts"),
        ("source_url", "https://tocsin.example/alarms/1"),
        ("target_ip", "198.51.100.20"),
        ("target_hostname", "target.example.com"),
        ("port", 443),
        ("protocol", "TCP"),
        ("device_name", "Tocsin"),
        ("domain_name", ""),
    ],
    # The id of an alarm is another one in each process; a test's name must not be.
    ids=lambda value: value if str(value).replace("_", "").isalpha() else "value",
)
def test_sna_variables(name, wanted):
    """SNA's variables say what they say there, from the alarm's fields."""
    assert value(name) == wanted


def test_sna_variable_from_an_attribute():
    """What Tocsin has no field for is taken from an attribute of that name."""
    alarm = replace(SAMPLE, attributes={"policy_name": "Inside Hosts", "alarm_type_id": "310"})
    assert value("policy_name", alarm) == "Inside Hosts"
    assert value("alarm_type_id", alarm) == "310"


def test_start_without_a_started_at():
    """An alarm whose sensor said no beginning began when it was received."""
    assert value("start_active_time", BARE_ALARM) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("name", VARIABLES)
def test_hostile_values_are_marked_and_cut(name):
    """No variable gives control characters or megabytes; only details have lines."""
    evil = "a\r\nBcc: x\0\u202e" + "x" * 10_000_000
    host = Host(ip=evil, name=evil, mac=evil, user=evil, groups=(evil, evil))
    alarm = replace(
        BARE_ALARM,
        id=evil,
        source=evil,
        source_type=evil,
        type=evil,
        category=evil,
        dedup_key=evil,
        source_host=host,
        target_host=host,
        protocol=evil,
        details=evil,
        url=evil,
        attributes={
            evil: evil,
            **dict.fromkeys(SNA_VARIABLES, evil),
            **{str(n): "v" for n in range(200)},
        },
    )
    text = str(value(name, alarm))
    assert "\0" not in text
    assert "\r" not in text
    assert "\u202e" not in text
    assert len(text) < max(LONGEST_DETAILS, MOST_ATTRIBUTES * (LONGEST_LINE + 100))
    if name not in ("alarm.details", "details"):
        assert "\n" not in text


def test_details_keep_their_lines():
    """Details of several lines stay lines; a lone CR is marked."""
    alarm = replace(SAMPLE, details="one\r\ntwo\nthree\rfour")
    assert value("alarm.details", alarm) == f"one\ntwo\nthree{MARK}four"


def test_many_attributes_are_counted():
    """Attributes beyond the limit are left out and counted."""
    alarm = replace(SAMPLE, attributes={f"k{n}": "v" for n in range(1_234)})
    shown = value("alarm.attributes", alarm)
    assert len(shown) == MOST_ATTRIBUTES + 1
    assert shown["…"] == "[1,134 more attributes]"


def test_severity_and_transition():
    """Severity and transition are told by their words."""
    alarm = replace(SAMPLE, severity=Severity.CRITICAL)
    assert value("alarm.severity", alarm) == "critical"
    assert value("alarm_severity_id", alarm) == "5"
    assert value("transition", alarm, TransitionKind.SEVERITY) == "severity"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, ""),
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_700_000_000_120_000, "2023-11-14T22:13:20.120000Z"),
    ],
)
def test_moment(at, text):
    """Times are RFC 3339 in UTC; fractions only where there are any."""
    assert moment(at) == text


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("{alarm_type_name}", "{{ alarm_type_name }}"),
        ("{ details }", "{{ details }}"),
        ("src={source_ip}|dst={target_ip}", "src={{ source_ip }}|dst={{ target_ip }}"),
        ("{source_ip}{port}", "{{ source_ip }}{{ port }}"),
        ("{{ source_ip }}", "{{ source_ip }}"),
        ("{{source_ip}}", "{{source_ip}}"),
        ("{% if port %}{port}{% endif %}", "{% if port %}{{ port }}{% endif %}"),
        ('{"json": "{details}"}', '{"json": "{{ details }}"}'),
        ("{unknown_thing} {} {0}", "{unknown_thing} {} {0}"),
        ("{alarm.type}", "{alarm.type}"),
    ],
)
def test_take_over(given, taken):
    """SNA's one-brace form becomes two braces; all other braces stay; twice is as once."""
    assert take_over(given) == taken
    assert take_over(taken) == taken
