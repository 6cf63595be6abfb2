"""What an event comes wrapped in: an SNS message, an EventBridge event, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.ses.event import Event, Malformed, read_event

LARGEST = 256 * 1024
"""Octets of one message: what SNS, SQS and EventBridge carry at most."""

_SOURCE = "aws.ses"
_OF_ACCOUNT = ("Sending Status Enabled", "Sending Status Disabled")
_OF_SUBSCRIPTION = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """An event out of its envelope.

    `id` is the message's own, by which a repetition is known; None without an envelope.
    `event` is None where nothing is told of a mail's arrival.
    """

    id: str | None
    event: Event | None


def unwrap(text: str | bytes) -> Unwrapped:
    """The event in a message of a queue or of a request, in any envelope.

    Raises:
        Malformed: it is no JSON, or no event of SES.
    """
    return unwrap_object(_object(text))


def unwrap_object(said: object) -> Unwrapped:
    """The same of JSON that was read already.

    Raises:
        Malformed: it is no event of SES.
    """
    if not isinstance(said, dict):
        raise Malformed("is no JSON object")
    if "notificationType" in said or "eventType" in said:
        return Unwrapped(None, read_event(said))
    if "TopicArn" in said and "Message" in said:
        return unwrap_sns(said)
    if "detail" in said:
        return unwrap_eventbridge(said)
    raise Malformed("is neither an event of SES nor an envelope of SNS or EventBridge")


def unwrap_sns(said: dict[str, Any]) -> Unwrapped:
    """The event in an SNS message (of a queue: who may write there, the queue's policy says).

    Raises:
        Malformed: it holds no event of SES.
    """
    id_ = said.get("MessageId")
    if not isinstance(id_, str) or len(id_) > _LONGEST_ID:
        raise Malformed("has no MessageId")
    if said.get("Type") in _OF_SUBSCRIPTION:
        return Unwrapped(id_, None)
    message = said.get("Message")
    if not isinstance(message, str):
        raise Malformed("has no Message that is text")
    if message.startswith("Successfully validated SNS topic"):
        return Unwrapped(id_, None)  # what SES publishes once to a new destination
    return Unwrapped(id_, read_event(_object(message)))


def unwrap_eventbridge(said: dict[str, Any]) -> Unwrapped:
    """The event in an event of EventBridge.

    Raises:
        Malformed: it is none of SES.
    """
    if said.get("source") != _SOURCE:
        raise Malformed(f"is no event of {_SOURCE}")
    id_ = said.get("id")
    if said.get("detail-type") in _OF_ACCOUNT:
        return Unwrapped(None, None)
    event = read_event(said.get("detail"))
    return Unwrapped(id_ if isinstance(id_, str) and len(id_) <= _LONGEST_ID else None, event)


_LONGEST_ID = 100


def _object(text: str | bytes) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise Malformed("is larger than 256 KiB")
    try:
        said = orjson.loads(text)
    except ValueError as error:
        raise Malformed(f"is not JSON: {error}") from None
    if not isinstance(said, dict):
        raise Malformed("is no JSON object")
    return said
