"""The status of an appliance, observed from its roles."""

from __future__ import annotations

import pytest

from tocsin.base.clock import SECOND
from tocsin.central.appliance import GONE_AFTER, RoleReport, Status, appliance_status

NOW = 1_000_000 * SECOND


def role(
    name: str = "responder",
    *,
    age: int = 0,
    version: int = 7,
    ready: bool = True,
    failure: str = "",
) -> RoleReport:
    return RoleReport(name, NOW - age, version, ready, failure)


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ([], Status.INITIALIZING),
        ([role()], Status.UP),
        ([role(), role("intake", ready=False)], Status.INITIALIZING),
        ([role(), role("intake", version=6)], Status.CHANGES_PENDING),
        ([role(), role("intake", version=6, ready=False)], Status.CHANGES_PENDING),
        ([role(), role("intake", version=6, failure="no such file")], Status.APPLY_FAILED),
        ([role(), role("intake", ready=False, failure="no such file")], Status.APPLY_FAILED),
        ([role(), role("intake", failure="one source of two waits")], Status.UP),
        ([role(), role("intake", age=GONE_AFTER)], Status.UP),
        ([role(), role("intake", age=GONE_AFTER + 1)], Status.CHANNEL_DOWN),
        (
            [role(version=6, failure="bad"), role("intake", age=GONE_AFTER + 1)],
            Status.CHANNEL_DOWN,
        ),
        ([role(version=8)], Status.UP),
        ([role(age=-5 * SECOND)], Status.UP),
    ],
)
def test_the_worst_role_counts(reports: list[RoleReport], status: Status) -> None:
    """One role behind, failing or gone is the appliance's status."""
    assert appliance_status(7, reports, NOW) is status


def test_a_role_that_never_reported_is_waited_for() -> None:
    """An appliance is not up while one of its roles has not been heard of."""
    expected = ("web", "responder")
    assert appliance_status(7, [role()], NOW, expected) is Status.INITIALIZING
    assert appliance_status(7, [role(), role("web")], NOW, expected) is Status.UP


def test_the_words_are_those_of_the_field() -> None:
    """Operators and runbooks know these words."""
    assert {one.value for one in Status} == {
        "Initializing",
        "Up",
        "Config Changes Pending",
        "Config Channel Down",
        "Apply Failed",
    }


def test_a_roll_out_from_the_change_to_up() -> None:
    """Pending while a role works by the old version, up when the last one reports the new."""
    seen = [
        appliance_status(8, [role(version=a), role("intake", version=b)], NOW)
        for a, b in ((7, 7), (8, 7), (8, 8))
    ]
    assert seen == [Status.CHANGES_PENDING, Status.CHANGES_PENDING, Status.UP]
