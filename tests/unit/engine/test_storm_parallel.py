"""Several responders decide at once, and others send and cancel: each is told exactly once."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import OperationalError, connections, transaction

from tocsin.base.clock import HOUR, SECOND
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.store.models import Delivery, Telling, Transition
from tocsin.store.queries import decision
from tocsin.store.queries.outbox import release_gathered

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 400
GROUPS = 7
ACTIONS = ("Mail the SOC", "Mail the boss", "Mail the night")
CEILING = 4
A_WHILE_S = 1.0
"""Long enough for another to get in between, if it could."""
WINDOW_S = 10


class GoingClock:
    """A clock that goes on by itself: a second whenever somebody looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seen = 1_795_000_000 * SECOND

    def now(self) -> int:
        """Later than ever before."""
        with self._lock:
            self.seen += SECOND
            return self.seen

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.seen / SECOND


def respond() -> Response:
    """Three actions: one that groups, one with a ceiling, one with both."""
    group = {"by": ["source"], "window_s": WINDOW_S}
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
        connections["default"].ensure_connection()
        work()
    finally:
        connections.close_all()


def release(now: int) -> None:
    """The digests whose time has come go out; one that meets a responder tries again later."""
    with contextlib.suppress(OperationalError), transaction.atomic():
        release_gathered(now)


def cancel_one() -> None:
    """A person gives up a digest of what is over the ceiling."""
    gathering = Delivery.objects.filter(state="held", hold="gathering", action__in=ACTIONS[1:])
    for one in gathering.order_by("-id")[:1]:
        with contextlib.suppress(OperationalError), transaction.atomic():
            Delivery.objects.filter(id=one.id, state="held").update(state="cancelled")


def test_two_responders_take_turns(report):
    """While one has the first of a storm in hand, another that decides waits for its word."""
    clock = GoingClock()
    response = respond()
    accept([report(type="one"), report(type="two")], clock=clock)
    begun, done = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            decide(response, 1, clock=clock)
            begun.set()
            assert not done.wait(A_WHILE_S)

    def second() -> None:
        begun.wait()
        assert decide(response, 1, clock=clock)[0] == 1
        done.set()

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(in_thread, work) for work in (first, second)]:
            one.result(60)
    told = Delivery.objects.filter(action=ACTIONS[0]).order_by("id").values_list("state", "told")
    assert list(told) == [("queued", 1), ("held", 1)]


def test_a_digest_that_is_being_added_to_does_not_leave(report, monkeypatch):
    """Whoever would let it go waits, and then all of it goes."""
    clock = GoingClock()
    response = respond()
    accept([report(type=f"t{number}") for number in range(4)], clock=clock)
    decide(response, 2, clock=clock)
    (digest,) = Delivery.objects.filter(action=ACTIONS[0], state="held")
    begun, done = threading.Event(), threading.Event()
    left: list[int] = []
    add = decision.add

    def slowly(added) -> None:
        begun.set()
        assert not done.wait(A_WHILE_S)
        add(added)

    def leave() -> None:
        begun.wait()
        with transaction.atomic():
            release_gathered(digest.not_before)
        done.set()
        left.append(Delivery.objects.get(id=digest.id).told)

    monkeypatch.setattr(decision, "add", slowly)
    with ThreadPoolExecutor(2) as threads:
        leaving = threads.submit(in_thread, leave)
        assert decide(response, 2, clock=clock)[0] == 2
        leaving.result(60)
    assert left == [3]
    assert Delivery.objects.get(id=digest.id).told == 3
    assert Telling.objects.filter(delivery=digest).count() == 3


def test_several_responders_tell_each_transition_once(report):
    """Nothing twice, nothing lost, nothing added to what has left, no hour with too many."""
    clock = GoingClock()
    response = respond()
    accept(
        [report(source=f"ids-{number % GROUPS}", type=f"t{number}") for number in range(COUNT)],
        clock=clock,
    )
    left: dict[str, int] = {}
    begin = threading.Barrier(4)
    over = threading.Event()

    def responder() -> None:
        begin.wait()
        while decide(response, 5, clock=clock)[0]:
            pass

    def others() -> None:
        begin.wait()
        while not over.wait(0.01):
            release(clock.seen)
            gathering = Delivery.objects.filter(state="held", hold="gathering", action=ACTIONS[1])
            assert gathering.count() <= 1
            cancel_one()
            gone = Delivery.objects.exclude(state="held").values_list("id", "told")
            for id_, told in list(gone):
                assert left.setdefault(id_, told) == told

    with ThreadPoolExecutor(4) as threads:
        responders = [threads.submit(in_thread, responder) for _ in range(3)]
        house = threads.submit(in_thread, others)
        wait(responders)
        over.set()
    for one in (*responders, house):
        one.result()

    assert not Transition.objects.filter(decided_at=None).exists()
    pairs = Counter(Telling.objects.values_list("transition", "action"))
    assert set(pairs.values()) == {1}
    assert Counter(action for _, action in pairs) == dict.fromkeys(ACTIONS, COUNT)
    counted = Counter(Telling.objects.values_list("delivery", flat=True))
    assert dict(Delivery.objects.values_list("id", "told")) == counted
    assert all(counted[id_] == told for id_, told in left.items())
    for action in ACTIONS[1:]:
        assert_apart(action, CEILING, HOUR)
    for source in range(GROUPS):
        assert_apart(
            ACTIONS[0], 1, WINDOW_S * SECOND, tellings__transition__alarm__source=f"ids-{source}"
        )


def assert_apart(action: str, most: int, span: int, **which: str) -> None:
    """Of the mails of an action, no more than that many are due in any such time."""
    mails = Delivery.objects.filter(action=action, **which).exclude(state="cancelled")
    due = sorted(due for _, due in mails.values_list("id", "not_before").distinct())
    assert due
    apart = [later - earlier for earlier, later in zip(due, due[most:], strict=False)]
    assert all(one >= span for one in apart), (action, which, due, apart)
