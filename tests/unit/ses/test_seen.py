"""What a look asks for, and what it makes of answers that are none."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.base.secret import Secret
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.ses.seen import Interest, Way, look
from tocsin.ses.wire import Wire

ACCOUNT = {"SendingEnabled": True, "ProductionAccessEnabled": True}
WELL: dict[str, dict[str, Any]] = {
    "GetAccount": ACCOUNT,
    "ListEmailIdentities": {},
    "ListSuppressedDestinations": {},
    "GetSendStatistics": {},
    "GetAccessKeyLastUsed": {},
    "ListAccessKeys": {},
}


def asking(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> tuple[Aws, list[str]]:
    """An account that answers so, and the keys that it is asked about."""
    asked: list[str] = []

    def call(_: Aws, _service: str, operation: str, **given: Any) -> Any:
        if operation == "GetAccessKeyLastUsed":
            asked.append(given["AccessKeyId"])
        return {**WELL, **answers}[operation]

    monkeypatch.setattr(Aws, "call", call)
    return Aws("eu-west-1", "AKIAEXAMPLEEXAMPLE00", Secret("s" * 40), Wire(())), asked


def interest(*users: str) -> Interest:
    """What is wanted of an account that relays sign in to as these."""
    ways = tuple(Way(f"relay{place}", "t@example.com", one) for place, one in enumerate(users))
    return Interest("eu-west-1", "AKIAEXAMPLEEXAMPLE00", ways, (), 90)


def test_iam_is_asked_about_access_keys_alone(monkeypatch):
    """It refuses a question about any other name, which would spoil the look."""
    aws, asked = asking(monkeypatch)
    look(aws, interest("AKIASMTPSMTPSMTP0000", "AKIA", "AKIA-mail", "AKIASHORT", "mailer", ""), 1)
    assert asked == ["AKIASMTPSMTPSMTP0000", "AKIAEXAMPLEEXAMPLE00"]


@pytest.mark.parametrize(
    "answers",
    [
        {"ListEmailIdentities": {"EmailIdentities": [{"IdentityType": "DOMAIN"}]}},
        {"ListSuppressedDestinations": {"SuppressedDestinationSummaries": [{}]}},
        {"GetSendStatistics": {"SendDataPoints": [{"Bounces": "many"}]}},
        {"ListAccessKeys": {"AccessKeyMetadata": [{"AccessKeyId": "AKIAEXAMPLEEXAMPLE00"}]}},
    ],
)
def test_an_answer_that_is_none_is_a_failure_of_the_account(monkeypatch, answers):
    """So that it is told when it lasts, instead of leaving what was seen for true."""
    aws, _ = asking(monkeypatch, **answers)
    with pytest.raises(AwsFailure) as caught:
        look(aws, interest(), 1)
    assert caught.value.finding.code == "aws.unavailable"
