"""Deciding: every transition once, one delivery for each action, all in one transaction."""

from __future__ import annotations

import json

import pytest
from django.db import transaction

from tocsin.base.clock import HOUR
from tocsin.domain.alarm import AlarmState
from tocsin.domain.severity import Severity
from tocsin.engine import access, configuration
from tocsin.engine.accept import NEVER_ACTIVE, accept
from tocsin.engine.decide import Outdated, decide
from tocsin.engine.response import Response
from tocsin.store.models import Delivery, Telling, Transition


def respond(actions=("Mail the SOC",), rules=()) -> Response:
    """Make the document so, and compile it."""
    configuration.change(
        access.LOCAL,
        {
            "actions": [
                {"name": name, "kind": "email", "to": [f"a{place}@example.com"]}
                for place, name in enumerate(actions)
            ],
            "rules": list(rules),
        },
    )
    latest = configuration.current()
    return Response(latest.number, latest.configuration)


ALL = {"name": "All", "when": {}, "active": ["Mail the SOC"], "inactive": []}


def test_a_matching_rule_queues_a_delivery(report):
    """Decision and delivery stand together: version, rule, recipients, Message-ID."""
    accept([report(severity=Severity.MAJOR)])
    response = respond(rules=[ALL])
    assert decide(response) == (1, 1)
    transition, delivery = Transition.objects.get(), Delivery.objects.get()
    assert transition.decided_at is not None
    assert transition.configuration == response.version
    assert json.loads(transition.matched) == [["All", ["Mail the SOC"]]]
    assert delivery.state == "queued"
    assert delivery.severity == Severity.MAJOR.rank
    assert delivery.message_id.startswith(f"<{delivery.id}@")
    assert json.loads(delivery.recipients)[0]["address"] == "a0@example.com"


def test_a_transition_is_decided_once(report):
    """A second round finds nothing left to decide."""
    accept([report()])
    response = respond(rules=[ALL])
    decide(response)
    assert decide(response) == (0, 0)
    assert Delivery.objects.count() == 1


def test_one_delivery_for_each_action_however_many_rules_name_it(report):
    """Three rules, two actions: two deliveries."""
    accept([report()])
    rules = [
        ALL,
        {**ALL, "name": "Again"},
        {**ALL, "name": "Both", "active": ["Mail the SOC", "Mail the boss"]},
    ]
    assert decide(respond(("Mail the SOC", "Mail the boss"), rules)) == (1, 2)
    assert sorted(Telling.objects.values_list("action", flat=True)) == [
        "Mail the SOC",
        "Mail the boss",
    ]


def test_when_inactive_asks_the_other_actions(report):
    """The end of an alarm tells whom the rule names for it, and nobody else."""
    accept([report()])
    accept([report(state=AlarmState.INACTIVE)])
    rule = {**ALL, "active": ["Mail the SOC"], "inactive": ["Mail the boss"]}
    decide(respond(("Mail the SOC", "Mail the boss"), [rule]))
    told = Telling.objects.order_by("transition__id").values_list("transition__kind", "action")
    assert list(told) == [("active", "Mail the SOC"), ("inactive", "Mail the boss")]


def test_a_raised_severity_is_told_as_it_then_was(report):
    """The rule sees the severity of the transition, not the one before or after."""
    accept([report(severity=Severity.MINOR)])
    accept([report(severity=Severity.CRITICAL)])
    rule = {**ALL, "when": {"severity": "major"}}
    decide(respond(rules=[rule]))
    assert [one.severity for one in Delivery.objects.all()] == [Severity.CRITICAL.rank]


def test_what_is_held_is_decided_and_told_to_nobody(report):
    """A held transition is settled, with its reason kept."""
    accept([report(state=AlarmState.INACTIVE)])
    assert decide(respond(rules=[{**ALL, "inactive": ["Mail the SOC"]}])) == (1, 0)
    assert Transition.objects.get().held == NEVER_ACTIVE


def test_a_disabled_action_or_rule_tells_nobody(report):
    """What is switched off queues nothing."""
    accept([report()])
    configuration.change(
        access.LOCAL,
        {
            "actions": [{"name": "A", "kind": "email", "to": ["a@example.com"], "enabled": False}],
            "rules": [
                {**ALL, "active": ["A"]},
                {**ALL, "name": "Off", "enabled": False, "active": ["A"]},
            ],
        },
    )
    latest = configuration.current()
    assert decide(Response(latest.number, latest.configuration)) == (1, 0)


def test_the_oldest_come_first_and_a_round_has_a_limit(report):
    """A storm is decided in rounds, in the order it came."""
    accept([report(type=f"t{place}") for place in range(5)])
    response = respond(rules=[ALL])
    assert decide(response, 2) == (2, 2)
    decided = Transition.objects.exclude(decided_at=None).values_list("id", flat=True)
    assert sorted(decided) == sorted(Transition.objects.values_list("id", flat=True))[:2]
    assert decide(response, 10) == (3, 3)


def test_a_decision_that_fails_leaves_everything_undecided(report):
    """Decision and deliveries are one transaction: neither stays without the other."""
    accept([report()])
    response = respond(rules=[ALL])

    def fail_afterwards() -> None:
        with transaction.atomic():
            decide(response)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_afterwards()
    assert Transition.objects.get().decided_at is None
    assert not Delivery.objects.exists()


def test_an_alarm_is_never_decided_by_rules_of_before_a_change(report):
    """A newer version than the one that was looked at: nothing is decided by the old one."""
    outdated = respond(rules=[])
    response = respond(rules=[ALL])
    accept([report()])
    with pytest.raises(Outdated):
        decide(outdated, seen=outdated.version)
    assert Transition.objects.get().decided_at is None
    assert decide(response, seen=response.version) == (1, 1)


def test_a_version_that_cannot_be_taken_over_stops_no_alarm(report):
    """Who has seen the newer version and could not use it goes on with the one before."""
    before = respond(rules=[ALL])
    newer = respond(rules=[])
    accept([report()])
    assert decide(before, seen=newer.version) == (1, 1)


def test_a_delivery_is_tried_for_as_long_as_the_configuration_says(report, clock):
    """A day, unless it is set."""
    response = respond(rules=[ALL])
    accept([report()], clock=clock)
    decide(response, clock=clock)
    assert Delivery.objects.get().expires_at == clock.now() + 24 * HOUR
    configuration.change(access.LOCAL, {"outbox": {"keep_trying_h": 2}})
    response = respond(rules=[ALL])
    accept([report(type="other")], clock=clock)
    decide(response, clock=clock)
    assert Delivery.objects.latest("id").expires_at == clock.now() + 2 * HOUR
