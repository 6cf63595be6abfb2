"""What Amazon SES says later of the mails that it took."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tocsin.store.models.delivery import Delivery


class RelayMessage(models.Model):
    """The id that a relay gave a message in its final 250, for finding the delivery again."""

    relay_id = models.CharField(primary_key=True, max_length=100)
    delivery_id = models.CharField(max_length=36)
    """Without a constraint: it is written with every mail, and looked up the other way only."""

    class Meta:
        db_table = "relay_message"

    def __str__(self) -> str:
        return self.relay_id


class RecipientReceipt(models.Model):
    """What is known of a delivery to one recipient: the highest of all that was said."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    address = models.CharField(max_length=320)
    """As it stands among the delivery's recipients."""
    rank = models.SmallIntegerField()
    """Place of the standing in its order; it never falls."""
    standing = models.CharField(max_length=20)
    at = models.BigIntegerField()
    """When it happened, by the word of SES."""
    type = models.CharField(max_length=510)
    subtype = models.CharField(max_length=510)
    code = models.CharField(max_length=20, null=True)  # noqa: DJ001
    """Enhanced status code (RFC 3463)."""
    detail = models.CharField(max_length=510)

    class Meta:
        db_table = "recipient_receipt"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "address"], name="recipient_receipt_one"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.standing}"


class RecipientFlag(models.Model):
    """An address that bounced for good or complained, until a person has looked after it."""

    address = models.CharField(primary_key=True, max_length=320)
    """In lower case."""
    since = models.BigIntegerField()
    standing = models.CharField(max_length=20)
    reason = models.TextField()
    code = models.CharField(max_length=20, null=True)  # noqa: DJ001
    delivery_id = models.CharField(max_length=36)
    """The delivery that showed it; it may be gone by now."""

    class Meta:
        db_table = "recipient_flag"

    def __str__(self) -> str:
        return self.address


class FeedbackSeen(models.Model):
    """The id of an SNS message that was taken: a second one of that id is a repetition."""

    id = models.CharField(primary_key=True, max_length=100)
    seen_at = models.BigIntegerField()

    class Meta:
        db_table = "feedback_seen"
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="feedback_seen_at")]

    def __str__(self) -> str:
        return self.id


class FeedbackWaiting(models.Model):
    """An event of no delivery that is known: it may have come before the record of the 250."""

    relay_id = models.CharField(max_length=100)
    event = models.TextField()
    """JSON: the event as it was read."""
    received_at = models.BigIntegerField()

    class Meta:
        db_table = "feedback_waiting"
        indexes: ClassVar = [
            models.Index(fields=["relay_id"], name="feedback_waiting_relay"),
            models.Index(fields=["received_at"], name="feedback_waiting_at"),
        ]

    def __str__(self) -> str:
        return self.relay_id


class FeedbackChannel(models.Model):
    """When feedback last came in by one of its ways."""

    channel = models.CharField(primary_key=True, max_length=20)
    """``sqs``, ``sns`` or ``eventbridge``."""
    last_at = models.BigIntegerField()
    events = models.BigIntegerField()
    """How many there were so far."""

    class Meta:
        db_table = "feedback_channel"

    def __str__(self) -> str:
        return self.channel


class FeedbackQuarantined(models.Model):
    """What came as feedback and could not be read, with the reason."""

    received_at = models.BigIntegerField()
    channel = models.CharField(max_length=20)
    """``sqs``, ``sns`` or ``eventbridge``."""
    reason = models.CharField(max_length=500)
    body = models.TextField()

    class Meta:
        db_table = "feedback_quarantined"
        indexes: ClassVar = [models.Index(fields=["received_at"], name="feedback_quarantined_at")]

    def __str__(self) -> str:
        return self.reason


class SnsSubscription(models.Model):
    """A topic that offered to send feedback, and what a person said to it."""

    id = models.CharField(primary_key=True, max_length=36)
    topic = models.CharField(max_length=300, unique=True)
    url = models.TextField()
    """Where the subscription is confirmed."""
    received_at = models.BigIntegerField()
    confirmed_at = models.BigIntegerField(null=True)
    confirmed_by = models.CharField(max_length=150, null=True)  # noqa: DJ001

    class Meta:
        db_table = "sns_subscription"

    def __str__(self) -> str:
        return self.topic
