"""Which faults a client can meet in one walk."""

from __future__ import annotations

from itertools import combinations

import pytest

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.pair import independent, independent_pairs
from tocsin.rehearsal.fault.registry import load_faults

FAULTS = load_faults()


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("expired", "wrong-name", True),
        ("expired", "not-yet-valid", False),  # one certificate cannot be both
        ("weak-key", "dh-1024", True),
        ("missing-intermediate", "untrusted-issuer", False),
        ("clock-off", "expired", True),
        ("one-address-refused", "sandbox", True),
        ("expired", "wrong-password", False),  # the password does not go there
        ("no-starttls", "expired", False),
        ("sandbox", "not-verified", False),  # one answer
        ("handshake-reset", "expired", False),
        ("connection-refused", "expired", False),
    ],
)
def test_what_hides_what(first, second, both):
    """Two faults are independent when neither keeps a client from meeting the other."""
    assert independent(FAULTS[first], FAULTS[second]) is both


def test_it_does_not_matter_which_comes_first():
    """The rule is the same both ways, and no fault is independent of itself."""
    for first, second in combinations(FAULTS.values(), 2):
        assert independent(first, second) == independent(second, first)
    assert not any(independent(one, one) for one in FAULTS.values())


def test_the_list_of_pairs_follows_the_rule():
    """Every pair is listed once, in the order of names."""
    listed = list(independent_pairs())
    assert len(listed) == len(set(listed)) > 100
    assert all(first < second for first, second in listed)
    assert all(independent(FAULTS[first], FAULTS[second]) for first, second in listed)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_where_it_bites(name):
    """Each has a step; what it spoils of TLS is seen in the handshake."""
    kind = FAULTS[name]
    assert kind.at in Step
    assert isinstance(kind.bars, bool)
    assert not kind.spoils or kind.at is Step.TLS
