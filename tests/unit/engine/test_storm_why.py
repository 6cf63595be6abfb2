"""Why says in which company a transition is told."""

from __future__ import annotations

from tocsin.base.clock import rfc3339
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.engine.why import why, why_json, why_text
from tocsin.store.models import Delivery


def told(alarm: str) -> tuple[list[dict], str]:
    """What is said of an alarm's one transition, as data and as text."""
    answer = why(access.LOCAL, alarm)
    (transition,) = why_json(answer)["transitions"]
    return transition["told"], why_text(answer)


def test_why_tells_the_company_of_each_transition(report, clock):
    """By itself; in a digest that waits, until when and with how many; in one that has left."""
    configuration.change(
        access.LOCAL,
        {
            "actions": [
                {
                    "name": "A",
                    "kind": "email",
                    "to": ["a@example.com"],
                    "group": {"by": ["type"], "window_s": 60},
                }
            ],
            "rules": [{"name": "All", "when": {}, "active": ["A"]}],
        },
    )
    latest = configuration.current()
    ids = accept([report(dedup_key=str(number)) for number in range(4)], clock=clock)
    decide(Response(latest.number, latest.configuration), clock=clock)
    first, digest = Delivery.objects.order_by("id")

    ((said,), text) = told(ids[0])
    assert said == {
        "delivery": first.id,
        "action": "A",
        "manner": "alone",
        "others": 0,
        "until": None,
    }
    assert f"queued, in a mail of its own ({first.id})" in text

    until = rfc3339(digest.not_before)
    ((said,), text) = told(ids[2])
    assert said == {
        "delivery": digest.id,
        "action": "A",
        "manner": "gathering",
        "others": 2,
        "until": until,
    }
    assert f"gathers until {until}, in a digest with 2 others so far ({digest.id})" in text

    Delivery.objects.filter(id=digest.id).update(state="delivered", hold=None)
    ((said,), text) = told(ids[3])
    assert (said["manner"], said["others"], said["until"]) == ("digest", 2, None)
    assert f"delivered, in a digest with 2 others ({digest.id})" in text


def test_a_digest_that_was_cancelled_gathers_no_more(report, clock):
    """Whatever it was held for before."""
    test_why_tells_the_company_of_each_transition(report, clock)
    digest = Delivery.objects.get(told=3)
    Delivery.objects.filter(id=digest.id).update(state="cancelled", hold="gathering")
    alarm = digest.tellings.first().transition.alarm_id
    ((said,), text) = told(alarm)
    assert said["manner"] == "digest"
    assert "cancelled, in a digest with 2 others" in text
