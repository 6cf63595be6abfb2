"""Compiled rules against a plain reading of what a rule means."""

from __future__ import annotations

import ipaddress

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.domain.alarm import CATEGORIES, SOURCE_TYPES, Alarm, AlarmState, Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.rules.condition import check_when
from tocsin.rules.match import Rule, compile_rules

# Few values, so that rules and alarms often meet.
TYPES = ("ET SCAN one", "et scan ONE", "Straße", "STRASSE", "two")
SOURCES = ("ids-1", "IDS-1", "ids-2", "7")
NAMES = ("web.example.com", "WEB.example.com", "web.example.com.", "db")
IPS = (
    "192.0.2.1", "192.0.2.130", "198.51.100.7", "0.0.0.0", "255.255.255.255", "::ffff:192.0.2.1",
    "2001:db8::1", "2001:db8:1::1", "::", "fe80::1%eth0", "not an address",
)  # fmt: skip
NETWORKS = (
    "192.0.2.1", "192.0.2.0/24", "192.0.2.128/25", "0.0.0.0/0", "198.51.100.7/32", "2001:db8::/32",
    "2001:db8::1", "::/0", "fe80::1", "192.0.0.0/8",
)  # fmt: skip
USERS = ("alice", "Alice", "bob")
GROUPS = ("DMZ", "dmz", "Servers", "VoIP")
PORTS = (0, 22, 443, 65_535)
PROTOCOLS = ("TCP", "tcp", "6", "17", "UDP", "icmp")
MACS = ("00:00:5E:00:53:0A", "00-00-5e-00-53-0a", "00:00:5e:00:53:0b")


def maybe(values):
    return st.none() | st.sampled_from(values)


def some(values):
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


HOSTS = st.builds(
    Host,
    ip=maybe(IPS),
    port=maybe(PORTS),
    name=maybe(NAMES),
    mac=maybe(MACS),
    user=maybe(USERS),
    groups=st.lists(st.sampled_from(GROUPS), max_size=3).map(tuple),
)
ALARMS = st.builds(
    Alarm,
    id=st.just("1"),
    source=st.sampled_from(SOURCES),
    source_type=st.sampled_from(SOURCE_TYPES[:3]),
    type=st.sampled_from(TYPES),
    category=st.sampled_from(CATEGORIES[:3]),
    severity=st.sampled_from(Severity),
    state=st.sampled_from(AlarmState),
    dedup_key=st.just("k"),
    received_at=st.just(0),
    source_host=HOSTS,
    target_host=HOSTS,
    protocol=maybe(PROTOCOLS),
    attributes=st.dictionaries(st.sampled_from("ab"), st.sampled_from(TYPES), max_size=2),
)
HOST_VALUES = some(NETWORKS + NAMES)
WHEN = st.fixed_dictionaries(
    {},
    optional={
        "severity": some([one.value for one in Severity]),
        "source": some(SOURCES) | st.just(7),
        "source_type": some(SOURCE_TYPES[:3]),
        "type": some(TYPES),
        "category": some(CATEGORIES[:3]),
        "source_host": HOST_VALUES,
        "target_host": HOST_VALUES,
        "source_port": some(PORTS),
        "target_port": some(PORTS) | st.just("443"),
        "source_user": some(USERS),
        "target_user": some(USERS),
        "source_mac": some(MACS),
        "target_group": some(GROUPS),
        "source_group": some(GROUPS),
        "protocol": some(PROTOCOLS),
        "attributes": st.dictionaries(st.sampled_from("ab"), some(TYPES), min_size=1, max_size=2),
    },
)
# Rules of many conditions match little; some have one or none.
FEW = st.dictionaries(st.sampled_from(range(16)), st.none(), max_size=2).map(set)
RULE_WHEN = st.tuples(WHEN, FEW).map(
    lambda both: {k: v for n, (k, v) in enumerate(both[0].items()) if n in both[1] or n < 1}
)


@st.composite
def rule_lists(draw):
    whens = draw(st.lists(RULE_WHEN | WHEN, max_size=12))
    return [
        Rule(f"rule {place}", draw(st.booleans() | st.just(True)), when, (f"on {place}",), ())
        for place, when in enumerate(whens)
    ]


