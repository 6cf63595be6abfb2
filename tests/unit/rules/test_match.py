"""Rules asked about alarms: which match, what they ask for, why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.domain.alarm import Alarm, AlarmState, Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.rules.condition import BadCondition
from tocsin.rules.match import Match, Rule, compile_rules

ACTIVE, SEVERITY, INACTIVE = TransitionKind
ALARM = Alarm(
    id="1",
    source="ids-1",
    source_type="eve",
    type="Port Scan",
    category="Recon",
    severity=Severity.MINOR,
    state=AlarmState.ACTIVE,
    dedup_key="k",
    received_at=0,
    source_host=Host(ip="192.0.2.7", port=4242),
    target_host=Host(ip="198.51.100.20", port=22, name="db.example.com"),
    protocol="TCP",
)


def rule(name: str, *, enabled: bool = True, **when: object) -> Rule:
    return Rule(name, enabled, when, (f"{name} on",), (f"{name} off",))


def names(rules, alarm: Alarm = ALARM) -> list[str]:
    return [one.rule for one in compile_rules(rules).match(alarm, ACTIVE)]


def test_matches_come_in_the_order_of_the_rules():
    """However they are indexed, rules answer in the order in which they stand."""
    rules = [
        rule("z", target_port=22),
        rule("all"),
        rule("no", category="Anomaly"),
        rule("a", severity="trivial"),
        rule("net", source_host=["192.0.2.0/24", "192.0.2.7"]),
        rule("t", type="port scan"),
    ]
    assert names(rules) == ["z", "all", "a", "net", "t"]


def test_overlapping_networks_match_once():
    """A host in several networks of one rule makes one match."""
    assert names([rule("r", source_host=["192.0.2.0/24", "192.0.2.0/25", "192.0.0.0/16"])]) == ["r"]


def test_rule_without_conditions_matches_every_alarm():
    """``when: {}`` matches whatever comes."""
    assert names([rule("all")], replace(ALARM, source_host=Host(), target_host=Host())) == ["all"]


def test_rule_that_is_off_never_matches():
    """A rule that is switched off asks for nothing."""
    assert names([rule("off", enabled=False), rule("on")]) == ["on"]


def test_no_rules():
    """Without rules nobody is told."""
    assert compile_rules([]).match(ALARM, ACTIVE) == []
    assert compile_rules([]).explain(ALARM, ACTIVE) == []


@pytest.mark.parametrize(
    ("kind", "actions"), [(ACTIVE, ("r on",)), (SEVERITY, ("r on",)), (INACTIVE, ("r off",))]
)
def test_actions_of_a_transition(kind, actions):
    """A raised severity asks for the active actions, the end for the inactive ones."""
    assert compile_rules([rule("r")]).match(ALARM, kind) == [Match("r", actions)]


def test_match_without_action_is_told():
    """A rule that matches and names no action for the transition is among the matches."""
    rules = compile_rules([Rule("quiet", True, {}, active=("a",))])
    assert rules.match(ALARM, INACTIVE) == [Match("quiet", ())]


def test_many_rules_on_one_type():
    """Rules that share a type and differ by host are found, one among a thousand."""
    rules = [
        rule(f"r{place}", type="Port Scan", target_host=f"198.51.{place // 250}.{place % 250}")
        for place in range(1000)
    ]
    wanted = replace(ALARM, target_host=Host(ip="198.51.3.77"))
    assert names(rules, wanted) == ["r827"]


def test_index_keeps_candidates_few():
    """An alarm looks at few rules in full: those that share its most telling key."""
    rules = compile_rules(
        [
            rule(f"r{place}", type="Port Scan", category="Recon", source=f"ids-{place}")
            for place in range(500)
        ]
    )
    (table,) = rules._by_one.values()
    assert max(len(found) for found in table.values()) == 1
    assert [one.rule for one in rules.match(replace(ALARM, source="ids-77"), ACTIVE)] == ["r77"]


def test_bad_rule_is_refused():
    """A rule that was never checked does not compile."""
    with pytest.raises(BadCondition, match="did you mean severity"):
        compile_rules([rule("r", severty="major")])


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ({"severity": "major"}, "severity minor is below major"),
        ({"type": "SYN Flood"}, "type Port Scan is not SYN Flood"),
        ({"category": ["Anomaly", "System"]}, "category Recon is not Anomaly or System"),
        (
            {"source": list("abcdefgh")},
            "source ids-1 is not a, b, c, d, e or 3 more",
        ),
        (
            {"source_host": "198.51.100.0/24"},
            "source host 192.0.2.7 is not in 198.51.100.0/24",
        ),
        (
            {"target_host": ["web", "198.51.100.0/28"]},
            "target host 198.51.100.20 (db.example.com) is not web or in 198.51.100.0/28",
        ),
        ({"target_port": [80, 443]}, "target port 22 is not 80 or 443"),
        ({"source_user": "alice"}, "source user is unknown, asked for is alice"),
        ({"target_group": "DMZ"}, "target group is unknown, asked for is DMZ"),
        ({"attributes": {"sid": 1}}, "attribute sid is unknown, asked for is 1"),
    ],
)
def test_reason_against(when, reason):
    """Why a rule does not match is said in words, with what is there and what is asked for."""
    (verdict,) = compile_rules([Rule("r", True, when)]).explain(ALARM, ACTIVE)
    assert not verdict.matched
    assert verdict.reasons == (reason,)


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ({}, "rule matches every alarm"),
        ({"severity": "trivial"}, "severity minor is at least trivial"),
        ({"type": ["x", "port scan"]}, "type is Port Scan"),
        ({"source_host": ["x", "192.0.2.0/24"]}, "source host 192.0.2.7 is in 192.0.2.0/24"),
        ({"source_host": "192.0.2.7"}, "source host 192.0.2.7 is 192.0.2.7"),
        (
            {"target_host": "DB.example.com"},
            "target host 198.51.100.20 (db.example.com) is DB.example.com",
        ),
    ],
)
def test_reason_for(when, reason):
    """Why a rule matches is said as well."""
    (verdict,) = compile_rules([Rule("r", True, when)]).explain(ALARM, ACTIVE)
    assert verdict.matched
    assert verdict.reasons == (reason,)


def test_all_failing_conditions_are_told():
    """A rule that fails on two conditions says both, and not the one that holds."""
    (verdict,) = compile_rules([rule("r", severity="major", type="x", category="Recon")]).explain(
        ALARM, ACTIVE
    )
    assert verdict.reasons == ("severity minor is below major", "type Port Scan is not x")


def test_rule_that_is_off_says_so():
    """The reason of a rule that is switched off is that, whatever its conditions."""
    (verdict,) = compile_rules([rule("r", enabled=False)]).explain(ALARM, ACTIVE)
    assert not verdict.matched
    assert verdict.reasons == ("rule is switched off",)
