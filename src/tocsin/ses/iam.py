"""Access keys at IAM: how old they are, when they were used, and a user made for SMTP alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import Instant, from_datetime
from tocsin.base.secret import Secret
from tocsin.ses.aws import Aws, AwsFailure

POLICY_NAME = "tocsin-send"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}],
}
"""All that SMTP needs. An identity as Resource would refuse verified recipients in the sandbox."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key without its secret. `status`: Active or Inactive."""

    id: str
    user: str | None
    status: str
    created_at: Instant


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a key was used last, by IAM's hourly count; `at` is None when it never was."""

    at: Instant | None
    service: str | None
    region: str | None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user that may send mail and nothing else; the secret is shown by AWS this once."""

    user: str
    access_key: str
    secret_key: Secret


def access_keys(aws: Aws, user: str | None = None) -> tuple[AccessKey, ...]:
    """The keys of a user, or of the one that asks. Raises: AwsFailure."""
    whom: dict[str, Any] = {} if user is None else {"UserName": user}
    said = aws.call("iam", "ListAccessKeys", **whom)
    return tuple(
        AccessKey(
            id=one["AccessKeyId"],
            user=one.get("UserName"),
            status=one["Status"],
            created_at=from_datetime(one["CreateDate"]),
        )
        for one in said.get("AccessKeyMetadata", ())
    )


def last_use(aws: Aws, access_key: str) -> LastUse:
    """When a key was used last. Raises: AwsFailure."""
    said = aws.call("iam", "GetAccessKeyLastUsed", AccessKeyId=access_key)
    used = said.get("AccessKeyLastUsed", {})
    at = used.get("LastUsedDate")
    return LastUse(
        at=None if at is None else from_datetime(at),
        service=_said(used.get("ServiceName")),
        region=_said(used.get("Region")),
    )


class HalfMade(AwsFailure):
    """The user was made, and what had to follow was not; `step` says how far it came."""

    def __init__(self, failure: AwsFailure, step: str) -> None:
        super().__init__(failure.finding)
        self.step = step


def create_smtp_user(aws: Aws, name: str) -> NewUser:
    """Make a user with the least policy and a key; the SMTP password is derived from it.

    When a later step fails, the user is there: the call can be made again under another name.
    It has no key, unless the answer with the key was lost on the way.

    Raises:
        HalfMade: the user was made, and is not complete.
        AwsFailure: no user was made.
    """
    aws.call("iam", "CreateUser", UserName=name)
    step = "it may not do anything, and has no access key"
    try:
        aws.call(
            "iam",
            "PutUserPolicy",
            UserName=name,
            PolicyName=POLICY_NAME,
            PolicyDocument=json.dumps(POLICY),
        )
        step = "it may send, and has no access key that anybody knows"
        made = aws.call("iam", "CreateAccessKey", UserName=name)["AccessKey"]
    except AwsFailure as failure:
        raise HalfMade(failure, step) from failure
    return NewUser(name, made["AccessKeyId"], Secret(made["SecretAccessKey"]))


def _said(word: str | None) -> str | None:
    return None if word in {None, "N/A"} else word
