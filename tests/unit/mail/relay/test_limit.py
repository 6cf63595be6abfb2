"""Limits learnt from a relay: lowered by its words, raised by time, bounded by the settings."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.mail.relay.leave import Leave
from tocsin.mail.relay.limit import REMEMBERED, RISE_EVERY, LearntLimits, Limits
from tocsin.mail.smtp.reply import Reply

COUNT = "Connection closed by server. Maximum message count per session reached."
IDLE = "4.4.2 Timeout waiting for data from client."
UNSAID = "Service not available, closing transmission channel."


def limits(clock, **changes) -> LearntLimits:
    known = {"name": "r", "host": "relay.example.com", "port": 587}
    return LearntLimits(
        RelaySettings(**{**known, "encryption": Encryption.STARTTLS, **changes}), clock
    )


def leave(words: str, carried: int = 5, rested: float = 0.0, age: float = 60.0) -> Leave:
    return Leave(Reply(421, (words,)), carried, rested, age)


def test_what_nobody_said_anything_about_is_as_set(clock):
    """Without a word of the relay the settings hold."""
    known = limits(clock, idle_limit=7.0, connection_age=100.0, max_connections=3)
    assert known.snapshot() == Limits(None, 7.0, 100.0, 3, ())


def test_a_count_in_words_is_believed_at_once_and_only_lowered(clock):
    """The relay said enough after 40 messages; a later notice after 60 does not raise it."""
    known = limits(clock)
    known.learn(leave(COUNT, carried=40))
    known.learn(leave(COUNT, carried=60))
    assert known.snapshot().messages_per_connection == 40
    assert known.snapshot().learnt == ("messages_per_connection",)
    known.learn(leave(COUNT, carried=30))
    assert known.snapshot().messages_per_connection == 30


def test_the_settings_are_never_exceeded(clock):
    """What the relay would bear beyond them is not used, and is then not called learnt."""
    known = limits(
        clock, max_messages_per_connection=10, idle_limit=4, connection_age=50, max_connections=2
    )
    known.learn(leave(COUNT, carried=40))
    known.learn(leave(IDLE, rested=10))
    known.learn(leave("session time limit exceeded", age=900))
    known.refuse(5)
    assert known.snapshot() == Limits(10, 4, 50, 2, ())


def test_a_timeout_at_rest_shortens_the_rest_below_it(clock):
    """The relay left after 5 seconds; next time we leave before that."""
    known = limits(clock)
    known.learn(leave(IDLE, rested=5.0))
    assert known.snapshot().idle == pytest.approx(4.0)


def test_a_timeout_in_the_middle_of_a_batch_says_nothing_about_rest(clock):
    """Content that came slowly times out too."""
    known = limits(clock)
    known.learn(leave(IDLE, rested=0.0))
    assert known.snapshot().learnt == ()


def test_an_age_in_words_is_believed_and_one_without_only_when_it_repeats(clock):
    """One "not available" is a restart; two at the same age are a limit."""
    worded, unsaid = limits(clock), limits(clock)
    worded.learn(leave("session time limit exceeded", age=600))
    assert worded.snapshot().age == pytest.approx(540)
    unsaid.learn(leave(UNSAID, carried=3, age=600))
    assert unsaid.snapshot().learnt == ()
    unsaid.learn(leave(UNSAID, carried=9, age=1500))
    assert unsaid.snapshot().learnt == ()
    unsaid.learn(leave(UNSAID, carried=7, age=1600))
    assert unsaid.snapshot().learnt == ("age",)
    assert unsaid.snapshot().age == pytest.approx(1350)


def test_the_same_count_twice_without_a_reason_is_a_limit_of_messages(clock):
    """A relay that closes after every 100 messages and does not say why."""
    known = limits(clock)
    known.learn(leave(UNSAID, carried=100, age=30))
    known.learn(leave(UNSAID, carried=100, age=300))
    assert known.snapshot().messages_per_connection == 100
    assert known.snapshot().learnt == ("messages_per_connection",)


def test_two_notices_without_a_reason_far_apart_are_two_restarts(clock):
    """The same count by chance, a day later."""
    known = limits(clock)
    known.learn(leave(UNSAID, carried=100, age=30))
    clock.advance(REMEMBERED)
    known.learn(leave(UNSAID, carried=100, age=30))
    assert known.snapshot().learnt == ()


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([COUNT, IDLE, UNSAID, "session too old", "", "\ufffd"]),
            st.integers(0, 10**6),
            st.floats(0, 10**6),
            st.floats(0, 10**6),
            st.floats(0, 10**5),
            st.integers(0, 100),
        ),
        max_size=12,
    )
)
def test_whatever_a_relay_says_mail_still_goes(clock, lessons):
    """Never beyond the settings, and never down to nothing."""
    known = limits(clock, max_messages_per_connection=500, max_connections=9)
    for words, carried, rested, age, passes, others in lessons:
        known.learn(leave(words, carried, rested, age))
        known.refuse(others)
        clock.advance(passes)
        now = known.snapshot()
        assert 1 <= now.messages_per_connection <= 500
        assert 1 <= now.connections <= 9
        assert 0 < now.idle <= 8.0
        assert 0 < now.age <= 3600.0


def test_rates_and_other_reasons_teach_nothing(clock):
    """They are no property of a connection."""
    known = limits(clock)
    for _ in range(3):
        known.learn(leave("Maximum sending rate exceeded"))
    assert known.snapshot().learnt == ()


def test_a_refused_connection_lowers_their_number_and_quiet_raises_it_again(clock):
    """Refused beside four others: four; one more after each while without refusal."""
    known = limits(clock, max_connections=6)
    known.refuse(4)
    assert known.snapshot().connections == 4
    clock.advance(RISE_EVERY - 1)
    assert known.snapshot().connections == 4
    clock.advance(1)
    assert known.snapshot().connections == 5
    known.refuse(4)
    assert known.snapshot().connections == 4
    clock.advance(10 * RISE_EVERY)
    assert known.snapshot().connections == 6
    assert known.snapshot().learnt == ()


def test_a_relay_that_wants_none_at_all_is_still_asked_with_one(clock):
    """Zero would be for ever."""
    known = limits(clock)
    known.refuse(0)
    assert known.snapshot().connections == 1


def test_what_was_learnt_is_tried_anew_after_a_day(clock):
    """A relay may have been given room; finding out costs one reconnect."""
    known = limits(clock)
    known.learn(leave(COUNT, carried=40))
    clock.advance(REMEMBERED - 1)
    assert known.snapshot().messages_per_connection == 40
    clock.advance(1)
    assert known.snapshot().messages_per_connection is None
    known.learn(leave(COUNT, carried=80))
    assert known.snapshot().messages_per_connection == 80


def test_setting_the_wall_clock_changes_no_limit(clock):
    """Only time that passed counts."""
    known = limits(clock, max_connections=6)
    known.refuse(2)
    clock.set_back(-86_400 * 30)
    assert known.snapshot().connections == 2
