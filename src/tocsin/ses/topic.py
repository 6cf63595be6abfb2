"""An SNS topic that Amazon SES may publish to, and the SQS queue that it feeds.

Each call may be made again: what is there already is made so. Sources: SES developer guide,
"Configuring Amazon SNS notifications" (topic policy); SNS developer guide, "Fanout to Amazon
SQS queues" (queue policy).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tocsin.ses.aws import Aws

KEEP_S = 14 * 24 * 3600
"""How long the queue keeps what nobody fetched: the most that SQS allows."""
_OURS = "TocsinFeedback"
"""Sid of our statement in a policy; statements of others stay."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue by its two names."""

    url: str
    arn: str


def create_topic(aws: Aws, name: str) -> str:
    """The ARN of the topic of that name in this account. Raises: AwsFailure."""
    return str(aws.call("sns", "CreateTopic", Name=name)["TopicArn"])


def let_publish(aws: Aws, topic: str) -> None:
    """Let Amazon SES publish to the topic, for this account alone. Raises: AwsFailure."""
    said = aws.call("sns", "GetTopicAttributes", TopicArn=topic)
    _, partition, _, region, account, _ = topic.split(":", 5)
    statement = {
        "Sid": _OURS,
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        # Only what SES of this account and region publishes: not for whoever uses SES as its arm.
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:{partition}:ses:{region}:{account}:*"},
        },
    }
    policy = _with(said.get("Attributes", {}).get("Policy"), statement)
    aws.call(
        "sns",
        "SetTopicAttributes",
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps(policy),
    )


def create_queue(aws: Aws, name: str) -> Queue:
    """The queue of that name in this account. Raises: AwsFailure."""
    # Without attributes: SQS refuses a name that is there with others.
    url = str(aws.call("sqs", "CreateQueue", QueueName=name)["QueueUrl"])
    said = aws.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return Queue(url, said["Attributes"]["QueueArn"])


def let_send(aws: Aws, queue: Queue, topic: str) -> None:
    """Let the topic, and no other, send to the queue. Raises: AwsFailure."""
    said = aws.call("sqs", "GetQueueAttributes", QueueUrl=queue.url, AttributeNames=["Policy"])
    statement = {
        "Sid": _OURS,
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = _with(said.get("Attributes", {}).get("Policy"), statement)
    attributes = {"Policy": json.dumps(policy), "MessageRetentionPeriod": str(KEEP_S)}
    aws.call("sqs", "SetQueueAttributes", QueueUrl=queue.url, Attributes=attributes)


def feed(aws: Aws, topic: str, queue: Queue) -> None:
    """Let the topic feed the queue, with the bodies as SES writes them. Raises: AwsFailure."""
    said = aws.call(
        "sns",
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        ReturnSubscriptionArn=True,
    )
    # Apart: with attributes, SNS refuses a subscription that is there without.
    aws.call(
        "sns",
        "SetSubscriptionAttributes",
        SubscriptionArn=said["SubscriptionArn"],
        AttributeName="RawMessageDelivery",
        AttributeValue="true",
    )


def _with(policy: str | None, statement: dict[str, Any]) -> dict[str, Any]:
    """A policy with our statement in it once, and all others as they are."""
    known: dict[str, Any] = json.loads(policy) if policy else {"Version": "2012-10-17"}
    statements = known.get("Statement", [])
    others = statements if isinstance(statements, list) else [statements]
    kept = [one for one in others if one.get("Sid") != statement["Sid"]]
    return {**known, "Statement": [*kept, statement]}
