"""Region, server and port: what there is, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid
from tocsin.engine.errors import Refused
from tocsin.engine.setup.entered import Entered, SmtpUser
from tocsin.engine.setup.where import Where, where

REGION = "eu-west-1"
HOST = "email-smtp.eu-west-1.amazonaws.com"


def entered(region: str = REGION, **said: Any) -> Entered:
    """A region with credentials that this does not look at."""
    return Entered(region, SmtpUser("AKIAIOSFODNN7EXAMPLE", Secret("x")), **said)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (entered(), Where(REGION, HOST, 587, "starttls")),
        (entered(" EU-West-1 "), Where(REGION, HOST, 587, "starttls")),
        (entered(port=2465), Where(REGION, HOST, 2465, "smtps")),
        (entered(port=25), Where(REGION, HOST, 25, "starttls")),
        (entered(encryption="smtps"), Where(REGION, HOST, 465, "smtps")),
        (
            entered("us-gov-west-1", fips=True),
            Where("us-gov-west-1", "email-smtp-fips.us-gov-west-1.amazonaws.com", 587, "starttls"),
        ),
        (entered(server="localhost:2587"), Where(REGION, "localhost", 2587, "starttls")),
        (entered(server="[::1]:465"), Where(REGION, "::1", 465, "smtps")),
        (entered(server="::1"), Where(REGION, "::1", 587, "starttls")),
        (
            entered(server="192.0.2.1", port=2587, encryption="smtps"),
            Where(REGION, "192.0.2.1", 2587, "smtps"),
        ),
    ],
)
def test_the_endpoint_of_what_was_entered(given, expected):
    """The region's own, its FIPS one, or the server named; port and encryption tell each other."""
    assert where(given) == expected


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (entered("eu-west-9"), "region"),
        (entered(""), "region"),
        (entered(fips=True), "fips"),
        (entered("us-east-1", fips=True, server="relay.example.com"), "fips"),
        (entered(port=26), "port"),
        (entered(port=0, server="relay.example.com"), "port"),
        (entered(port=465, encryption="starttls"), "encryption"),
        (entered(encryption="none"), "encryption"),
        (entered(server="https://relay.example.com"), "server"),
        (entered(server="relay.example.com:smtp"), "server"),
        (entered(server="relay.example.com:25", port=587), "port"),
        (entered(server="email-smtp.us-east-1.amazonaws.com"), "server"),
        (entered(endpoint_url="http://192.0.2.1/"), "endpoint_url"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(given, field):
    """An unknown region, a port of nobody, the endpoint of another region."""
    with pytest.raises(Invalid) as caught:
        where(given)
    (problem,) = caught.value.problems
    assert problem.path == field


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (entered("af-south-1"), "ses.region-without-smtp"),
        (entered(server="email.eu-west-1.amazonaws.com"), "ses.wrong-host"),
        (entered(server="inbound-smtp.eu-west-1.amazonaws.com"), "ses.wrong-host"),
    ],
)
def test_hosts_and_regions_of_another_kind_are_explained(given, code):
    """A region that has the API alone, and services that people take for the endpoint."""
    with pytest.raises(Refused) as caught:
        where(given)
    assert caught.value.finding.code == code


def test_an_unknown_region_is_told_those_that_are_accepted():
    """Those without SMTP are not among them."""
    with pytest.raises(Invalid) as invalid:
        where(Entered("mars-1", SmtpUser("AKIAIOSFODNN7EXAMPLE", Secret("x"))))
    (problem,) = invalid.value.problems
    assert "eu-west-1" in problem.accepted
    assert "af-south-1" not in problem.accepted
