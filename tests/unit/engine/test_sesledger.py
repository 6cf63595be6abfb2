"""Looks at an account under a clock that is set: what is kept, told, over, and due again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.base.clock import DAY, HOUR, MINUTE
from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.central.ses import Ses
from tocsin.central.smtp import FurtherRelay, Smtp
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.domain.severity import Severity
from tocsin.engine import access, sesaccount, sesledger, seslimits
from tocsin.engine.accept import close_quiet
from tocsin.engine.errors import NotFound
from tocsin.engine.feedbacklook import senders
from tocsin.engine.relay import Limits, relays
from tocsin.engine.route import Route
from tocsin.engine.sesinterest import basis_of, interest_of
from tocsin.engine.sesledger import AFTER_FAILURE, EVERY, FAILED_FOR, LEASE, LONGEST
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, Rates, Suppressed
from tocsin.ses.keys import KeySeen, KeyUse
from tocsin.ses.seen import Seen
from tocsin.store.models import Alarm, RelayUsage, SesLook, Transition
from tocsin.store.queries import reports
from tocsin.store.queries import sesaccount as queries
from tocsin.store.queries.operation import USAGE_SPAN

REGION = "eu-west-1"
SES = Ses(region=REGION, access_key="AKIAEXAMPLEEXAMPLE00", secret_key=Secret("s" * 40))
SMTP = Smtp.model_validate(
    {
        "server": f"email-smtp.{REGION}.amazonaws.com",
        "port": 587,
        "encryption": "starttls",
        "from": "tocsin@example.com",
        "user": "AKIAEXAMPLESMTP00000",
        "password": Secret("p" * 44),
    }
)
CONFIGURATION = Configuration(smtp=SMTP, ses=SES)
WELL = Account(True, True, "HEALTHY", 1000.0, 14.0, 10.0, ())


def seen_of(at: int, account: Account | None = WELL, **said: Any) -> Seen:
    """A look that sees this, and nothing else to speak of."""
    fields: dict[str, Any] = {
        "region": REGION,
        "at": at,
        "account": account,
        "rates": Rates(0, 0, 0, 0),
        "identities": (),
        "identity_count": 0,
        "senders": (),
        "refused": (),
        "suppressed": (),
        "suppressed_count": 0,
        "keys": (),
        "missing": (),
    }
    return Seen(**{**fields, **said})


@pytest.fixture
def look(clock) -> Callable[..., bool]:
    """A look that sees what it is told, some time after the last; gives whether it counted."""

    def record(
        account: Account | None = WELL,
        *,
        failure: str | None = None,
        later: int = EVERY,
        configuration: Configuration = CONFIGURATION,
        **said: Any,
    ) -> bool:
        clock.time += later
        at = clock.now()
        sesledger.keep_watch(configuration, at, clock)
        queries.ask(REGION, at)
        due = queries.due(REGION, at, LONGEST)
        assert due is not None
        turn = queries.claim(due, at + LEASE)
        assert turn is not None
        if failure is not None:
            finding = Finding(failure, {"reason": "no such access key exists"})
            return sesledger.record_failure(turn, configuration, finding, at, clock)
        return sesledger.record(turn, configuration, seen_of(at, account, **said), 0, clock)

    return record


def active() -> set[str]:
    """Types of the alarms that go on."""
    found = Alarm.objects.filter(state="active", category="System")
    return set(found.values_list("type", flat=True))


STOPPED = replace(WELL, enforcement="SHUTDOWN")


def test_a_concern_is_one_alarm_until_it_is_over(look):
    """Raised, repeated by each look, ended by the first that does not see it."""
    look(STOPPED)
    look(STOPPED)
    (alarm,) = Alarm.objects.all()
    assert (alarm.type, alarm.count, alarm.state) == ("Amazon SES takes no mail", 2, "active")
    attributes = json.loads(alarm.attributes)
    assert attributes["relay"] == "smtp"
    assert attributes["code"] == "ses.sending-paused"
    look()
    assert active() == set()
    assert Alarm.objects.count() == 1


def test_what_a_look_cannot_see_is_not_over(look):
    """A right that was taken away ends no alarm; seen again and well, it is over."""
    look(STOPPED)
    look(None)
    assert active() == {"Amazon SES takes no mail"}
    look()
    assert active() == set()


def test_what_was_seen_comes_back_as_it_was(look, clock):
    """Through the store, concerns and all."""
    key = KeySeen("AKIAEXAMPLESMTP00000", KeyUse.SMTP, "smtp", True, "u", True, 1, None, True)
    gone = Suppressed("soc@example.com", "BOUNCE", 5)
    look(STOPPED, keys=(key,), suppressed=(gone,), missing=("ses:X",))
    known = sesledger.known_of(queries.look_at(REGION))
    assert known is not None
    wanted = seen_of(clock.now(), STOPPED, keys=(key,), suppressed=(gone,), missing=("ses:X",))
    assert known.seen == wanted
    codes = [one.finding.code for one in known.concerns]
    assert codes == ["ses.sending-paused", "ses.suppressed", "ses.key-old", "ses.key-unused"]


def test_facts_of_another_version_count_as_unknown(look):
    """Nothing breaks; the next look writes them anew."""
    look()
    SesLook.objects.update(facts='{"of": "another time"}')
    assert sesledger.known_of(queries.look_at(REGION)) is None
    assert seslimits.limits(CONFIGURATION) == {}
    assert sesaccount.account_status(CONFIGURATION).seen is None


def test_failure_is_told_when_it_lasts(look, clock):
    """Not the first; then once, until the account answers. What was seen stays."""
    look()
    look(failure="aws.credentials-rejected", later=AFTER_FAILURE)
    assert active() == set()
    look(failure="aws.credentials-rejected", later=FAILED_FOR)
    assert active() == {"Amazon SES cannot be asked"}
    status = sesaccount.account_status(CONFIGURATION)
    assert status.failing
    assert status.failure is not None
    assert status.failure.code == "aws.credentials-rejected"
    assert status.seen is not None
    assert status.failing_since == clock.now() - FAILED_FOR
    look()
    assert active() == set()
    assert sesaccount.account_status(CONFIGURATION).failing_since is None


def test_it_is_due_every_quarter_of_an_hour(look, clock):
    """Sooner after a failure."""
    look()
    assert queries.due(REGION, clock.now() + EVERY - 1, LONGEST) is None
    assert queries.due(REGION, clock.now() + EVERY, LONGEST) is not None
    look(failure="aws.unavailable")
    assert queries.due(REGION, clock.now() + AFTER_FAILURE, LONGEST) is not None


def test_one_of_several_looks(clock):
    """Whoever claims first has the turn; should it never come back, another may."""
    sesledger.keep_watch(CONFIGURATION, clock.now(), clock)
    one = queries.due(REGION, clock.now(), LONGEST)
    assert one is not None
    mine = queries.claim(one, clock.now() + LEASE)
    assert mine is not None
    assert queries.claim(one, clock.now() + LEASE) is None
    assert queries.due(REGION, clock.now() + LEASE - 1, LONGEST) is None
    again = queries.due(REGION, clock.now() + LEASE, LONGEST)
    assert again is not None
    assert queries.claim(again, clock.now() + 2 * LEASE) is not None
    assert not sesledger.record(mine, CONFIGURATION, seen_of(clock.now()), 0, clock)


def test_a_look_of_what_was_changed_meanwhile_does_not_count(clock):
    """It is due again, by what is wanted now."""
    sesledger.keep_watch(CONFIGURATION, clock.now(), clock)
    due = queries.due(REGION, clock.now(), LONGEST)
    assert due is not None
    turn = queries.claim(due, clock.now() + LEASE)
    assert turn is not None
    other = Configuration(smtp=SMTP, ses=SES.model_copy(update={"key_age_days": 30}))
    sesledger.keep_watch(other, clock.now() + MINUTE, clock)
    assert not sesledger.record(turn, CONFIGURATION, seen_of(clock.now()), 0, clock)
    assert queries.due(REGION, clock.now(), LONGEST) is not None


def test_a_clock_that_was_put_back_does_not_keep_it_waiting(look, clock):
    """A time too far ahead is due."""
    look()
    assert queries.due(REGION, clock.now() - DAY, LONGEST) is not None


def test_without_the_part_nothing_goes_on(look, clock):
    """What was told of the account is over, and nothing is kept of it."""
    look(STOPPED)
    sesledger.keep_watch(Configuration(smtp=SMTP), clock.now(), clock)
    assert active() == set()
    assert not SesLook.objects.exists()


@pytest.mark.parametrize(("recipients", "held"), [(1, True), (2, False)])
def test_a_recipient_alone_is_not_told_of_itself(look, recipients, held):
    """Mail about an address goes out where an action reaches another one."""
    to = ("soc@example.com", "noc@example.com")[:recipients]
    action = SimpleNamespace(name="Mail the SOC", kind="email", enabled=True, to=to)
    configuration = Configuration(smtp=SMTP, ses=SES, actions=(action,))
    gone = Suppressed("soc@example.com", "BOUNCE", 5)
    look(suppressed=(gone,), configuration=configuration)
    alarm = Alarm.objects.get()
    assert alarm.type == "Recipient on the suppression list"
    assert "Actions that use soc@example.com: Mail the SOC." in alarm.details
    assert bool(reports.last_held(alarm.id)) is held


def test_rate_and_quota_of_the_account_are_kept_to(look, clock):
    """Where nothing is set; what others sent by the account is not ours to send."""
    span = clock.now() - clock.now() % USAGE_SPAN
    RelayUsage.objects.create(relay="smtp", at=span, messages=10, recipients=30)
    look(replace(WELL, sent_last_24_hours=100.0), later=MINUTE)
    limits = seslimits.limits(CONFIGURATION, clock)
    assert limits == {"smtp": Limits(14.0, 1000, 70)}
    (relay,) = relays(Home.of_environment(), CONFIGURATION, limits)
    assert (relay.rate, relay.quota) == (14.0, 930)
    own = SMTP.model_copy(update={"max_send_rate": 2.0, "max_24_hour_send": 50})
    (relay,) = relays(Home.of_environment(), Configuration(smtp=own, ses=SES), limits)
    assert (relay.rate, relay.quota) == (2.0, 50)


def test_what_others_sent_is_forgotten_after_a_day(look, clock):
    """By then it counts no more, whoever can or cannot look."""
    look(replace(WELL, sent_last_24_hours=100.0))
    clock.time += DAY
    assert seslimits.limits(CONFIGURATION, clock) == {"smtp": Limits(14.0, 1000, 0)}


def test_limits_of_another_account_are_not_kept_to(look, clock):
    """The key that the relay signs in with is none of this account."""
    key = KeySeen("AKIAEXAMPLESMTP00000", KeyUse.SMTP, "smtp", exists=False)
    look(keys=(key,))
    assert seslimits.limits(CONFIGURATION, clock) == {}


def test_a_quota_without_limit_is_none(look, clock):
    """Amazon SES writes -1."""
    look(replace(WELL, max_24_hour_send=-1.0, max_send_rate=None))
    assert seslimits.limits(CONFIGURATION, clock)["smtp"] == Limits(None, None, 10)


def test_limits_are_those_of_relays_of_the_account(look, clock):
    """By the region of their server, or as was said; of no others."""
    further = {"port": 587, "encryption": "starttls"}
    others = tuple(
        FurtherRelay.model_validate({"name": name, "server": server, **further})
        for name, server in (
            ("tunnel", "relay.example.com"),
            ("elsewhere", "email-smtp.us-east-1.amazonaws.com"),
        )
    )
    named = SES.model_copy(update={"relay": "tunnel"})
    configuration = Configuration(smtp=SMTP, relays=others, ses=named)
    look(configuration=configuration)
    assert set(seslimits.limits(configuration, clock)) == {"smtp", "tunnel"}
    interest = interest_of(configuration)
    assert interest is not None
    assert [(one.relay, one.sender) for one in interest.ways] == [
        ("smtp", "tocsin@example.com"),
        ("tunnel", "tocsin@example.com"),
    ]


def test_a_route_takes_other_limits_over_as_it_is(clock):
    """Rate and quota change under it; anything else makes another route."""
    (before,) = relays(Home.of_environment(), CONFIGURATION)
    (after,) = relays(Home.of_environment(), CONFIGURATION, {"smtp": Limits(14.0, 1000, 900)})
    route = Route(before, clock)
    assert route.bucket.rate is None
    assert route.adopt(after)
    assert (route.bucket.rate, route.quota.limit) == (14.0, 100)
    assert route.relay == after
    assert not route.adopt(replace(after, sender="another@example.com"))


def test_room_in_a_used_quota_is_another_route(clock):
    """One that is paused for want of quota is tried at once."""
    used = {"smtp": Limits(14.0, 1000, 1000)}
    (full,) = relays(Home.of_environment(), CONFIGURATION, used)
    (freed,) = relays(Home.of_environment(), CONFIGURATION, {"smtp": Limits(14.0, 1000, 990)})
    route = Route(full, clock)
    assert route.quota_is_used()
    assert route.adopt(full)
    assert not route.adopt(freed)


VIEWER = Principal("v", Role.VIEWER, "api")


def test_looking_needs_a_key_and_the_right():
    """A viewer sees and does not ask."""
    assert sesaccount.status(VIEWER).region is None
    for work in (sesaccount.ask, sesaccount.look_now):
        with pytest.raises(NotPermitted):
            work(VIEWER)
        with pytest.raises(NotFound):
            work(access.LOCAL)


def test_the_answer_has_no_secret(look):
    """As JSON for programs; with every part there is."""
    look(STOPPED, later=HOUR)
    said = json.dumps(sesaccount.status_json(sesaccount.account_status(CONFIGURATION)))
    assert "s" * 40 not in said
    assert json.loads(said)["concerns"][0]["code"] == "ses.sending-paused"
    assert json.loads(said)["seen"]["account"]["max_send_rate"] == 14.0


def told() -> list[tuple[str, str]]:
    """Kind and severity of every transition, in order."""
    rows = Transition.objects.order_by("at", "id").values_list("kind", "severity")
    return [(kind, Severity.of_rank(rank).value) for kind, rank in rows]


def test_a_rate_that_moves_about_its_level_is_told_once(look):
    """4.99, 5.01, 4.99 … every quarter of an hour is one mail; over is over, well below it."""
    for bounces in (501, 499, 501, 499, 501):
        look(rates=Rates(10_000, bounces, 0, 0))
    assert told() == [("active", "minor")]
    look(rates=Rates(10_000, 440, 0, 0))
    assert [kind for kind, _ in told()] == ["active", "inactive"]


def test_a_hundred_recipients_are_one_alarm(look):
    """It names them and what sends to them; one more is no alarm of its own."""
    to = [f"person{number}@example.com" for number in range(100)]
    action = SimpleNamespace(name="Mail all", kind="email", enabled=True, to=(*to, "a@example.net"))
    configuration = Configuration(smtp=SMTP, ses=SES, actions=(action,))
    look(refused=tuple(to[:99]), configuration=configuration)
    look(refused=tuple(to), configuration=configuration)
    (alarm,) = Alarm.objects.all()
    assert alarm.type == "Recipient not verified in the sandbox"
    assert "99 recipients: person0@example.com, person1@" in alarm.details
    assert "Actions that use them: Mail all." in alarm.details
    assert reports.last_held(alarm.id) == ""
    look(configuration=configuration)
    assert active() == set()


@pytest.mark.parametrize(("others", "held"), [((), True), (("relay.example.com",), False)])
def test_a_stopped_account_is_not_told_by_itself(look, others, held):
    """Where every relay sends by it, the mail would wait until it is over."""
    relays_ = tuple(
        FurtherRelay.model_validate(
            {"name": f"other{place}", "server": one, "port": 587, "encryption": "starttls"}
        )
        for place, one in enumerate(others)
    )
    look(STOPPED, configuration=Configuration(smtp=SMTP, relays=relays_, ses=SES))
    assert bool(reports.last_held(Alarm.objects.get().id)) is held


def test_a_key_that_was_never_here_is_another_accounts(look):
    """Minor, and it stays so; one that was here and is gone is critical, and stays so."""
    key = KeySeen("AKIAEXAMPLESMTP00000", KeyUse.SMTP, "smtp", exists=False)

    def severity() -> str:
        known = sesledger.known_of(queries.look_at(REGION))
        assert known is not None
        (one,) = known.concerns
        return one.severity.value

    for _ in range(2):
        look(keys=(key,))
        assert severity() == "minor"
    look(keys=(replace(key, exists=True, active=True),))
    assert active() == set()
    for _ in range(3):
        look(keys=(key,))
        assert severity() == "critical"


def test_failing_is_told_though_the_clock_was_put_back(look, clock):
    """Not only when it has caught up again."""
    look()
    look(failure="aws.unavailable", later=AFTER_FAILURE)
    look(failure="aws.unavailable", later=-10 * DAY)
    look(failure="aws.unavailable", later=FAILED_FOR)
    assert active() == {"Amazon SES cannot be asked"}


def test_what_no_look_can_end_goes_on(look, clock):
    """Days without a look, or with looks that may not see, say nothing of its being over."""
    look(STOPPED)
    clock.time += 30 * DAY
    close_quiet(clock=clock)
    look(None)
    assert active() == {"Amazon SES takes no mail"}


def test_who_works_with_another_version_does_not_look(clock):
    """Its look would not count, and be due again at once: AWS would be asked without end."""
    sesledger.keep_watch(CONFIGURATION, clock.now(), clock)
    interest = interest_of(CONFIGURATION)
    assert interest is not None
    basis = basis_of(interest)
    assert queries.due(REGION, clock.now(), LONGEST, basis=basis) is not None
    assert queries.due(REGION, clock.now(), LONGEST, basis="another") is None


def test_a_used_quota_says_whose_it_was(clock):
    """What a person set, or what the account allows and others used."""
    limits = {"smtp": Limits(14.0, 1000, 900)}
    (relay,) = relays(Home.of_environment(), CONFIGURATION, limits)
    said = Route(relay, clock).used_up().facts["reply"]
    assert said == (
        "the 1000 recipients that Amazon SES allows it in 24 hours are used, 900 of them by others"
    )
    assert "was set" in Route(replace(relay, max_24_hour_send=5), clock).used_up().facts["reply"]


def test_only_relays_of_the_account_are_asked_about():
    """A relay of one's own reports nothing to Amazon SES; the only one there is may be a tunnel."""
    own = FurtherRelay.model_validate(
        {
            "name": "own",
            "server": "relay.example.com",
            "port": 587,
            "encryption": "starttls",
            "from": "own@example.net",
        }
    )
    assert senders(Configuration(smtp=SMTP, relays=(own,), ses=SES)) == ("tocsin@example.com",)
    tunnel = SMTP.model_copy(update={"server": "tunnel.example.com"})
    assert senders(Configuration(smtp=tunnel, ses=SES)) == ("tocsin@example.com",)
