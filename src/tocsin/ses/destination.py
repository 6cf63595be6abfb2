"""To whom Amazon SES reports bounces, complaints and deliveries, as it is set up in AWS.

Two ways exist side by side (SES developer guide, "Monitoring using event publishing" and
"Receiving notifications using Amazon SNS"): event destinations of the configuration set that
a message goes by, and the notification topics of the identity that it is sent from. A message
that names no set goes by the one that its identity names, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from tocsin.ses.account import identity
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed

T = TypeVar("T")


class Told(StrEnum):
    """What is reported, by its word in both ways."""

    BOUNCE = "BOUNCE"
    COMPLAINT = "COMPLAINT"
    DELIVERY = "DELIVERY"


PUBLISHED = (*Told, "REJECT", "DELIVERY_DELAY")
"""The events that Tocsin makes something of."""


@dataclass(frozen=True, slots=True)
class Way:
    """One receiver of events. `kind`: sns, eventbridge, firehose, cloudwatch or pinpoint."""

    kind: str
    target: str
    """ARN of what receives; empty where there is none of one."""
    configuration_set: str | None
    """The set whose destination it is; None for a notification topic of the identity."""
    name: str = ""
    """Of the destination in its set."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One of GetConfigurationSetEventDestinations."""

    way: Way
    enabled: bool
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Notifications:
    """GetIdentityNotificationAttributes of one identity."""

    topics: Mapping[Told, str]
    forwarding: bool
    """Whether bounces and complaints are mailed to the sender, where no topic has them."""
    headers: bool
    """Whether notifications of all three hold the mail's headers."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """What is reported of the mails from one sender, as far as the key may see."""

    sender: str
    identity: str | None
    """The identity that covers the sender; None where none does, or none may be seen."""
    configuration_set: str | None
    destinations: tuple[Destination, ...] | None
    """None where the key may not see them."""
    notifications: Notifications | None
    missing: tuple[str, ...]
    """IAM actions that the key lacks."""

    def ways(self, told: Told) -> tuple[Way, ...]:
        """Who is told of this."""
        published = [
            one.way for one in self.destinations or () if one.enabled and told.value in one.events
        ]
        topic = self.notifications.topics.get(told) if self.notifications is not None else None
        return (*published, *([Way("sns", topic, None)] if topic else []))

    @property
    def forwarded(self) -> bool:
        """Whether bounces and complaints are mailed to the sender."""
        return self.notifications is not None and self.notifications.forwarding


def destinations(aws: Aws, configuration_set: str) -> tuple[Destination, ...]:
    """The event destinations of a configuration set. Raises: AwsFailure."""
    said = aws.call(
        "sesv2", "GetConfigurationSetEventDestinations", ConfigurationSetName=configuration_set
    )
    return tuple(
        Destination(
            way=_way(one, configuration_set),
            enabled=bool(one.get("Enabled", False)),
            events=frozenset(one.get("MatchingEventTypes", ())),
        )
        for one in said.get("EventDestinations", ())
    )


_KINDS = {
    "sns": ("SnsDestination", "TopicArn"),
    "eventbridge": ("EventBridgeDestination", "EventBusArn"),
    "firehose": ("KinesisFirehoseDestination", "DeliveryStreamArn"),
    "pinpoint": ("PinpointDestination", "ApplicationArn"),
    "cloudwatch": ("CloudWatchDestination", ""),
}
"""Kind → the field that there is for it, and the field in there that names the receiver."""


def _way(one: Mapping[str, Any], configuration_set: str) -> Way:
    for kind, (field, target) in _KINDS.items():
        if one.get(field) is not None:
            return Way(kind, one[field].get(target, ""), configuration_set, one["Name"])
    return Way("", "", configuration_set, one["Name"])


def notifications(aws: Aws, name: str) -> Notifications:
    """The notification topics of an identity. Raises: AwsFailure."""
    said = aws.call("ses", "GetIdentityNotificationAttributes", Identities=[name])
    one = said.get("NotificationAttributes", {}).get(name, {})
    return Notifications(
        topics={
            told: topic for told in Told if (topic := one.get(f"{told.value.capitalize()}Topic"))
        },
        forwarding=bool(one.get("ForwardingEnabled", True)),
        headers=all(
            one.get(f"HeadersIn{told.value.capitalize()}NotificationsEnabled", False)
            for told in Told
        ),
    )


def reporting(aws: Aws, sender: str, configuration_set: str | None = None) -> Reporting:
    """What is reported of mails from `sender`, in the set that they name, if any.

    Raises:
        AwsFailure: AWS could not be asked; not for what the key may not see.
    """
    missing: list[str] = []

    def seen(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except NotAllowed as refusal:
            missing.append(refusal.action)
            return None

    covering = seen(lambda: _covering(aws, sender))
    name, own_set = covering or (None, None)
    used = configuration_set or own_set
    found = seen(lambda: destinations(aws, used)) if used is not None else ()
    told = seen(lambda: notifications(aws, name)) if name is not None else None
    return Reporting(sender, name, used, found, told, tuple(missing))


def _covering(aws: Aws, sender: str) -> tuple[str, str | None] | None:
    """The identity that a sender is covered by, and its set: the narrowest there is."""
    for name in candidates(sender):
        try:
            return name, identity(aws, name).configuration_set
        except AwsFailure as failure:
            if failure.finding.facts.get("error") != _NONE_SUCH:
                raise
    return None


_NONE_SUCH = "NotFoundException"


def candidates(sender: str) -> Iterator[str]:
    """The identities that could cover a sender, the narrowest first: an address, its domains."""
    local, _, domain = sender.rpartition("@")
    domain = domain.lower()
    yield f"{local}@{domain}"
    if "+" in local:
        yield f"{local.partition('+')[0]}@{domain}"
    while "." in domain:
        yield domain
        domain = domain.partition(".")[2]


def publish(aws: Aws, configuration_set: str, name: str, topic: str) -> None:
    """Let a set publish what Tocsin reads to a topic; made so where the name is there already.

    Raises: AwsFailure.
    """
    destination = {
        "Enabled": True,
        "MatchingEventTypes": list(PUBLISHED),
        "SnsDestination": {"TopicArn": topic},
    }
    given: dict[str, Any] = {
        "ConfigurationSetName": configuration_set,
        "EventDestinationName": name,
        "EventDestination": destination,
    }
    try:
        aws.call("sesv2", "CreateConfigurationSetEventDestination", **given)
    except AwsFailure as failure:
        if failure.finding.facts.get("error") != "AlreadyExistsException":
            raise
        aws.call("sesv2", "UpdateConfigurationSetEventDestination", **given)


def notify(aws: Aws, name: str, topic: str) -> None:
    """Let an identity's notifications go to a topic, each with the mail's headers.

    Raises: AwsFailure.
    """
    for told in Told:
        kind = told.value.capitalize()
        aws.call(
            "ses",
            "SetIdentityNotificationTopic",
            Identity=name,
            NotificationType=kind,
            SnsTopic=topic,
        )
        aws.call(
            "ses",
            "SetIdentityHeadersInNotificationsEnabled",
            Identity=name,
            NotificationType=kind,
            Enabled=True,
        )
