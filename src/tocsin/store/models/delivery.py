"""The outbox: deliveries, what they tell, and the evidence of each attempt."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tocsin.store.models.alarm import Transition


class Connection(models.Model):
    """What one connection to a relay showed; its attempts refer to it."""

    id = models.CharField(primary_key=True, max_length=36)
    relay = models.CharField(max_length=200)
    host = models.CharField(max_length=255)
    port = models.IntegerField()
    address = models.CharField(max_length=64, null=True)  # noqa: DJ001
    opened_at = models.BigIntegerField()
    tls_version = models.CharField(max_length=20, null=True)  # noqa: DJ001
    cipher = models.CharField(max_length=80, null=True)  # noqa: DJ001
    chain = models.TextField()
    """JSON: SHA-256 of each certificate presented, leaf first."""
    resumed = models.BooleanField()
    rests_on = models.CharField(max_length=36, null=True)  # noqa: DJ001
    """Of a resumed session: the connection whose full handshake showed the chain."""
    transcript = models.TextField()
    """JSON: ``[[at, step, sent, received], …]`` up to the sign-in, secrets masked."""

    class Meta:
        db_table = "connection"

    def __str__(self) -> str:
        return f"{self.host}:{self.port} ({self.id})"


class SeenCertificate(models.Model):
    """A certificate that some relay presented, kept once."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    der = models.BinaryField()
    first_seen_at = models.BigIntegerField()

    class Meta:
        db_table = "seen_certificate"

    def __str__(self) -> str:
        return self.sha256


class Delivery(models.Model):
    """One message to the outside, in exactly one state at any time."""

    id = models.CharField(primary_key=True, max_length=36)
    action = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    configuration = models.IntegerField()
    """Number of the configuration version that it was decided under."""
    state = models.CharField(max_length=10)
    severity = models.SmallIntegerField()
    message_id = models.CharField(max_length=300)
    recipients = models.TextField()
    """JSON: ``[{"address", "state", "reply", "receipt"}, …]``."""
    queued_at = models.BigIntegerField()
    not_before = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    attempts = models.IntegerField()
    maybe_twice = models.BooleanField()
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    """Fault code of the last attempt that failed."""
    told = models.IntegerField(db_default=1)
    """How many transitions it tells; 0 for a test."""
    hold = models.CharField(max_length=10, null=True)  # noqa: DJ001
    """Why it is held: it gathers, a person holds it, or its outcome is in doubt."""
    held_by = models.CharField(max_length=150, null=True)  # noqa: DJ001
    """The person who holds it."""
    delivered_at = models.BigIntegerField(null=True)
    finished_at = models.BigIntegerField(null=True)
    lease_owner = models.CharField(max_length=100, null=True)  # noqa: DJ001
    lease_until = models.BigIntegerField(null=True)
    sample = models.TextField(null=True)  # noqa: DJ001
    """JSON of the made-up alarm that a Test Action tells; null for a real one."""
    asked_by = models.CharField(max_length=150, null=True)  # noqa: DJ001
    """Who pressed Test Action."""

    class Meta:
        db_table = "delivery"
        indexes: ClassVar = [
            # A partial index holds only what is waiting: its cost follows the queue, not the
            # history. Every one is paid for with each change of state. They begin with the
            # state because SQLite, which knows no statistics here, would else prefer
            # `delivery_state` and sort all that waits.
            models.Index(
                fields=["state", "-severity", "id"],
                condition=Q(state="queued"),
                name="delivery_queued",
            ),
            models.Index(
                fields=["state", "not_before"],
                condition=Q(state="retrying"),
                name="delivery_retrying",
            ),
            models.Index(
                fields=["state", "not_before"], condition=Q(state="held"), name="delivery_held"
            ),
            models.Index(
                fields=["state", "expires_at"],
                condition=Q(state__in=["queued", "retrying"]),
                name="delivery_expiring",
            ),
            models.Index(
                fields=["state", "-severity", "id"],
                condition=Q(sample__isnull=False),
                name="delivery_test",
            ),
            models.Index(
                fields=["code", "id"], condition=Q(code__isnull=False), name="delivery_code"
            ),
            models.Index(fields=["id"], condition=Q(maybe_twice=True), name="delivery_twice"),
            models.Index(fields=["state", "id"], name="delivery_state"),
            models.Index(fields=["action", "id"], name="delivery_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} ({self.id})"


class Telling(models.Model):
    """That a delivery tells a transition: each transition once for each action."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tellings")
    transition = models.ForeignKey(
        Transition, on_delete=models.CASCADE, related_name="tellings", db_index=False
    )
    action = models.CharField(max_length=200)

    class Meta:
        db_table = "telling"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transition", "action"], name="telling_once"),
        ]

    def __str__(self) -> str:
        return f"{self.transition_id} by {self.action}"


class Gathering(models.Model):
    """A window in which an action gathers alarms of one group for one mail.

    While `delivery` is held, further transitions are added to it; a window without one
    has told its first alarm at once and waits for more.
    """

    action = models.CharField(max_length=200)
    key = models.TextField()
    """Canonical JSON of the group's values; the empty text gathers what is over the ceiling."""
    closes_at = models.BigIntegerField()
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )

    class Meta:
        db_table = "gathering"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["action", "key"], name="gathering_one"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["closes_at"], name="gathering_closes"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.action}"


class MailSlot(models.Model):
    """That an action with a ceiling of mails an hour has one that is due then."""

    action = models.CharField(max_length=200)
    due_at = models.BigIntegerField()

    class Meta:
        db_table = "mail_slot"
        indexes: ClassVar = [
            models.Index(fields=["action", "due_at"], name="mail_slot_due"),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.due_at}"


class DeliveryTally(models.Model):
    """How many deliveries entered a state in a span of five minutes."""

    at = models.BigIntegerField()
    """When the span begins."""
    state = models.CharField(max_length=10)
    entries = models.BigIntegerField()

    class Meta:
        db_table = "delivery_tally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["at", "state"], name="delivery_tally_one"),
        ]

    def __str__(self) -> str:
        return f"{self.entries} {self.state}"


class Attempt(models.Model):
    """One try at a delivery, with what the relay said."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    number = models.IntegerField()
    started_at = models.BigIntegerField()
    finished_at = models.BigIntegerField()
    ok = models.BooleanField()
    in_doubt = models.BooleanField()
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    facts = models.TextField()
    """JSON: the facts that fill the fault's sentences."""
    reply = models.TextField(null=True)  # noqa: DJ001
    transcript = models.TextField()
    """JSON: ``[[at, step, sent, received], …]`` of this message alone."""

    class Meta:
        db_table = "attempt"

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
