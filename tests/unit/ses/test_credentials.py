"""Credentials told by their shape, before anything is sent."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.secret import Secret
from tocsin.faults.catalogue import explain, is_known
from tocsin.faults.fault import Finding
from tocsin.ses.credentials import judge_credentials, judge_region, regions_matching
from tocsin.ses.endpoint import ENDPOINTS
from tocsin.ses.password import derive, derive_outdated
from tocsin.ses.shape import Shape, repair

USER = "AKIAIOSFODNN7EXAMPLE"
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PASSWORD = "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"
OLD = derive_outdated(Secret(KEY)).reveal()
REGION = "us-east-1"


def judge(user: str, password: str, region: str | None = REGION) -> list[Finding]:
    """What is found, having looked that no secret is in it."""
    found = list(judge_credentials(user, Secret(password), region))
    for one in found:
        assert is_known(one.code)
        told = explain(one)
        words = " ".join([*one.facts.values(), told.title, told.cause, *told.fix])
        for secret in (password, password.strip(), KEY, PASSWORD, OLD):
            assert len(secret) < 8 or secret not in words
    return found


def codes(user: str, password: str, region: str | None = REGION) -> list[str]:
    """The codes alone."""
    return [one.code for one in judge(user, password, region)]


def test_the_right_shape_gives_nothing():
    """In an SES region, and where the host is unknown."""
    assert codes(USER, PASSWORD) == []
    assert codes(USER, PASSWORD, None) == []


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        (KEY, ["auth.secret-not-smtp-password"]),
        (f" {KEY}\r\n", ["auth.secret-not-smtp-password"]),
        (f'"{KEY}"', ["auth.secret-not-smtp-password"]),
        (quote(KEY, safe=""), ["auth.secret-not-smtp-password"]),
        (OLD, ["ses.old-password"]),
        (f"{OLD} ", ["ses.old-password", "auth.password-damaged"]),
        ("", []),
        ("hello", []),
        (PASSWORD[:-1], []),
        (f"{PASSWORD}x", []),
        (f"C{PASSWORD[1:]}", []),
        ("x" * 5000, []),
    ],
)
def test_what_was_entered_as_the_password(password, expected):
    """Secrets and old ones are told; what has no shape is not guessed about."""
    assert codes(USER, password) == expected


@pytest.mark.parametrize(
    ("password", "damage"),
    [
        (f" {PASSWORD}", "the blank around it"),
        (f"{PASSWORD}\r\n", "the line end after it"),
        (f"{PASSWORD}\r", "the line end after it"),
        (f"{PASSWORD}\n", "the line end after it"),
        (f"\u00a0{PASSWORD}\u200b", "the blank around it"),
        (f'"{PASSWORD}"', "the quotes around it"),
        (f"\u201c{PASSWORD}\u201d", "the quotes around it"),
        (f"'{PASSWORD}' ", "the blank around it and the quotes around it"),
        (f"{PASSWORD[:20]} {PASSWORD[20:]}", "the blanks in it"),
        (f"{PASSWORD[:20]}\r\n{PASSWORD[20:]}", "the blanks in it"),
        (quote(PASSWORD, safe=""), "its URL encoding"),
        (quote(PASSWORD, safe="").lower(), None),
        (PASSWORD.replace("+", " "), "the blank in place of a '+'"),
        (PASSWORD.replace("/", "%2f").replace("+", "%2b"), "its URL encoding"),
        (quote(f"{PASSWORD}\n", safe=""), "its URL encoding and the line end after it"),
    ],
)
def test_damage_is_named(password, damage):
    """Copying, quoting, encoding, and several of them at once."""
    found = judge(USER, password)
    if damage is None:  # lower case is another password, of no shape that is known to be wrong
        assert found == []
        return
    assert [(one.code, one.facts["damage"]) for one in found] == [("auth.password-damaged", damage)]
    assert damage in explain(found[0]).cause


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("AIDA" + USER[4:], "the id of an IAM user"),
        ("AROA" + USER[4:], "the id of an IAM role"),
        ("ses-smtp-user.20240101-120000", "the name of an IAM user"),
        ("arn:aws:iam::123456789012:user/alarm", "the ARN of an IAM identity"),
        ("alarm@example.com", "an e-mail address"),
        ("inp-0a1b2c3d", "a user of SES Mail Manager"),
        ("alarm", "no access key id"),
        (USER.lower(), "an access key id with small letters in it"),
        (USER[:15], "an access key id that was cut short"),
        (f"{USER} ", "an access key id with a blank around it"),
        (f"\t{USER}", "an access key id with a blank around it"),
    ],
)
def test_wrong_user_names_are_told_for_what_they_are(user, kind):
    """With the name as it was entered, which is no secret."""
    (found,) = judge(user, PASSWORD)
    assert found.code == "auth.wrong-user-name"
    assert found.facts == {"user": user.strip(), "kind": kind}


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        (PASSWORD, "an SMTP password"),
        (OLD, "an SMTP password"),
        (KEY, "an IAM secret access key"),
        (f" {KEY}", "an IAM secret access key"),
    ],
)
def test_a_secret_in_the_field_of_the_user_is_not_repeated(user, kind):
    """The fields were mixed up: what it is can be said, what stands there cannot."""
    (found,) = judge(user, "")
    assert found.facts == {"kind": kind}
    (twice,) = judge("hunter2-is-long", "hunter2-is-long")
    assert "user" not in twice.facts


def test_temporary_credentials_never_work():
    """Whatever the password; also where the host is unknown."""
    user = "ASIA" + USER[4:]
    assert codes(user, PASSWORD) == ["auth.temporary-credentials"]
    assert codes(user, PASSWORD, None) == ["auth.temporary-credentials"]
    assert codes(user, KEY) == ["auth.temporary-credentials", "auth.secret-not-smtp-password"]


def test_several_faults_are_all_told():
    """A wrong name beside a damaged password."""
    assert codes("alarm@example.com", f"{PASSWORD} ") == [
        "auth.wrong-user-name",
        "auth.password-damaged",
    ]


@pytest.mark.parametrize("user", ["alarm@example.com", "alarm", "", "apikey"])
@pytest.mark.parametrize("password", [KEY, OLD, f" {PASSWORD}", "hunter2", "x" * 40, ""])
def test_other_relays_are_not_judged(user, password):
    """Forty letters are a good password elsewhere."""
    assert codes(user, password, None) == []


def test_an_id_of_amazon_s_is_judged_anywhere():
    """A proxy before SES has a host of one's own."""
    assert codes(USER, KEY, None) == ["auth.secret-not-smtp-password"]
    (found,) = judge(USER, KEY, None)
    assert "region" not in found.facts


