"""Telling a wrong clock of this machine from certificates that are out of date."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from chains import HOST, make
from tocsin.base.clock import SECOND, now
from tocsin.doctor.clock import by_certificates, by_greeting

AT = 1_790_000_000 * SECOND


@pytest.mark.parametrize("ahead", [-3600, -299, 0, 299, 3600])
def test_the_date_of_a_greeting_tells_the_difference(ahead):
    """Five minutes are tolerated in either direction."""
    said = formatdate(AT / SECOND + ahead, usegmt=False)
    seconds, sight = by_greeting(f"220 relay.example.com ESMTP Sendmail; {said}", AT)
    assert seconds == ahead
    assert (sight is not None) == (abs(ahead) > 300)
    if sight is not None:
        assert sight.finding.facts["seconds"] == str(abs(ahead))


@pytest.mark.parametrize(
    "greeting",
    ["", "220 relay.example.com ESMTP", "220 at 99 Foo 2026 99:99:99 +0000", "220 1 Jan 2026"],
)
def test_a_greeting_without_a_date_tells_nothing(greeting):
    """Words that look like a date and are none are passed over."""
    assert by_greeting(greeting, AT) == (None, None)


def test_a_whole_chain_of_the_future_is_a_clock_that_is_behind():
    """Authorities are older than what they issue: together they are not of tomorrow."""
    issuer = make("Example CA", ca=True, starts=2, ends=900)
    leaf = make(HOST, issuer=issuer, starts=3, ends=90)
    sight = by_certificates([leaf.parsed, issuer.parsed], now())
    assert sight is not None
    assert sight.finding.code == "clock.skew"
    assert sight.finding.facts["seconds"].startswith("at least 172")


def test_a_whole_chain_that_has_ended_is_a_clock_that_is_ahead():
    """At least as far as the last of them has ended."""
    issuer = make("Example CA", ca=True, starts=-900, ends=-2)
    leaf = make(HOST, issuer=issuer, starts=-90, ends=-3)
    sight = by_certificates([leaf.parsed, issuer.parsed], now())
    assert sight is not None
    assert sight.finding.facts["seconds"].startswith("at least 17")


@pytest.mark.parametrize(("starts", "ends"), [(3, 90), (-90, -3)])
def test_one_certificate_out_of_date_is_no_clock(starts, ends):
    """Beside one that is in its time, or alone, it may have been issued early or forgotten."""
    issuer = make("Example CA", ca=True, starts=-900, ends=900)
    leaf = make(HOST, issuer=issuer, starts=starts, ends=ends)
    assert by_certificates([leaf.parsed, issuer.parsed], now()) is None
    assert by_certificates([leaf.parsed], now()) is None
