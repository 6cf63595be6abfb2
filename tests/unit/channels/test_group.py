"""Grouping: which alarms belong together."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tocsin.channels.group import FIELDS, Group, key_of
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.channels.variables import ROW_VARIABLES
from tocsin.domain.alarm import Host

ALARM = replace(sample_alarm(0), attributes={"site": "Lab", "empty": ""})


def key(*by: str, alarm=ALARM, rule="Rule 1") -> str:
    return key_of(Group(by=by, window_s=60), alarm, rule)


def test_key_is_the_values():
    """The key names fields and values, so that a person can read it."""
    found = key("type", "source_host.ip", "target_host.port", "attributes.site", "rule")
    assert json.loads(found) == {
        "type": "Test alarm (Test Action)",
        "source_host.ip": "192.0.2.10",
        "target_host.port": 443,
        "attributes.site": "Lab",
        "rule": "Rule 1",
    }


def test_order_of_fields_does_not_count():
    """The same fields in another order make the same key."""
    assert key("type", "rule", "severity") == key("severity", "type", "rule")


def test_unknown_differs_from_empty():
    """What is not known, what is empty, and what is written as its name are three groups."""
    assert json.loads(key("attributes.nothing", "attributes.empty")) == {
        "attributes.nothing": None,
        "attributes.empty": "",
    }
    null = replace(ALARM, attributes={"site": "null"})
    assert len({key("attributes.site", alarm=one) for one in (BARE_ALARM, null, ALARM)}) == 3


def test_all_together():
    """No fields at all put every alarm into one group, and its key is not the empty text."""
    assert key() == key(alarm=BARE_ALARM, rule="Other") == "{}"


def test_groups_of_hosts_have_no_order():
    """A host in the same groups, however these are listed, has the same key."""
    one, other = Host(groups=("a", "b")), Host(groups=("b", "a"))
    assert key("source_host.groups", alarm=replace(ALARM, source_host=one)) == key(
        "source_host.groups", alarm=replace(ALARM, source_host=other)
    )


def test_long_values_make_short_keys():
    """However long the values, a key can be indexed; values that differ at the end differ."""
    long = [replace(ALARM, attributes={"site": "x" * 4000 + end}) for end in "ab"]
    keys = {key("attributes.site", "type", alarm=one) for one in long}
    assert len(keys) == 2
    assert max(map(len, keys)) <= 1000


def test_hostile_values_stay_values():
    """Quotes, braces and halves of characters cannot make the key of another group."""
    for evil in ('","severity":"major', '"}', "\ud800", "\0", "\u202e"):
        found = key("attributes.site", alarm=replace(ALARM, attributes={"site": evil}))
        assert json.loads(found) == {"attributes.site": evil}
        assert found.isascii()


@pytest.mark.parametrize("field", FIELDS)
def test_fields_have_the_names_of_templates(field):
    """Every field to group by is one that templates know by the same name."""
    assert field in ROW_VARIABLES
    assert json.loads(key(field))[field] is not None or field.startswith(("source", "target"))
