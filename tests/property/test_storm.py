"""Every transition is told in exactly one mail, whatever happens while it gathers.

Alarms come, the clock goes on and back, people send and cancel, mails leave, and the
configuration changes: all of it at random, against the real store.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.base.clock import HOUR, MINUTE, SECOND
from tocsin.central.configuration import Configuration, RuleEntry
from tocsin.channels.email.settings import EmailSettings
from tocsin.domain.alarm import Report
from tocsin.domain.severity import Severity
from tocsin.engine.accept import accept
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.store.models import Alarm, Delivery, Gathering, MailSlot, Telling, Transition
from tocsin.store.queries.outbox import release_gathered

pytestmark = pytest.mark.django_db

ACTION = "Mail the SOC"
OTHER = "Mail the boss"
WINDOW_S = 60
MOST = 3
"""Of the ceilings below."""


def response(version: int, **said: object) -> Response:
    """A version whose action is so; another action stands beside it, always the same."""
    kinds: list[EmailSettings] = []
    if said.pop("there", True):
        plain = {"name": ACTION, "kind": "email", "to": ["soc@example.com"]}
        kinds.append(EmailSettings.model_validate({**plain, **said}))
    kinds.append(EmailSettings(name=OTHER, kind="email", to=("boss@example.com",)))
    rules = (
        RuleEntry(name="Scans", when={"type": "scan"}, active=(ACTION,)),
        RuleEntry(name="All", active=(ACTION, OTHER)),
    )
    return Response(version, Configuration(actions=tuple(kinds), rules=rules))


BY_TYPE = {"by": ["type"], "window_s": WINDOW_S}
CHANGES = (
    {"group": BY_TYPE},
    {"group": BY_TYPE, "max_mails_per_hour": MOST},
    {"group": {"by": ["source"], "window_s": WINDOW_S}},
    {"group": {"by": ["rule"], "window_s": 10}, "max_mails_per_hour": 2},
    {"group": {"by": [], "window_s": 7200}, "max_mails_per_hour": 1},
    {"max_mails_per_hour": 1},
    {"max_mails_per_hour": MOST},
    {"group": BY_TYPE, "to": ["soc@example.com", "night@example.com"]},
    {"group": BY_TYPE, "enabled": False},
    {"there": False},
    {},
)
RESPONSES = tuple(response(number, **change) for number, change in enumerate(CHANGES, start=1))
LIMITED = tuple(one for one in RESPONSES if one.actions.get(ACTION) and one.actions[ACTION].ceiling)
GROUPED = (RESPONSES[0],)

ALARMS = st.tuples(
    st.just("alarms"),
    st.lists(
        st.tuples(
            st.sampled_from(("scan", "leak", "probe")),
            st.sampled_from(("ids-1", "ids-2")),
            st.sampled_from(Severity),
        ),
        min_size=1,
        max_size=6,
    ),
)
STORM = ALARMS.map(lambda came: ("storm", came[1]))
FORWARD = st.sampled_from(
    (1, 25 * SECOND, MINUTE - 1, MINUTE, 70 * SECOND, 2 * MINUTE, 50 * MINUTE, HOUR)
)
LIFE = (
    STORM
    | STORM
    | ALARMS
    | st.tuples(st.just("decide"), st.sampled_from((1, 2, 500)))
    | st.tuples(st.just("clock"), FORWARD)
    | st.tuples(st.just("clock"), FORWARD)
    | st.tuples(st.sampled_from(("house", "deliver")), st.none())
)
PEOPLE = st.tuples(st.sampled_from(("cancel", "send", "hold")), st.integers(0, 3))
BACK = st.tuples(st.just("clock"), st.sampled_from((-HOUR, -20 * SECOND)))


def steps(responses: tuple[Response, ...], *more: st.SearchStrategy) -> st.SearchStrategy:
    """What may happen, beginning with a configuration."""
    change = st.tuples(st.just("configure"), st.sampled_from(responses))
    first = st.tuples(st.just("configure"), st.sampled_from(responses))
    return st.tuples(
        first, st.lists(st.one_of(LIFE, LIFE, LIFE, change, *more), min_size=8, max_size=40)
    ).map(lambda made: [made[0], *made[1]])


@dataclass
class Manager:
    """A store from empty, and what a test wants to know of its past."""

    time: int = 1_795_000_000 * SECOND
    response: Response = RESPONSES[0]
    number: int = 0
    gone: dict[str, int] = field(default_factory=dict)
    """How many each delivery told when it first was seen not to gather."""

    def now(self) -> int:
        """The time that was set."""
        return self.time

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.time / SECOND

    def run(self, happened: list[tuple[str, object]]) -> None:
        """Do what is to happen, from an empty store to one in which nothing waits."""
        for model in (Telling, Gathering, MailSlot, Delivery, Transition, Alarm):
            model.objects.all().delete()
        for name, value in happened:
            getattr(self, f"do_{name}")(value)
            self.watch()
        while decide(self.response, 500, clock=self) != (0, 0):
            self.watch()
        self.time += 5 * HOUR
        self.do_house(None)
        self.watch()

    def watch(self) -> None:
        """Nothing may be added to a delivery that does not gather, nor taken from one."""
        for id_, told, state, hold in Delivery.objects.values_list("id", "told", "state", "hold"):
            if state != "held" or hold != "gathering" or id_ in self.gone:
                assert self.gone.setdefault(id_, told) == told

    def do_configure(self, response: Response) -> None:
        """Another version comes into force."""
        self.response = response

    def do_alarms(self, said: list[tuple[str, str, Severity]]) -> None:
        """Alarms come, each a new one."""
        reports = []
        for type_, source, severity in said:
            self.number += 1
            reports.append(
                Report(source, "api", type_, severity=severity, dedup_key=str(self.number))
            )
        accept(reports, clock=self)

    def do_storm(self, said: list[tuple[str, str, Severity]]) -> None:
        """Alarms come and are decided about."""
        self.do_alarms(said)
        self.do_decide(500)

    def do_decide(self, limit: int) -> None:
        """The responder decides about some."""
        decide(self.response, limit, clock=self)

    def do_clock(self, by: int) -> None:
        """Time goes by, or the clock is set."""
        self.time += by

    def do_house(self, _: None) -> None:
        """The responder keeps house."""
        release_gathered(self.time)

    def do_deliver(self, _: None) -> None:
        """The relay takes what is queued."""
        Delivery.objects.filter(state="queued").update(state="delivered")

    def do_cancel(self, place: int) -> None:
        """A person gives a digest up."""
        self._take(place, state="cancelled")

    def do_send(self, place: int) -> None:
        """A person sends a digest before its time."""
        self._take(place, state="queued", not_before=self.time)

    def do_hold(self, place: int) -> None:
        """A person holds a digest back."""
        self._take(place, hold="person")

    def _take(self, place: int, **changes: object) -> None:
        gathering = Delivery.objects.filter(state="held", hold="gathering").order_by("id")
        for one in gathering[place : place + 1]:
            Delivery.objects.filter(id=one.id).update(**changes)


def lived(happened: list[tuple[str, object]]) -> None:
    """Run it, and check what must hold however it went."""
    Manager().run(happened)
    told = Counter(Telling.objects.values_list("transition", "action"))
    assert set(told.values()) <= {1}
    named = {one.version: set(one.actions) for one in RESPONSES}
    enabled = {
        (one.version, name)
        for one in RESPONSES
        for name in one.actions
        if one.actions[name].enabled
    }
    expected = {
        (id_, name)
        for id_, version in Transition.objects.values_list("id", "configuration")
        for name in named[version]
        if (version, name) in enabled
    }
    assert set(told) == expected
    severity = dict(Transition.objects.values_list("id", "severity"))
    by_delivery: dict[str, list[int]] = {}
    for delivery, transition in Telling.objects.values_list("delivery", "transition"):
        by_delivery.setdefault(delivery, []).append(transition)
    for one in Delivery.objects.all():
        tells = by_delivery[one.id]
        assert one.told == len(tells)
        assert one.severity == max(severity[transition] for transition in tells)
        assert (one.state, one.hold) != ("held", "gathering")


STORE = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@STORE
@given(steps(RESPONSES, PEOPLE, BACK))
def test_every_transition_is_told_in_exactly_one_mail(happened):
    """Of each action that was asked to tell it; the numbers add up, and nothing waits for ever."""
    lived(happened)


@STORE
@given(steps(LIMITED))
def test_no_hour_has_more_mails_than_the_ceiling(happened):
    """Wherever the hour begins, digests counted at their closing."""
    lived(happened)
    due = sorted(Delivery.objects.filter(action=ACTION).values_list("not_before", flat=True))
    assert all(later - earlier >= HOUR for earlier, later in zip(due, due[MOST:], strict=False))


@STORE
@given(steps(GROUPED))
def test_the_first_is_told_at_once_and_nothing_waits_longer_than_a_window(happened):
    """One of a group is told at once after a window in which no other came, and only then."""
    lived(happened)
    window = WINDOW_S * SECOND
    at = dict(Transition.objects.values_list("id", "decided_at"))
    type_of = dict(Transition.objects.values_list("id", "alarm__type"))
    mails: dict[str, list[tuple[int, list[int]]]] = {}
    for one in Delivery.objects.filter(action=ACTION).order_by("not_before", "id"):
        told = list(Telling.objects.filter(delivery=one).values_list("transition", flat=True))
        (type_,) = {type_of[transition] for transition in told}
        mails.setdefault(type_, []).append((one.not_before, [at[each] for each in told]))
    for of_group in mails.values():
        before = 0
        for due, decided in of_group:
            if due in decided:
                assert len(decided) == 1
                assert due >= before + window
            else:
                assert due == before + window
                assert all(due - window <= one < due for one in decided)
            before = due
