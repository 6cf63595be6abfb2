"""Reading SPF records."""

from __future__ import annotations

import pytest

from tocsin.doctor.spf import is_spf, read_spf


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 -all",
        "v=spf1 include:amazonses.com ~all",
        "v=spf1 a mx:mail.example.com/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 ?all",
        "v=spf1 redirect=_spf.example.com",
        "v=spf1 exists:%{i}._spf.example.com exp=why.example.com -all",
        "V=SPF1 ptr all",
    ],
)
def test_good_records_have_no_problem(text):
    """What RFC 7208 allows is read without complaint."""
    assert is_spf(text)
    assert read_spf(text).problem == ""


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 ip4:192.0.2.300 -all",
        "v=spf1 ip6:192.0.2.1 -all",
        "v=spf1 include: -all",
        "v=spf1 include:com",
        "v=spf1 inculde:example.com",
        "v=spf1 all:nothing",
        "v=spf1 ~redirect=example.com",
        "v=spf1 a/x",
    ],
)
def test_bad_terms_are_named(text):
    """The problem quotes the term that is wrong."""
    problem = read_spf(text).problem
    assert problem
    assert any(term in problem for term in text.split()[1:])


@pytest.mark.parametrize("text", ["v=spf10 -all", "spf1", "", "v=spf2.0/pra -all"])
def test_other_texts_are_no_records(text):
    """Only v=spf1 and a blank begin one."""
    assert not is_spf(text)


def test_lookups_are_counted():
    """Terms that ask DNS count, networks and all do not."""
    record = read_spf("v=spf1 a mx include:one.example.com ip4:192.0.2.1 redirect=two.example.com")
    assert record.lookups == 4
    assert record.follows == ("one.example.com", "two.example.com")
    assert record.takes_in("one.example.com")


@pytest.mark.parametrize("end", ["-all", "~ALL", "all"])
def test_a_redirect_beside_all_is_never_used(end):
    """It costs no lookup and takes nothing in (RFC 7208 section 6.1)."""
    record = read_spf(f"v=spf1 redirect=two.example.com a {end}")
    assert (record.lookups, record.follows, record.problem) == (1, (), "")