@pytest.mark.parametrize("region", ENDPOINTS)
def test_the_region_of_a_password_is_found_with_its_secret(region):
    """In each region the derivation gives another password, and it leads back."""
    password = derive(Secret(KEY), region)
    assert repair(password).shape is Shape.PASSWORD
    assert regions_matching(Secret(KEY), password) == (region,)
    assert regions_matching(Secret(f" {KEY}\n"), Secret(f"{password.reveal()} ")) == (region,)
    assert judge_region(Secret(KEY), password, region) is None


def test_a_password_of_another_region_is_told():
    """And which one it was made for."""
    finding = judge_region(Secret(KEY), Secret(PASSWORD), "eu-west-1")
    assert finding is not None
    assert finding.code == "auth.wrong-region"
    assert finding.facts == {"region": "eu-west-1", "derived_for": "us-east-1"}
    assert "eu-west-1" in explain(finding).cause


@pytest.mark.parametrize("secret", ["another" * 5, "", "geh\u00efm"])
def test_a_secret_that_does_not_belong_to_it_matches_nothing(secret):
    """Nothing is said about the region then."""
    assert regions_matching(Secret(secret), Secret(PASSWORD)) == ()
    assert judge_region(Secret(secret), Secret(PASSWORD), "eu-west-1") is None


def test_an_old_password_has_no_region():
    """It was the same everywhere."""
    assert regions_matching(Secret(KEY), Secret(OLD)) == ()


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from([None, REGION]))
def test_nothing_that_is_entered_makes_it_fail(user, password, region):
    """Any two texts have a verdict, and it holds no long part of the password."""
    for one in judge_credentials(user, Secret(password), region):
        assert is_known(one.code)
        if len(password.strip()) > 12:
            assert password.strip() not in " ".join(one.facts.values())


@given(
    st.sampled_from([PASSWORD, OLD, KEY]), st.lists(st.sampled_from(list(" \"'\r\n\t")), max_size=8)
)
def test_any_blanks_and_quotes_around_it_are_undone(secret, around):
    """Whatever stands around one of the shapes, the text inside comes out."""
    half = len(around) // 2
    damaged = "".join(around[:half]) + secret + "".join(around[half:])
    assert repair(Secret(damaged)).text == Secret(secret)
