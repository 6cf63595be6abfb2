"""Whether what was authenticated is the domain that the reader sees."""

from __future__ import annotations

import pytest

from tocsin.mail.received.alignment import (
    Aligned,
    Policy,
    Relation,
    author_domain,
    find_policy,
    judge,
    policy_names,
    relate,
)
from tocsin.mail.received.message import read_message
from tocsin.mail.received.record import Answer


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("example.com", "example.com", Relation.STRICT),
        ("Example.COM.", "example.com", Relation.STRICT),
        ("mail.example.com", "example.com", Relation.RELAXED),
        ("example.com", "bounce.mail.example.com", Relation.RELAXED),
        ("a.example.com", "b.example.com", Relation.POSSIBLE),
        ("example.com", "example.org", Relation.NONE),
        ("example.com", "com", Relation.NONE),
        ("notexample.com", "example.com", Relation.NONE),
        ("", "", Relation.NONE),
        ("", "example.com", Relation.NONE),
    ],
)
def test_how_two_domains_stand_to_each_other(one, other, relation):
    """Without a list of public suffixes a shared parent is only a possibility."""
    assert relate(one, other) is relation
    assert relate(other, one) is relation


@pytest.mark.parametrize(
    ("fields", "domain"),
    [
        (b"From: Tocsin <alarm@Example.COM>\r\n", "example.com"),
        (b"From: alarm@example.com, other@example.com\r\n", "example.com"),
        (b"From: a@example.com, b@example.org\r\n", ""),
        (b"From: a@example.com\r\nFrom: b@example.com\r\n", ""),
        (b"From: nobody\r\n", ""),
        (b"Subject: x\r\n", ""),
    ],
)
def test_the_author_s_domain(fields, domain):
    """Only where there is exactly one."""
    assert author_domain(read_message(fields + b"\r\n")) == domain


def test_the_policy_is_looked_for_upwards():
    """Of the domain itself, then of those above it; sp= counts for what lies below."""
    assert policy_names("a.b.example.com") == [
        "_dmarc.a.b.example.com",
        "_dmarc.b.example.com",
        "_dmarc.example.com",
    ]
    answers = {
        "_dmarc.mail.example.com": Answer(("v=spf1 -all",)),
        "_dmarc.example.com": Answer(("v=DMARC1; p=reject; sp=quarantine; adkim=s",)),
    }
    assert find_policy("mail.example.com", answers) == (
        Policy("example.com", "quarantine", strict_dkim=True, strict_spf=False),
        "",
    )
    assert find_policy("example.com", answers)[0] == Policy(
        "example.com", "reject", strict_dkim=True, strict_spf=False
    )


def test_no_policy_and_silence_are_told_apart():
    """No record is an answer."""
    assert find_policy("example.com", {"_dmarc.example.com": Answer()}) == (None, "")
    silent = {"_dmarc.example.com": Answer(silence="nobody answers")}
    assert find_policy("example.com", silent) == (None, "nobody answers")


STRICT = Policy("example.com", "reject", strict_dkim=True, strict_spf=True)


@pytest.mark.parametrize(
    ("result", "relation", "policy", "whole", "expected"),
    [
        ("pass", Relation.STRICT, None, True, "pass"),
        ("pass", Relation.RELAXED, None, True, "pass"),
        ("pass", Relation.RELAXED, STRICT, True, "fail"),
        ("pass", Relation.STRICT, STRICT, True, "pass"),
        ("pass", Relation.POSSIBLE, None, True, "unknown"),
        ("pass", Relation.POSSIBLE, STRICT, True, "fail"),
        ("pass", Relation.NONE, None, True, "fail"),
        ("fail", Relation.STRICT, None, True, "fail"),
        ("temperror", Relation.STRICT, None, False, "unknown"),
    ],
)
@pytest.mark.parametrize("method", ["dkim", "spf"])
def test_dmarc_is_computed(method, result, relation, policy, whole, expected):
    """It passes when one aligned part does; it fails only when all is known."""
    part = Aligned(method, "x.example", result, relation, "verified")
    assert judge("example.com", [part], policy, "", whole=whole).result == expected


def test_nothing_authenticated_fails_and_no_author_is_unknown():
    """As a message without any signature."""
    assert judge("example.com", [], None, "", whole=True).result == "fail"
    assert judge("", [], None, "", whole=True).result == "unknown"
