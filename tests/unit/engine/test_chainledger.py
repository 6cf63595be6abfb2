"""Chains seen over time under a clock that is set: history, alarms, when the next look is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chains import HOST, Made, make
from tocsin.base.clock import DAY, HOUR, MINUTE, SECOND, now
from tocsin.domain.severity import Severity
from tocsin.engine import chainledger
from tocsin.engine.chainconcern import CHANGED, DIFFERING, EXPIRING, UNTRUSTED
from tocsin.engine.chainledger import EVERY, JITTER, LEASE
from tocsin.engine.chainsight import Shown, Sight
from tocsin.faults.fault import Finding
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.store.models import Alarm, ChainLook, ChainSeen, Transition
from tocsin.store.queries import chains, operation
from tocsin.trust.anchor import Anchor

ROOT = make("Example Root CA 1", organization="Example Trust", ca=True, ends=4000)
ISSUER = make("Example M02", organization="Example Trust", ca=True, ends=2000, issuer=ROOT)
STRANGER = make("Another Root", organization="Another", ca=True, ends=4000)
ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "2001:db8::3"


def chain_of(issuer: Made = ISSUER, **leaf: Any) -> list[Made]:
    """A leaf with what stands above it."""
    return [make(HOST, issuer=issuer, **{"ends": 300, **leaf}), *([issuer] * (issuer is ISSUER))]


OLD, NEW, BAD = chain_of(), chain_of(), chain_of(STRANGER)


def relay_of(*anchors: Made, host: str = HOST) -> RelaySettings:
    """The relay as it is configured; trusts these."""
    return RelaySettings(
        name="smtp",
        host=host,
        port=587,
        encryption=Encryption.STARTTLS,
        anchors=tuple(Anchor(one.parsed.title, one.parsed) for one in anchors),
    )


RELAY = relay_of(ROOT)


@pytest.fixture(autouse=True)
def _today(clock) -> None:
    """The clock stands where certificates made just now are valid."""
    clock.time = now()


@pytest.fixture
def look(clock) -> Callable[..., bool]:
    """A look that sees what it is told, a day after the last; gives whether it counted."""

    def seen(
        shown: dict[str, Any],
        settings: RelaySettings = RELAY,
        *,
        failed: dict[str, str] | None = None,
        finding: str | None = None,
        later: int = DAY,
    ) -> bool:
        clock.time += later
        chainledger.keep_watch([settings], clock.now(), clock)
        chains.ask(settings.name, clock.now())
        (due,) = chains.due([settings.name], clock.now(), EVERY + JITTER)
        turn = chains.claim(due, clock.now() + LEASE)
        assert turn is not None
        sight = Sight(
            clock.now(),
            {
                address: [
                    Shown(tuple(one.der for one in chain), verified=False)
                    for chain in (line if isinstance(line[0], list) else [line])
                ]
                for address, line in shown.items()
            },
            {address: Finding(code) for address, code in (failed or {}).items()},
            Finding(finding) if finding else None,
        )
        return chainledger.record(turn, settings, sight, 0, clock)

    return seen


def alarms(state: str = "active", **wanted: Any) -> list[Alarm]:
    """The alarms there are."""
    return list(Alarm.objects.filter(state=state, **wanted).order_by("id"))


def types(state: str = "active") -> list[str]:
    """Their types."""
    return [one.type for one in alarms(state)]


def line(address: str = ONE) -> list[ChainSeen]:
    """What was seen of an address, the oldest first."""
    return list(ChainSeen.objects.filter(address=address).order_by("first_seen_at", "id"))


def prints(chain: Sequence[Made]) -> tuple[str, ...]:
    """The fingerprints of a chain."""
    return tuple(one.sha256 for one in chain)


def test_the_same_chain_is_one_row_and_no_news(look, clock):
    """What stays as it is only goes on."""
    for _ in range(3):
        assert look({ONE: OLD})
    (row,) = line()
    assert row.last_seen_at - row.first_seen_at == 2 * DAY
    assert (row.trusted, row.code, row.anchor) == (True, None, ROOT.sha256)
    assert chains.chain_of(row) == prints(OLD)
    assert types() == []
    assert set(chains.certificates([prints(OLD)])) == set(prints(OLD))


def test_a_chain_that_changes_and_verifies_is_told_once_for_all_addresses(look):
    """Informational, with what has changed; the second address repeats it."""
    look({ONE: OLD, TWO: OLD})
    look({ONE: NEW, TWO: NEW})
    (alarm,) = alarms(type=CHANGED)
    assert (alarm.severity, alarm.category, alarm.source) == (1, "System", "tocsin")
    assert "another one with another key" in alarm.details
    assert f"{ONE}, {TWO}" in alarm.details
    assert "What to do:" in alarm.details
    assert '"tls.chain-changed"' in alarm.attributes
    assert [chains.chain_of(row) for row in line()] == [prints(OLD), prints(NEW)]
    look({ONE: NEW, TWO: NEW}, later=MINUTE)
    assert [one.count for one in alarms(type=CHANGED)] == [1]


def test_a_change_that_spreads_over_the_addresses_is_the_same_alarm(look):
    """First one address, an hour later the other; meanwhile they differ."""
    look({ONE: OLD, TWO: OLD})
    look({ONE: NEW, TWO: OLD})
    assert sorted(types()) == sorted([CHANGED, DIFFERING])
    (differing,) = alarms(type=DIFFERING)
    assert differing.severity == Severity.MINOR.rank
    assert ONE in differing.details.split(" ")[0]
    look({ONE: NEW, TWO: NEW}, later=HOUR)
    assert [(one.type, one.count) for one in alarms()] == [(CHANGED, 2)]
    assert types("inactive") == [DIFFERING]


def test_back_to_the_chain_before_is_a_row_of_its_own(look):
    """The history says when each was presented."""
    for chain in (OLD, NEW, OLD):
        look({ONE: chain})
    assert [chains.chain_of(row) for row in line()] == [prints(OLD), prints(NEW), prints(OLD)]
    assert len(alarms(type=CHANGED)) == 2


def test_a_new_chain_that_would_not_verify_is_critical_until_it_is_gone(look):
    """At one of two addresses, before the old one is gone at the other; it ends by itself."""
    look({ONE: OLD, TWO: OLD})
    look({ONE: OLD, TWO: BAD})
    look({ONE: OLD, TWO: BAD})
    (alarm,) = alarms(type=UNTRUSTED)
    assert (alarm.severity, alarm.count) == (Severity.CRITICAL.rank, 2)
    assert f"Seen at {TWO}." in alarm.details
    assert "Other connections to the relay are answered with a chain that verifies" in alarm.details
    assert "It was issued by O=Another, CN=Another Root, not by" in alarm.details
    assert "tls.untrusted-issuer" in alarm.attributes
    (row,) = [one for one in line(TWO) if not one.trusted]
    assert row.code == "tls.untrusted-issuer"
    assert CHANGED not in types()
    look({ONE: OLD, TWO: OLD})
    assert UNTRUSTED not in types()
    kinds = Transition.objects.filter(alarm=alarm).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["active", "inactive"]


def test_one_address_with_two_chains_is_seen_with_both(look):
    """Behind an address stand several machines; one has the new chain already."""
    look({ONE: OLD})
    look({ONE: [OLD, BAD]})
    assert types() == [UNTRUSTED]
    look({ONE: [BAD, OLD]})
    assert [one.count for one in alarms()] == [2]
    assert {chains.chain_of(one) for one in chains.present("smtp", HOST, 587)[ONE]} == {
        prints(OLD),
        prints(BAD),
    }
    assert len(line()) == 2


def test_trusting_what_was_missing_ends_the_alarm(look):
    """The chain is judged by the trust store of the day."""
    look({ONE: BAD})
    assert types() == [UNTRUSTED]
    look({ONE: BAD}, relay_of(ROOT, STRANGER))
    assert types() == []
    assert [(row.trusted, row.anchor) for row in line()] == [(True, STRANGER.sha256)]


def test_an_anchor_taken_away_is_noticed_without_any_change_of_the_chain(look):
    """The chain stays, and does not verify any more."""
    look({ONE: OLD})
    look({ONE: OLD}, relay_of(STRANGER))
    assert types() == [UNTRUSTED]
    assert len(line()) == 1


@pytest.mark.parametrize(
    ("days", "severity"),
    [(31, None), (30, "minor"), (15, "minor"), (14, "major"), (4, "major"), (3, "critical")],
)
def test_a_certificate_that_expires_is_graver_the_nearer_it_is(look, days, severity):
    """Minor within 30 days, major within 14, critical within 3."""
    look({ONE: chain_of(ends=days + 0.9)}, later=DAY)
    found = [Severity.of_rank(one.severity).value for one in alarms(type=EXPIRING)]
    assert found == ([] if severity is None else [severity])


def test_each_step_nearer_is_a_transition_of_one_alarm_which_renewal_ends(look):
    """The same alarm rises from minor to critical, and is over with the new certificate."""
    ending = chain_of(ends=33)
    for later in (DAY, 4 * DAY, 3 * DAY, 8 * DAY, 4 * DAY, 9 * DAY, DAY):
        look({ONE: ending}, later=later)
    (alarm,) = alarms(type=EXPIRING)
    assert alarm.severity == Severity.CRITICAL.rank
    assert HOST in alarm.details
    assert '"tls.expiring"' in alarm.attributes
    look({ONE: OLD})
    assert types() == [CHANGED]
    steps = Transition.objects.filter(alarm=alarm).order_by("id").values_list("kind", "severity")
    assert list(steps) == [("active", 3), ("severity", 4), ("severity", 5), ("inactive", 5)]


def test_an_anchor_that_carries_the_relay_and_expires_is_told_by_its_name(look):
    """It is in no chain that is presented; another one that carries nothing is not told."""
    ending = make("Example Root CA 2", ca=True, ends=12)
    idle = make("Idle Root", ca=True, ends=12)
    leaf = make(HOST, issuer=ending)
    look({ONE: [leaf]}, relay_of(ending, idle))
    (alarm,) = alarms(type=EXPIRING)
    assert alarm.severity == Severity.MAJOR.rank
    assert "Example Root CA 2 in the trust store, and carries this relay." in alarm.details


def test_a_certificate_beside_the_way_is_never_more_than_minor(look):
    """What is presented and not needed breaks nothing when it expires."""
    crossed = make(
        "Example Root CA 1", organization="Example Trust", ca=True,
        issuer=STRANGER, key=ROOT.key, ends=2.5,
    )  # fmt: skip
    look({ONE: [*OLD, crossed]})
    (alarm,) = alarms(type=EXPIRING)
    assert alarm.severity == Severity.MINOR.rank
    assert "does not rest on it" in alarm.details
    assert UNTRUSTED not in types()


def test_an_expired_certificate_is_no_more_about_to_expire(look):
    """Then the chain does not verify, and that is what is told."""
    look({ONE: chain_of(ends=2.5)})
    assert types() == [EXPIRING]
    look({}, failed={ONE: "tcp.timeout"}, finding="tcp.timeout", later=2 * DAY)
    assert types() == [UNTRUSTED]
    (alarm,) = alarms()
    assert "tls.expired" in alarm.attributes


def test_a_look_that_reaches_nothing_is_recorded_and_alarms_nobody(look, clock):
    """What was known stays; it is tried again sooner than in a day."""
    look({ONE: OLD})
    look({}, failed={ONE: "tcp.refused"}, finding="tcp.refused")
    row = ChainLook.objects.get()
    assert (row.code, row.looked_at) == ("tcp.refused", clock.now())
    assert row.next_look_at == clock.now() + HOUR
    assert chains.addresses_of(row) == {ONE: Finding("tcp.refused")}
    assert Alarm.objects.count() == 0
    look({}, finding="dns.timeout")
    assert list(chains.addresses_of(ChainLook.objects.get())) == [ONE]
    look({ONE: OLD})
    assert len(line()) == 1


def test_a_look_that_reaches_nothing_ends_no_alarm(look):
    """Neither what would not verify nor what differs is over because nobody answers."""
    look({ONE: OLD, TWO: OLD, THREE: BAD})
    before = sorted(types())
    assert before == sorted([DIFFERING, UNTRUSTED])
    look({}, finding="dns.timeout")
    look({ONE: OLD, TWO: OLD}, failed={THREE: "tcp.timeout"})
    assert sorted(types()) == before
    look({ONE: OLD, TWO: OLD})
    assert types() == []


def test_a_name_that_leads_elsewhere_compares_with_all_that_was_there(look):
    """New addresses with a chain that is known are no news; with another one they are."""
    look({ONE: OLD})
    look({TWO: OLD})
    assert types() == []
    look({THREE: NEW})
    assert types() == [CHANGED]


def test_of_three_the_one_that_is_alone_differs(look):
    """The others are the more, whoever was first."""
    look({ONE: OLD, TWO: NEW, THREE: NEW})
    (alarm,) = alarms(type=DIFFERING)
    assert alarm.details.startswith(f"{ONE} presents another chain than {TWO}, {THREE}")
    assert CHANGED not in types()


def test_the_look_of_one_whose_turn_is_over_is_dropped(look, clock):
    """The lease ran out and another looked; or the trust store was changed meanwhile."""
    chainledger.keep_watch([RELAY], clock.now(), clock)
    (due,) = chains.due(["smtp"], clock.now(), EVERY + JITTER)
    slow = chains.claim(due, clock.now() + LEASE)
    assert slow is not None
    assert chains.claim(due, clock.now() + LEASE) is None
    clock.time += LEASE
    (again,) = chains.due(["smtp"], clock.now(), EVERY + JITTER)
    quick = chains.claim(again, clock.now() + LEASE)
    assert quick is not None
    sight = Sight(clock.now(), {ONE: [Shown(tuple(one.der for one in BAD), verified=False)]})
    assert not chainledger.record(slow, RELAY, sight, 0, clock)
    assert ChainSeen.objects.count() == 0
    changed = relay_of(ROOT, STRANGER)
    chainledger.keep_watch([changed], clock.now(), clock)
    assert not chainledger.record(quick, RELAY, sight, 0, clock)
    assert (ChainSeen.objects.count(), Alarm.objects.count()) == (0, 0)
    assert [one.relay for one in chains.due(["smtp"], clock.now(), EVERY + JITTER)] == ["smtp"]


def due_in(clock, seconds: float) -> bool:
    """Whether a look is due so much later."""
    at = clock.now() + int(seconds * SECOND)
    return bool(chains.due(["smtp"], at, EVERY + JITTER))


def test_it_is_looked_at_daily_and_a_new_start_changes_nothing(look, clock):
    """The time stands in the store: watching again neither hastens nor delays it."""
    look({ONE: OLD})
    for later in (0, HOUR, 5 * HOUR):
        clock.time += later
        chainledger.keep_watch([RELAY], clock.now(), clock)
        assert not due_in(clock, 1)
    left = ChainLook.objects.get().next_look_at - clock.now()
    assert left == DAY - 6 * HOUR
    assert due_in(clock, left / SECOND)


def test_a_change_of_what_it_depends_on_has_it_looked_at_soon(look, clock):
    """Server, trust store or ciphers; not a change of the user."""
    look({ONE: OLD})
    chainledger.keep_watch([replace(RELAY, window=7)], clock.now() + MINUTE, clock)
    assert not due_in(clock, 120)
    chainledger.keep_watch([relay_of(ROOT, STRANGER)], clock.now() + MINUTE, clock)
    assert not due_in(clock, 59)
    assert due_in(clock, 60)


def test_a_pause_because_of_tls_has_it_looked_at_once(look, clock):
    """Not a pause for another reason, nor again for the same pause."""

    def pause(code: str) -> None:
        operation.save_relay_pause(
            "smtp", paused_at=clock.now(), code=code, facts={}, failures=1, probe_at=None
        )

    look({ONE: OLD})
    clock.time += HOUR
    pause("auth.rejected")
    assert not due_in(clock, 1)
    pause("tls.untrusted-issuer")
    assert due_in(clock, 1)
    look({ONE: BAD}, later=SECOND)
    assert not due_in(clock, 3600)


def test_what_is_asked_for_during_a_look_is_done_after_it(look, clock):
    """The look under way may have begun before what somebody wants to see."""
    chainledger.keep_watch([RELAY], clock.now(), clock)
    (due,) = chains.due(["smtp"], clock.now(), EVERY + JITTER)
    turn = chains.claim(due, clock.now() + LEASE)
    assert turn is not None
    clock.time += SECOND
    assert chains.ask("smtp", clock.now())
    assert not due_in(clock, 1)
    assert chainledger.record(turn, RELAY, Sight(clock.now()), 0, clock)
    assert due_in(clock, 1)


def test_a_clock_that_is_put_back_does_not_put_looks_off(look, clock):
    """A time that lies further ahead than a look ever does is not waited for."""
    look({ONE: OLD})
    clock.time -= 10 * DAY
    assert due_in(clock, 0)


def test_a_relay_that_is_no_longer_configured_takes_its_alarms_along(look, clock):
    """Its history stays."""
    look({ONE: BAD})
    chainledger.keep_watch([], clock.now(), clock)
    assert (types(), types("inactive")) == ([], [UNTRUSTED])
    assert ChainLook.objects.count() == 0
    assert len(line()) == 1


def test_another_server_of_the_same_name_has_a_history_of_its_own(look):
    """Its chain is no change of the one before, and what was told of that is over."""
    look({ONE: BAD})
    other = relay_of(ROOT, host="127.0.0.1")
    look({TWO: [make("127.0.0.1", issuer=ROOT, names=["127.0.0.1"])]}, other)
    assert types() == []
    assert types("inactive") == [UNTRUSTED]


def test_a_year_is_kept_and_at_least_ten_of_each_address(clock):
    """Old chains go, but never the last ten of an address."""
    for number in range(14):
        at = clock.now() - 800 * DAY + number * DAY
        ChainSeen.objects.create(
            relay="smtp", host=HOST, port=587, address=ONE, chain=f'["{number}"]',
            first_seen_at=at, last_seen_at=at, trusted=True,
        )  # fmt: skip
        ChainSeen.objects.create(
            relay="smtp", host=HOST, port=587, address=TWO, chain=f'["{number}"]',
            first_seen_at=at, last_seen_at=clock.now(), trusted=True,
        )  # fmt: skip
    chains.forget(clock.now() - chainledger.KEPT, chainledger.LEAST_KEPT)
    assert [chains.chain_of(one) for one in line(ONE)] == [(str(n),) for n in range(4, 14)]
    assert len(line(TWO)) == 14


def test_bytes_that_are_no_certificate_are_kept_and_do_not_verify(look):
    """A hostile relay cannot stop the watch, and what it showed is known."""
    look({ONE: OLD})
    junk = SimpleNamespace(der=b"\x30\x03\x02\x01\x00")
    look({ONE: [junk]})
    assert types() == [UNTRUSTED]
    assert (line()[-1].trusted, line()[-1].code) == (False, "tls.invalid-chain")
    look({ONE: OLD})
    assert UNTRUSTED not in types()


def test_no_row_is_read_more_than_once_for_many_addresses(look, django_assert_max_num_queries):
    """Thirty addresses with one chain cost no more statements than their own rows."""
    many = {f"192.0.2.{number}": OLD for number in range(30)}
    look(many)
    with django_assert_max_num_queries(30 + 30):
        look(many)


def test_the_word_of_the_handshake_counts(clock):
    """What it took is trusted, what it refused is not, whatever judging the chain says."""
    chainledger.keep_watch([RELAY], clock.now(), clock)
    (due,) = chains.due(["smtp"], clock.now(), EVERY + JITTER)
    turn = chains.claim(due, clock.now() + LEASE)
    assert turn is not None
    taken = Shown(tuple(one.der for one in BAD), verified=True)
    refused = Shown(tuple(one.der for one in OLD), verified=False, refused=Finding("tls.revoked"))
    sight = Sight(clock.now(), {ONE: [taken], TWO: [refused]})
    assert chainledger.record(turn, RELAY, sight, 0, clock)
    assert [(row.trusted, row.code) for row in line(ONE)] == [(True, None)]
    assert [(row.trusted, row.code) for row in line(TWO)] == [(False, "tls.revoked")]
    (alarm,) = alarms(type=UNTRUSTED)
    assert '"tls.revoked"' in alarm.attributes
