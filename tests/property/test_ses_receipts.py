"""What is known of a recipient does not depend on the order of events, nor on their number."""

from __future__ import annotations

from contextlib import suppress
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from tocsin.ses.envelope import Unwrapped, unwrap, unwrap_object
from tocsin.ses.event import Malformed
from tocsin.ses.feedback import RANK, Receipt, Standing, explain, fold

receipts = st.builds(
    Receipt,
    st.sampled_from(Standing),
    st.integers(0, 3),
    st.sampled_from(["", "Permanent", "Transient"]),
    st.sampled_from(["", "General"]),
    st.sampled_from([None, "5.1.1", "4.2.2"]),
    st.sampled_from(["", "550 gone"]),
)


@given(st.lists(receipts, min_size=1, max_size=6), st.randoms())
def test_any_order_and_any_repetition_come_to_the_same(told, random):
    """Folded in another order, with some twice, the result is the same."""
    again = told + random.choices(told, k=3)
    random.shuffle(again)
    assert reduce(fold, again, None) == reduce(fold, told, None)


@given(st.lists(receipts, min_size=1, max_size=6))
def test_nothing_turns_back(told):
    """Each event leaves the standing where it is, or higher, and never below any that came."""
    known = None
    for one in told:
        after = fold(known, one)
        assert known is None or RANK[after.standing] >= RANK[known.standing]
        known = after
    assert known is not None
    assert RANK[known.standing] == max(RANK[one.standing] for one in told)


@given(receipts)
def test_every_receipt_is_told(one):
    """Whatever came together, there are words for it."""
    assert explain(one).strip()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("eventType", "mail", "bounce", "messageId", "detail", "source"),
                    *("Message", "MessageId", "TopicArn", "Type", "detail-type"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_read_or_refused(value):
    """Nothing that is sent makes it fail in another way."""
    with suppress(Malformed):
        assert isinstance(unwrap_object(value), Unwrapped)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_octets_are_read_or_refused(text):
    """Neither do octets that are no JSON."""
    with suppress(Malformed):
        assert isinstance(unwrap(text), Unwrapped)
