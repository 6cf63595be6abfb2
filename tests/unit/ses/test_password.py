"""SMTP passwords of Amazon SES, against published vectors."""

from __future__ import annotations

import re

import pytest

from tocsin.base.secret import Secret
from tocsin.ses.endpoint import ENDPOINTS
from tocsin.ses.password import derive, derive_outdated


@pytest.mark.parametrize(
    ("region", "secret", "password"),
    [
        ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ("us-west-1", "another+secret+key", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
        (
            "us-east-1",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9",
        ),
    ],
)
def test_the_published_vectors_come_out(region, secret, password):
    """The derivation is Amazon's."""
    assert derive(Secret(secret), region).reveal() == password


def test_the_outdated_form_comes_out():
    """The form before 2019 knows no region."""
    password = derive_outdated(Secret("some+secret+key")).reveal()
    assert password == "AnkqhOiWEcszZZzTMCQbOY1sPGoLFgMH9zhp4eNgSjo4"


def test_both_forms_have_the_shape_that_tells_them_apart():
    """44 characters, the version in the first two."""
    secret = Secret("x" * 40)
    assert re.fullmatch(r"B[A-P][A-Za-z0-9+/]{42}", derive(secret, "ap-south-1").reveal())
    assert re.fullmatch(r"A[g-v][A-Za-z0-9+/]{42}", derive_outdated(secret).reveal())


@pytest.mark.parametrize("region", ["", "EU-WEST-1", "eu west 1", "us", "eu-west-1\n", "a" * 99])
def test_what_is_no_region_is_refused(region):
    """A typing error must not become a password that looks right."""
    with pytest.raises(ValueError, match="region"):
        derive(Secret("some+secret+key"), region)


@pytest.mark.parametrize("secret", ["", "gehe\u00efm"])
def test_what_is_no_secret_is_refused_and_not_shown(secret):
    """The words of the refusal do not hold the key."""
    with pytest.raises(ValueError, match="ASCII") as refusal:
        derive(Secret(secret), "eu-west-1")
    assert not secret or secret not in str(refusal.value)
    with pytest.raises(ValueError, match="ASCII"):
        derive_outdated(Secret(secret))


def test_a_derived_password_does_not_show_itself():
    """It stays a secret until it is asked for."""
    assert str(derive(Secret("some+secret+key"), "eu-west-1")) == "***"


def test_every_region_has_a_password_of_its_own():
    """One secret gives as many passwords as there are regions, none of them the old one."""
    secret = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    derived = {derive(secret, region).reveal() for region in ENDPOINTS}
    assert len(derived) == len(ENDPOINTS)
    assert derive_outdated(secret).reveal() not in derived
