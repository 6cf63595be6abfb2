"""Faults that no program prints: found out by what Tocsin itself holds in its hands."""

from __future__ import annotations

import pytest

from tocsin.base.secret import Secret
from tocsin.faults.recogniser import TYPED, from_text
from tocsin.ses.credentials import judge_credentials, judge_region
from tocsin.ses.host import judge_host
from tocsin.ses.password import derive

KEY = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PASSWORD = derive(KEY, "us-east-1")
USER = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        (USER, KEY, "auth.secret-not-smtp-password"),
        ("ASIAIOSFODNN7EXAMPLE", PASSWORD, "auth.temporary-credentials"),
        ("AIDAIOSFODNN7EXAMPLE", PASSWORD, "auth.wrong-user-name"),
        (USER, Secret(f" {PASSWORD.reveal()}\r"), "auth.password-damaged"),
    ],
)
def test_what_was_entered_tells_itself(user: str, password: Secret, code: str) -> None:
    """The shape of user name and password says what the relay's 535 does not."""
    assert code in [one.code for one in judge_credentials(user, password, "us-east-1")]
    assert code in TYPED or from_text(code)


def test_a_password_of_another_region_is_found_out_by_its_secret() -> None:
    """With the secret at hand, the region that it was derived for is known."""
    found = judge_region(KEY, PASSWORD, "eu-west-1")
    assert found is not None
    assert (found.code, found.facts["derived_for"]) == ("auth.wrong-region", "us-east-1")


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("email.us-east-1.amazonaws.com", "ses.wrong-host"),
        ("email-smtp.af-south-1.amazonaws.com", "ses.region-without-smtp"),
    ],
)
def test_a_host_of_amazon_tells_itself(host: str, code: str) -> None:
    """The name alone says that no mail is taken there."""
    found = judge_host(host)
    assert found is not None
    assert found.code == code
