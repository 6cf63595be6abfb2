"""Access keys at IAM: how old they are, when they were used, and a user made for SMTP alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import Instant, from_datetime
from tocsin.base.secret import Secret
from tocsin.ses.aws import Aws

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


def create_smtp_user(aws: Aws, name: str) -> NewUser:
    """Make a user with the least policy and a key; the SMTP password is derived from it.

    When a later step fails, the user is there without a key: the call can be made again
    under another name, and nothing that could send was left behind.

    Raises: AwsFailure.
    """
    aws.call("iam", "CreateUser", UserName=name)
    aws.call(
        "iam",
        "PutUserPolicy",
        UserName=name,
        PolicyName=POLICY_NAME,
        PolicyDocument=json.dumps(POLICY),
    )
    made = aws.call("iam", "CreateAccessKey", UserName=name)["AccessKey"]
    return NewUser(name, made["AccessKeyId"], Secret(made["SecretAccessKey"]))


def _said(word: str | None) -> str | None:
    return None if word in {None, "N/A"} else word
