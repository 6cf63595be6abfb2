"""Guessing passwords is slowed down, mistyping is not."""

from __future__ import annotations

from tocsin.engine.signinguard import FREE_TRIES, LONGEST_WAIT_S, SignInGuard


def test_a_few_failures_cost_nothing(clock):
    """Whoever mistypes four times signs in at the fifth without waiting."""
    guard = SignInGuard(clock)
    for _ in range(FREE_TRIES - 1):
        guard.failed("ann", "192.0.2.1")
    assert guard.wait_s("ann", "192.0.2.1") == 0


def test_more_failures_wait_longer_each_time(clock):
    """The wait doubles, up to five minutes, and time pays it off."""
    guard = SignInGuard(clock)
    waits = []
    for _ in range(FREE_TRIES + 12):
        guard.failed("ann", "192.0.2.1")
        waits.append(guard.wait_s("ann", "192.0.2.1"))
    grown = waits[FREE_TRIES - 1 :]
    assert grown == sorted(grown)
    assert grown[-1] == LONGEST_WAIT_S
    clock.time += int(LONGEST_WAIT_S * 1e6)
    assert guard.wait_s("ann", "192.0.2.1") == 0


def test_it_counts_by_name_and_by_place(clock):
    """One name from many places, and many names from one place, are both slowed down."""
    guard = SignInGuard(clock)
    for place in range(FREE_TRIES):
        guard.failed("ann", f"192.0.2.{place}")
    assert guard.wait_s("Ann", "203.0.113.9") > 0
    for place in range(FREE_TRIES):
        guard.failed(f"name{place}", "198.51.100.7")
    assert guard.wait_s("somebody", "198.51.100.7") > 0
    assert guard.wait_s("somebody", "203.0.113.9") == 0


def test_a_right_sign_in_forgets_the_failures(clock):
    """After a success mistyping begins anew."""
    guard = SignInGuard(clock)
    for _ in range(FREE_TRIES + 3):
        guard.failed("ann", "192.0.2.1")
    guard.succeeded("ann", "192.0.2.1")
    assert guard.wait_s("ann", "192.0.2.1") == 0
