"""What somebody must see to in an account, by the facts of a look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.clock import DAY, HOUR
from tocsin.domain.severity import Severity
from tocsin.faults.catalogue import explain, is_known
from tocsin.ses.account import Account, Identity, IdentityDetail, Rates, Suppressed
from tocsin.ses.concern import (
    BOUNCES,
    COMPLAINTS,
    LEAST_ATTEMPTS,
    MANY,
    Concern,
    Kind,
    concerns,
    judge_rate,
    unjudged,
)
from tocsin.ses.keys import KeySeen, KeyUse
from tocsin.ses.seen import Interest, Seen, Sender, Way

AT = 1_795_000_000_000_000
REGION = "eu-west-1"
FROM = "tocsin@example.com"
INTEREST = Interest(REGION, "AKIAAPI", (Way("smtp", FROM, "AKIASMTP"),), ("soc@example.com",), 90)
WELL = Account(True, True, "HEALTHY", 1000.0, 14.0, 10.0, ("BOUNCE",))
DETAIL = IdentityDetail(
    "example.com", True, "SUCCESS", "SUCCESS", ("t",), None, None, None, None, None
)
KEY = KeySeen("AKIASMTP", KeyUse.SMTP, "smtp", True, "mailer", True, AT - DAY, AT - HOUR, True)
SEEN = Seen(
    region=REGION,
    at=AT,
    account=WELL,
    rates=Rates(1000, 0, 0, 0),
    identities=(Identity("example.com", "DOMAIN", True, "SUCCESS"),),
    identity_count=1,
    senders=(Sender("smtp", FROM, "example.com", DETAIL),),
    refused=(),
    suppressed=(),
    suppressed_count=0,
    keys=(KEY,),
    missing=(),
)
UNSEEN = replace(
    SEEN,
    account=None,
    rates=None,
    identities=None,
    identity_count=None,
    senders=None,
    refused=None,
    suppressed=None,
    suppressed_count=None,
    keys=(KeySeen("AKIASMTP", KeyUse.SMTP, "smtp", None),),
    missing=("ses:GetAccount",),
)


def of_account(**said: Any) -> Seen:
    """A look at an account that differs in this."""
    return replace(SEEN, account=replace(WELL, **said))


def of_identity(**said: Any) -> Seen:
    """A look at an identity that differs in this."""
    return replace(SEEN, senders=(Sender("smtp", FROM, "example.com", replace(DETAIL, **said)),))


def of_key(**said: Any) -> Seen:
    """A look at a key that differs in this."""
    return replace(SEEN, keys=(replace(KEY, **said),))


def told(seen: Seen, interest: Interest = INTEREST) -> list[tuple[str, str, str]]:
    """Kind, severity and code of each concern."""
    return [
        (one.kind.value, one.severity.value, one.finding.code) for one in concerns(seen, interest)
    ]


SHUT = ("sending", "critical", "ses.sending-paused")
TABLE: list[tuple[str, Seen, list[tuple[str, str, str]]]] = [
    ("all is well", SEEN, []),
    ("sending is off", of_account(sending_enabled=False), [SHUT]),
    ("shut down", of_account(enforcement="SHUTDOWN"), [SHUT]),
    ("probation", of_account(enforcement="PROBATION"), [("review", "major", "ses.under-review")]),
    ("79 %", of_account(sent_last_24_hours=799.0), []),
    ("80 %", of_account(sent_last_24_hours=800.0), [("quota", "minor", "ses.quota-near")]),
    ("95 %", of_account(sent_last_24_hours=950.0), [("quota", "major", "ses.quota-near")]),
    ("no quota at all", of_account(max_24_hour_send=-1.0, sent_last_24_hours=9e9), []),
    ("quota not told", of_account(max_24_hour_send=None), []),
    (
        "6 % bounced",
        replace(SEEN, rates=Rates(1000, 60, 0, 0)),
        [("bounces", "minor", "ses.bounce-rate")],
    ),
    (
        "0.5 % complained",
        replace(SEEN, rates=Rates(1000, 0, 5, 0)),
        [("complaints", "major", "ses.complaint-rate")],
    ),
    (
        "an identity that lost its verification",
        of_identity(verified=False, verification="FAILED"),
        [("identity", "critical", "ses.identity-not-verified")],
    ),
    (
        "no identity speaks for From",
        replace(SEEN, senders=(Sender("smtp", FROM, None, None),)),
        [("identity", "critical", "ses.identity-not-verified")],
    ),
    (
        "an identity that may not be looked at",
        replace(SEEN, senders=(Sender("smtp", FROM, "example.com", None),)),
        [],
    ),
    ("DKIM failed", of_identity(dkim="FAILED"), [("dkim", "minor", "ses.dkim-failed")]),
    (
        "a domain without DKIM",
        of_identity(dkim="NOT_STARTED"),
        [("dkim", "minor", "ses.dkim-failed")],
    ),
    ("an address without DKIM", of_identity(name=FROM, dkim="NOT_STARTED"), []),
    (
        "an address with DKIM that failed",
        of_identity(name=FROM, dkim="FAILED"),
        [("dkim", "minor", "ses.dkim-failed")],
    ),
    (
        "MAIL FROM falls back",
        of_identity(
            mail_from="b.example.com",
            mail_from_status="FAILED",
            mail_from_failure="USE_DEFAULT_VALUE",
        ),
        [("mail-from", "minor", "ses.mail-from-domain")],
    ),
    (
        "MAIL FROM refuses",
        of_identity(
            mail_from="b.example.com", mail_from_status="FAILED", mail_from_failure="REJECT_MESSAGE"
        ),
        [("mail-from", "critical", "ses.mail-from-domain")],
    ),
    (
        "the sandbox refuses a recipient",
        replace(SEEN, refused=("Soc@example.com",)),
        [("sandbox", "major", "ses.sandbox-recipient")],
    ),
    (
        "a recipient is suppressed",
        replace(SEEN, suppressed=(Suppressed("soc@example.com", "BOUNCE", AT),)),
        [("suppressed", "major", "ses.suppressed")],
    ),
    ("a key of 90 days", of_key(created_at=AT - 90 * DAY), []),
    ("a key of 91 days", of_key(created_at=AT - 91 * DAY), [("key-age", "minor", "ses.key-old")]),
    ("a key unused", of_key(used_at=AT - 46 * DAY), [("key-use", "minor", "ses.key-unused")]),
    (
        "a key never used",
        of_key(created_at=AT - 46 * DAY, used_at=None),
        [("key-use", "minor", "ses.key-unused")],
    ),
    ("a new key never used", of_key(used_at=None), []),
    (
        "a key whose use is not told",
        of_key(created_at=AT - 46 * DAY, used_at=None, use_known=False),
        [],
    ),
    (
        "an inactive key",
        of_key(active=False, created_at=1),
        [("key-state", "critical", "ses.key-inactive")],
    ),
    ("a key that is gone", of_key(exists=False), [("key-state", "critical", "ses.key-gone")]),
    ("nothing may be seen", UNSEEN, []),
]


@pytest.mark.parametrize(
    ("seen", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_state_is_the_concern_of_the_table(seen, expected):
    """Kind, severity and code; nothing where all is well or nothing may be seen."""
    assert told(seen) == expected


def test_any_age_may_be_allowed():
    """0 days ends the concern about old keys."""
    assert told(of_key(created_at=AT - 900 * DAY), replace(INTEREST, key_age_days=0)) == []


def test_the_facts_fill_the_sentences():
    """Every concern is a fault of the catalogue, and says what it was seen by."""
    for _, seen, _ in TABLE:
        for one in concerns(seen, INTEREST):
            assert is_known(one.finding.code)
            assert explain(one.finding).cause
    (quota,) = concerns(of_account(sent_last_24_hours=951.0), INTEREST)
    assert "951 of the 1000 recipients" in explain(quota.finding).cause
    assert "95.1 %" in explain(quota.finding).cause
    (old,) = concerns(of_key(created_at=AT - 91 * DAY), INTEREST)
    assert "AKIASMTP was made 91 days ago" in explain(old.finding).cause


def test_the_gravest_comes_first_and_each_once():
    """Two relays with one identity have one concern about it."""
    both = replace(
        of_account(enforcement="SHUTDOWN", sent_last_24_hours=800.0),
        senders=tuple(
            Sender(relay, FROM, "example.com", replace(DETAIL, dkim="FAILED"))
            for relay in ("smtp", "second")
        ),
    )
    found = concerns(both, INTEREST)
    assert [one.kind for one in found] == [Kind.SENDING, Kind.DKIM, Kind.QUOTA]
    assert [one.grave for one in found] == [True, False, False]
    assert found[1].relay == "smtp"


RATES = [
    (1, 2, BOUNCES, None),
    (2, LEAST_ATTEMPTS - 1, BOUNCES, None),
    (1, 20, BOUNCES, Severity.MINOR),
    (0, 20, BOUNCES, None),
    (1, 21, BOUNCES, None),
    (2, 20, BOUNCES, Severity.MAJOR),
    (49, 1000, BOUNCES, None),
    (50, 1000, BOUNCES, Severity.MINOR),
    (99, 1000, BOUNCES, Severity.MINOR),
    (100, 1000, BOUNCES, Severity.MAJOR),
    (1, 1000, COMPLAINTS, Severity.MINOR),
    (1, 1001, COMPLAINTS, None),
    (1, 20, COMPLAINTS, Severity.MINOR),
    (2, 400, COMPLAINTS, Severity.MAJOR),
    (0, 0, COMPLAINTS, None),
]


@pytest.mark.parametrize(("count", "attempts", "levels", "severity"), RATES)
def test_a_rate_is_judged_by_the_limits_of_ses(count, attempts, levels, severity):
    """And not at all below the least number; one mail alone is never grave."""
    assert judge_rate(count, attempts, levels) is severity


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 10_000))
def test_more_bounces_are_never_less_grave(few, more, attempts):
    """Among as many attempts."""
    fewer, greater = sorted((few, more))
    ranks = [
        0 if (found := judge_rate(one, attempts, BOUNCES)) is None else found.rank
        for one in (fewer, greater)
    ]
    assert ranks[0] <= ranks[1]


def test_what_the_key_may_not_see_is_left_open():
    """Nothing that was told of it is over by such a look."""
    assert unjudged(SEEN) == frozenset()
    every = {kind for kind, _ in unjudged(UNSEEN)}
    assert every == set(Kind)
    hidden = replace(SEEN, senders=(Sender("smtp", FROM, "example.com", None),))
    assert unjudged(hidden) == {
        (Kind.DKIM, "example.com"),
        (Kind.MAIL_FROM, "example.com"),
        (Kind.IDENTITY, FROM),
    }
    assert unjudged(of_key(exists=False, created_at=None, use_known=False)) == frozenset()


looks = st.builds(
    replace,
    st.sampled_from([row[1] for row in TABLE]),
    refused=st.none() | st.lists(st.emails(), max_size=3).map(tuple),
    rates=st.none() | st.builds(Rates, *[st.integers(0, 1000)] * 4),
)


@given(looks)
def test_nothing_is_both_told_and_left_open(seen):
    """A concern rests on what was seen."""
    open_ = unjudged(seen)
    one: Concern
    for one in concerns(seen, INTEREST):
        assert (one.kind, "") not in open_
        assert (one.kind, one.subject) not in open_
        assert "|" not in one.kind.value


@pytest.mark.parametrize(
    ("kind", "level", "below", "over"),
    [
        (
            Kind.QUOTA,
            of_account(sent_last_24_hours=800.0),
            of_account(sent_last_24_hours=730.0),
            of_account(sent_last_24_hours=719.0),
        ),
        (
            Kind.BOUNCES,
            replace(SEEN, rates=Rates(1000, 50, 0, 0)),
            replace(SEEN, rates=Rates(1000, 46, 0, 0)),
            replace(SEEN, rates=Rates(1000, 44, 0, 0)),
        ),
        (
            Kind.COMPLAINTS,
            replace(SEEN, rates=Rates(10_000, 0, 10, 0)),
            replace(SEEN, rates=Rates(10_000, 0, 9, 0)),
            replace(SEEN, rates=Rates(10_000, 0, 8, 0)),
        ),
        (
            Kind.BOUNCES,
            replace(SEEN, rates=Rates(20, 1, 0, 0)),
            replace(SEEN, rates=Rates(19, 1, 0, 0)),
            replace(SEEN, rates=Rates(9, 1, 0, 0)),
        ),
    ],
)
def test_what_goes_on_is_over_only_well_below_its_level(kind, level, below, over):
    """A share that moves about the level is one concern all the time."""
    lasting = {(kind, REGION)}
    assert [one.kind for one in concerns(level, INTEREST)] == [kind]
    assert concerns(below, INTEREST) == ()
    assert [one.kind for one in concerns(below, INTEREST, lasting)] == [kind]
    assert concerns(over, INTEREST, lasting) == ()


@given(st.integers(0, 500), st.integers(0, 10_000))
def test_what_goes_on_is_never_less_than_what_is_new(count, attempts):
    """And no graver: going on alone makes nothing worse."""
    new = judge_rate(count, attempts, BOUNCES)
    lasting = judge_rate(count, attempts, BOUNCES, lasting=True)
    assert new in {None, lasting}
    assert new is not None or lasting in {None, Severity.MINOR}


ADDRESSES = tuple(f"person{number}@example.com" for number in range(100))


@pytest.mark.parametrize("kind", [Kind.SANDBOX, Kind.SUPPRESSED])
def test_a_hundred_recipients_are_one_concern(kind):
    """Few are one each; many that are new are told together, and end nothing that was told."""

    def subjects(count: int, told: tuple[str, ...] = ()) -> list[str]:
        some = ADDRESSES[:count]
        seen = replace(SEEN, refused=some)
        if kind is Kind.SUPPRESSED:
            seen = replace(SEEN, suppressed=tuple(Suppressed(one, "BOUNCE", AT) for one in some))
        found = concerns(seen, INTEREST, {(kind, one) for one in told})
        assert {one.kind for one in found} <= {kind}
        return [one.subject for one in found]

    assert subjects(MANY) == list(ADDRESSES[:MANY])
    assert subjects(MANY + 1) == [REGION]
    assert subjects(100) == [REGION]
    # Those of which one each was told stay, and so does what was told of many.
    assert subjects(100, ADDRESSES[:2]) == [REGION, *ADDRESSES[:2]]
    assert subjects(2, (REGION,)) == [REGION]
    assert subjects(2, ADDRESSES[:1]) == list(ADDRESSES[:2])
    assert subjects(0, (REGION, *ADDRESSES[:2])) == []


def test_many_recipients_are_named_in_part():
    """As many as one reads, and how many more."""
    (one,) = concerns(replace(SEEN, refused=ADDRESSES), INTEREST)
    cause = explain(one.finding).cause
    assert "person4@example.com and 95 more" in cause
    assert "person5@" not in cause


def test_a_relay_of_another_account_is_none_of_this():
    """Its key was never seen here: that is said, and nothing of its sender."""
    seen = replace(of_key(exists=False), senders=(Sender("smtp", "soc@example.net", None, None),))
    assert [(one.kind, one.severity) for one in concerns(seen, INTEREST, foreign={"AKIASMTP"})] == [
        (Kind.KEY_STATE, Severity.MINOR)
    ]
    assert [one.kind for one in concerns(seen, INTEREST)] == [Kind.IDENTITY, Kind.KEY_STATE]
