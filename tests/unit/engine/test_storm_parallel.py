"""Several responders decide at once, and others send and cancel: each is told exactly once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections, transaction

from tocsin.base.clock import HOUR, SECOND
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.store.models import Delivery, Gathering, MailSlot, Telling, Transition
from tocsin.store.queries.outbox import release_gathered

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 600
GROUPS = 7
ACTIONS = ("Mail the SOC", "Mail the boss", "Mail the night")
CEILING = 4


class GoingClock:
    """A clock that goes on by itself: a second whenever somebody looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1_795_000_000 * SECOND

    def now(self) -> int:
        """Later than ever before."""
        with self._lock:
            self._now += SECOND
            return self._now

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.now() / SECOND


def respond() -> Response:
    """Three actions: one that groups, one with a ceiling, one with both."""
    group = {"by": ["source"], "window_s": 10}
    to = {"kind": "email", "to": ["soc@example.com"]}
    limit = {"max_mails_per_hour": CEILING}
    soc, boss, night = ACTIONS
    configuration.change(
        access.LOCAL,
        {
            "actions": [
                {**to, "name": soc, "group": group},
                {**to, "name": boss, **limit},
                {**to, "name": night, "group": group, **limit},
            ],
            "rules": [{"name": "All", "when": {}, "active": list(ACTIONS)}],
        },
    )
    latest = configuration.current()
    return Response(latest.number, latest.configuration)


def in_thread(work: Callable[[], None]) -> None:
    """Work on a connection of its own."""
    try:
        work()
    finally:
        connections.close_all()


def test_several_responders_tell_each_transition_once(report):
    """Nothing twice, nothing lost, nothing added to what has left, no hour with too many."""
    clock = GoingClock()
    response = respond()
    accept(
        [report(source=f"ids-{number % GROUPS}", type=f"t{number}") for number in range(COUNT)],
        clock=clock,
    )
    left: dict[str, int] = {}
    deciding = threading.Barrier(4)
    over = threading.Event()

    def responder() -> None:
        deciding.wait()
        while decide(response, 15, clock=clock)[0]:
            pass

    def keep_house() -> None:
        deciding.wait()
        while not over.is_set():
            try:
                with transaction.atomic():
                    release_gathered(clock.now())
            except OperationalError:
                continue  # it met a responder in opposite order; a real one tries again, too
            queued = Delivery.objects.filter(state="queued").values_list("id", "told")
            for id_, told in list(queued):
                assert left.setdefault(id_, told) == told

    with ThreadPoolExecutor(4) as threads:
        responders = [threads.submit(in_thread, responder) for _ in range(3)]
        house = threads.submit(in_thread, keep_house)
        for one in responders:
            one.result(300)
        over.set()
        house.result(300)

    assert not Transition.objects.filter(decided_at=None).exists()
    pairs = Counter(Telling.objects.values_list("transition", "action"))
    assert set(pairs.values()) == {1}
    assert Counter(action for _, action in pairs) == dict.fromkeys(ACTIONS, COUNT)
    counted = Counter(Telling.objects.values_list("delivery", flat=True))
    assert dict(Delivery.objects.values_list("id", "told")) == counted
    assert all(counted[id_] == told for id_, told in left.items())
    for action in ACTIONS[1:]:
        due = sorted(Delivery.objects.filter(action=action).values_list("not_before", flat=True))
        # Those of long ago are not kept; the others are counted once each.
        slots = MailSlot.objects.filter(action=action).values_list("due_at", flat=True)
        assert slots
        assert Counter(slots) <= Counter(due)
        assert all(
            later - earlier >= HOUR for earlier, later in zip(due, due[CEILING:], strict=False)
        )
    assert Gathering.objects.filter(key="").count() == len(ACTIONS)
