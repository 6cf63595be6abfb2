"""Hosts of Amazon's that people enter in the endpoint's place."""

from __future__ import annotations

import pytest

from tocsin.faults.catalogue import explain
from tocsin.ses.endpoint import ENDPOINTS, Offer
from tocsin.ses.host import judge_host


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("email.eu-west-1.amazonaws.com", "email-smtp.eu-west-1.amazonaws.com"),
        ("EMAIL-FIPS.us-east-2.amazonaws.com.", "email-smtp.us-east-2.amazonaws.com"),
        ("email.us-west-2.api.aws", "email-smtp.us-west-2.amazonaws.com"),
        ("email.eusc-de-east-1.amazonaws.eu", "email-smtp.eusc-de-east-1.amazonaws.eu"),
        ("inbound-smtp.us-east-1.amazonaws.com", "email-smtp.us-east-1.amazonaws.com"),
        ("feedback-smtp.eu-central-1.amazonses.com", "email-smtp.eu-central-1.amazonaws.com"),
        ("smtp.mail.eu-west-1.awsapps.com", "email-smtp.eu-west-1.amazonaws.com"),
        ("abcd.wxyz.mail-manager-smtp.amazonaws.com", None),
        ("email.eu-future-9.amazonaws.com", "email-smtp.eu-future-9.amazonaws.com"),
    ],
)
def test_the_right_endpoint_is_named(host, endpoint):
    """What the host is, and where mail goes in that region, where a region is told."""
    finding = judge_host(host)
    assert finding is not None
    assert finding.code == "ses.wrong-host"
    assert finding.facts["host"] == host.rstrip(".").lower()
    assert finding.facts["service"]
    assert finding.facts.get("endpoint") == endpoint
    assert endpoint is None or endpoint in explain(finding).fix[0]


@pytest.mark.parametrize(
    "host", ["email-smtp.af-south-1.amazonaws.com", "email.me-south-1.amazonaws.com"]
)
def test_a_region_that_has_no_smtp_is_said(host):
    """Whether its endpoint was guessed, or its API was entered."""
    finding = judge_host(host)
    assert finding is not None
    assert finding.code == "ses.region-without-smtp"
    assert finding.facts["region"] in explain(finding).cause


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda one: one.region)
def test_an_endpoint_is_no_wrong_host(endpoint):
    """Confirmed and unconfirmed ones alike: DNS decides about those."""
    wrong = judge_host(endpoint.host) is not None
    assert wrong is (endpoint.smtp is Offer.ABSENT)


@pytest.mark.parametrize(
    "host",
    ["mail.example.com", "192.0.2.1", "", "email.example.com", "inbound-smtp.amazonaws.com",
     "vpce-1-2.email-smtp.us-east-1.vpce.amazonaws.com", "smtp.gmail.example"],
)  # fmt: skip
def test_other_hosts_are_nothing_to_do_with_it(host):
    """No false alarm."""
    assert judge_host(host) is None


@pytest.mark.parametrize(
    ("host", "user"),
    [
        ("smtp.mail.us-east-1.awsapps.com", "alarm@example.com"),
        ("abcd.wxyz.mail-manager-smtp.amazonaws.com", "inp-0a1b2c3d4e"),
    ],
)
def test_relays_with_users_of_their_own_are_right_for_them(host, user):
    """With an SMTP user of SES they are wrong, with one of their own they are not."""
    assert judge_host(host, user) is None
    assert judge_host(host, "AKIAIOSFODNN7EXAMPLE") is not None
