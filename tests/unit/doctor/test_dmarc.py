"""Reading DMARC and MTA-STS records."""

from __future__ import annotations

import pytest

from tocsin.doctor.dmarc import is_dmarc, is_mta_sts, mta_sts_problem, places, read_dmarc


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("v=DMARC1; p=none", "none"),
        ("v=DMARC1; p=Reject; adkim=s; aspf=r; pct=50; rua=mailto:d@example.com", "reject"),
        ("v=DMARC1;p=quarantine;sp=none;", "quarantine"),
    ],
)
def test_good_policies(text, policy):
    """A policy is read without complaint."""
    assert is_dmarc(text)
    read = read_dmarc(text)
    assert (read.policy, read.problem) == (policy, "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("v=DMARC1", "p is missing"),
        ("v=DMARC1; p=block", "p=block"),
        ("v=DMARC1; p=none; pct=200", "pct=200"),
        ("v=DMARC1; p=none; pct=" + "9" * 5000, "pct=999"),
        ("v=DMARC1; p=none; adkim=x", "adkim=x"),
        ("v=DMARC1; p=none; rua=d@example.com", "rua=d@example.com"),
        ("v=DMARC1; p=none; sp=x", "sp=x"),
        ("v=DMARC1; p=none; nonsense", "nonsense"),
    ],
)
def test_problems_are_named(text, named):
    """What is wrong is quoted."""
    assert named in read_dmarc(text).problem


def test_parents_are_looked_at():
    """A policy may stand at a domain above; the top level has none."""
    assert places("alerts.site.example.com") == [
        "alerts.site.example.com",
        "site.example.com",
        "example.com",
    ]


def test_mta_sts():
    """An id of letters and digits is wanted."""
    assert is_mta_sts("v=STSv1; id=20261124T1;")
    assert mta_sts_problem("v=STSv1; id=20261124T1;") == ""
    assert mta_sts_problem("v=STSv1; id=not-one;")
    assert not is_mta_sts("v=spf1 -all")
