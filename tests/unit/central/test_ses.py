"""The part ses of the document: the account at Amazon SES, and where feedback comes from."""

from __future__ import annotations

import pytest

from documents import applied
from tocsin.base.secret import Secret
from tocsin.central.document import diff, show
from tocsin.central.problem import Invalid

KEY = "AKIAEXAMPLEEXAMPLE00"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback"
SES = {
    "region": "eu-west-1",
    "access_key": KEY,
    "secret_key": Secret("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"),
    "topics": [TOPIC],
    "queue": QUEUE,
}


def test_what_is_shown_can_be_applied_and_changes_nothing():
    """The secret stands as set, and stays."""
    one = applied({"ses": SES})
    shown = show(one)["ses"]
    assert shown == {
        "region": "eu-west-1",
        "access_key": KEY,
        "secret_key_file": "set",
        "topics": [TOPIC],
        "queue": QUEUE,
    }
    again = applied({"ses": shown}, one)
    assert again == one
    assert diff(one, again) == []


def test_relay_and_age_are_shown_where_they_were_said():
    """And come back; what is as it is without saying is left out."""
    said = {"region": "eu-west-1", "relay": "tunnel", "key_age_days": 0}
    one = applied({"ses": said})
    assert show(one)["ses"] == said
    assert applied({"ses": show(one)["ses"]}, one) == one
    usual = applied({"ses": {"region": "eu-west-1", "key_age_days": 90}})
    assert show(usual)["ses"] == {"region": "eu-west-1"}


def test_a_difference_tells_no_secret():
    """Field by field, and of the secret only that it is another."""
    one = applied({"ses": SES})
    other = applied({"ses": {**SES, "region": "us-east-1", "secret_key": Secret("x" * 40)}}, one)
    assert list(map(str, diff(one, other))) == [
        "ses.region: eu-west-1 → us-east-1",
        "ses.secret_key: set → another",
    ]
    gone = diff(one, applied({"ses": None}, one))
    assert str(gone[0]) == "ses.region: removed (was eu-west-1)"


def test_without_an_access_key_no_secret_stays():
    """Taking the key away takes its secret along."""
    one = applied({"ses": SES})
    after = applied({"ses": {"region": "eu-west-1", "access_key": None}}, one)
    assert after.ses is not None
    assert after.ses.secret_key is None


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({**SES, "key_age_days": -1}, "ses.key_age_days"),
        ({**SES, "key_age_days": True}, "ses.key_age_days"),
        ({**SES, "relay": ""}, "ses.relay"),
        ({}, "ses.region"),
        ({"region": "Ireland"}, "ses.region"),
        ({"region": "eu-west-1", "access_key": "my key"}, "ses.access_key"),
        ({"region": "eu-west-1", "access_key": KEY}, "ses.secret_key_file"),
        ({"region": "eu-west-1", "secret_key": Secret("x" * 40)}, "ses.access_key"),
        ({"region": "eu-west-1", "secret_key": "x" * 40}, "ses.secret_key"),
        ({"region": "eu-west-1", "secret_key": Secret("two words")}, "ses.secret_key"),
        ({"region": "eu-west-1", "queue": QUEUE}, "ses.access_key"),
        ({**SES, "topics": ["feedback"]}, "ses.topics[0]"),
        ({**SES, "queue": "http://sqs.eu-west-1.amazonaws.com/1/q"}, "ses.queue"),
        ({**SES, "endpoint_url": "http://192.0.2.1:5000"}, "ses.endpoint_url"),
        ({**SES, "endpoint_url": "ftp://localhost"}, "ses.endpoint_url"),
        ({**SES, "endpoint_url": "https://user@localhost"}, "ses.endpoint_url"),
        ({**SES, "colour": "red"}, "ses.colour"),
    ],
)
def test_what_is_wrong_is_named(said, path):
    """Each with the path of the field."""
    with pytest.raises(Invalid) as refused:
        applied({"ses": said})
    assert path in [one.path for one in refused.value.problems]
    assert "x" * 40 not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://[::1]:5000", "http://localhost"])
def test_a_stand_in_on_this_machine_needs_no_tls(url):
    """Nothing leaves the machine."""
    one = applied({"ses": {"region": "eu-west-1", "endpoint_url": url}})
    assert one.ses is not None
    assert one.ses.endpoint_url == url


@pytest.mark.parametrize("name", ["empty", "two-lines.pw", "binary.pw", "long.pw", "blank.pw"])
def test_a_file_that_holds_no_secret_key_is_refused(name):
    """Told with the field that names the file."""
    with pytest.raises(Invalid) as refused:
        applied({"ses": {"region": "eu-west-1", "access_key": KEY, "secret_key_file": name}})
    assert "ses.secret_key_file" in [one.path for one in refused.value.problems]