# The plain reading


def listed(value):
    return value if isinstance(value, list) else [value]


def same(asked, found):
    return found is not None and str(asked).strip().casefold() == found.strip().casefold()


def plain_ip(text):
    try:
        ip = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    mapped = getattr(ip, "ipv4_mapped", None)
    return mapped or ip


def host_holds(asked, host):
    try:
        network = ipaddress.ip_network(asked)
    except ValueError:
        return host.name is not None and same(asked.rstrip("."), host.name.rstrip("."))
    ip = plain_ip(host.ip) if host.ip else None
    return ip is not None and ip.version == network.version and ip in network


def one_holds(field, asked, alarm):
    end, _, part = field.partition("_")
    host = alarm.source_host if end == "source" else alarm.target_host
    if field == "severity":
        return alarm.severity.rank >= Severity(asked).rank
    if field in ("source", "source_type", "type", "category"):
        return same(asked, getattr(alarm, field))
    if field == "protocol":
        numbers = {"6": "tcp", "17": "udp"}
        found = None if alarm.protocol is None else alarm.protocol.casefold()
        return numbers.get(asked, asked.casefold()) == numbers.get(found, found)
    if part == "host":
        return host_holds(asked, host)
    if part == "port":
        return host.port is not None and int(asked) == host.port
    if part == "user":
        return same(asked, host.user)
    if part == "mac":
        return host.mac is not None and same(asked.replace("-", ":"), host.mac.replace("-", ":"))
    assert part == "group"
    return any(same(asked, group) for group in host.groups)


def rule_holds(rule, alarm):
    def holds(field, value):
        if field == "attributes":
            return all(
                any(same(asked, alarm.attributes.get(name)) for asked in listed(wanted))
                for name, wanted in value.items()
            )
        return any(one_holds(field, asked, alarm) for asked in listed(value))

    return rule.enabled and all(holds(*one) for one in rule.when.items())


@settings(max_examples=300, deadline=None)
@given(rules=rule_lists(), alarms=st.lists(ALARMS, min_size=1, max_size=5))
def test_compiled_means_the_same(rules, alarms):
    """Whatever the rules, the compiled set matches exactly those that match one by one."""
    compiled = compile_rules(rules)
    for alarm in alarms:
        wanted = [rule.name for rule in rules if rule_holds(rule, alarm)]
        found = compiled.match(alarm, TransitionKind.ACTIVE)
        assert [one.rule for one in found] == wanted


@settings(deadline=None)
@given(rules=rule_lists(), alarm=ALARMS)
def test_explanations_agree_with_matches(rules, alarm):
    """The verdicts say the same as matching, in the order of the rules, each with a reason."""
    compiled = compile_rules(rules)
    verdicts = compiled.explain(alarm, TransitionKind.ACTIVE)
    assert [one.rule for one in verdicts] == [rule.name for rule in rules]
    matched = {one.rule for one in compiled.match(alarm, TransitionKind.ACTIVE)}
    assert {one.rule for one in verdicts if one.matched} == matched
    assert all(one.reasons and all(one.reasons) for one in verdicts)


@settings(deadline=None)
@given(when=WHEN)
def test_generated_conditions_are_valid(when):
    """What these tests generate would be taken when it is saved."""
    assert check_when(when) == []


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELD_NAMES = st.text(max_size=20) | st.sampled_from(
    ["severity", "type", "category", "source_host", "target_port", "protocol", "attributes"]
)


@settings(deadline=None)
@given(when=st.dictionaries(FIELD_NAMES, JUNK, max_size=4))
def test_any_document_is_checked_or_usable(when):
    """Whatever stands in a document: it is refused with a message, or it compiles and is asked."""
    problems = check_when(when)
    assert all(message for _, message in problems)
    if not problems:
        alarm = Alarm("1", "s", "eve", "t", "Recon", Severity.MAJOR, AlarmState.ACTIVE, "k", 0)
        compile_rules([Rule("r", True, when)]).explain(alarm, TransitionKind.ACTIVE)
