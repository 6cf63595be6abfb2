"""Fetching feedback from an SQS queue: received, and deleted once it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.ses.aws import Aws

WAIT_S = 20
"""How long a call waits for the first message: the most that SQS allows."""
_MOST = 10
_SLACK_S = 15.0


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """A message of the queue; the receipt handle is what it is deleted by."""

    id: str
    handle: str
    body: str


def receive(aws: Aws, queue: str, *, wait_s: int = WAIT_S) -> tuple[QueueMessage, ...]:
    """Up to ten messages, as soon as there is one. Raises: AwsFailure."""
    said = aws.call(
        "sqs",
        "ReceiveMessage",
        read_s=wait_s + _SLACK_S,
        QueueUrl=queue,
        MaxNumberOfMessages=_MOST,
        WaitTimeSeconds=wait_s,
    )
    return tuple(
        QueueMessage(one["MessageId"], one["ReceiptHandle"], one.get("Body", ""))
        for one in said.get("Messages", ())
    )


def delete(aws: Aws, queue: str, messages: Sequence[QueueMessage]) -> int:
    """Delete messages; gives how many the queue still holds, and will give again.

    Raises: AwsFailure.
    """
    if not messages:
        return 0
    entries = [
        {"Id": str(place), "ReceiptHandle": one.handle} for place, one in enumerate(messages)
    ]
    said = aws.call("sqs", "DeleteMessageBatch", QueueUrl=queue, Entries=entries)
    return len(said.get("Failed", ()))
