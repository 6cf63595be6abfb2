"""Alarms and the transitions in their lives."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Alarm(models.Model):
    """An alarm as it stands now.

    What the first report said never changes afterwards, except `severity` (which
    only rises), `state`, `count` and the times; a `Transition` holds those as they
    were when it was made, so the two together give the alarm as it was judged.
    """

    id = models.CharField(primary_key=True, max_length=36)
    source = models.CharField(max_length=200)
    source_type = models.CharField(max_length=20)
    type = models.CharField(max_length=300)
    category = models.CharField(max_length=60)
    severity = models.SmallIntegerField()
    """The rank: 5 critical … 1 informational."""
    state = models.CharField(max_length=8)
    dedup_key = models.TextField()
    received_at = models.BigIntegerField()
    last_received_at = models.BigIntegerField()
    quiet_at = models.BigIntegerField()
    """When it becomes inactive unless another report comes."""
    count = models.IntegerField()
    started_at = models.BigIntegerField(null=True)
    last_seen_at = models.BigIntegerField(null=True)
    ended_at = models.BigIntegerField(null=True)
    source_ip = models.CharField(max_length=45, null=True)  # noqa: DJ001 -- unknown is not ""
    target_ip = models.CharField(max_length=45, null=True)  # noqa: DJ001
    source_host = models.TextField()
    """The whole host as JSON; ``{}`` when nothing is known."""
    target_host = models.TextField()
    protocol = models.CharField(max_length=40, null=True)  # noqa: DJ001
    details = models.TextField()
    url = models.TextField(null=True)  # noqa: DJ001
    attributes = models.TextField()
    """JSON object, string to string."""
    acknowledged_at = models.BigIntegerField(null=True)
    acknowledged_by = models.CharField(max_length=150, null=True)  # noqa: DJ001
    closed_at = models.BigIntegerField(null=True)
    closed_by = models.CharField(max_length=150, null=True)  # noqa: DJ001

    class Meta:
        db_table = "alarm"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dedup_key"], condition=Q(state="active"), name="alarm_one_active"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["quiet_at"], condition=Q(state="active"), name="alarm_quiet"),
            models.Index(fields=["severity", "id"], name="alarm_severity"),
            models.Index(fields=["source_ip", "id"], name="alarm_source_ip"),
            models.Index(fields=["target_ip", "id"], name="alarm_target_ip"),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"


class Transition(models.Model):
    """A change that response rules are asked about, and what was decided.

    Undecided while `decided_at` is null; the responder claims such rows.
    """

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="transitions")
    kind = models.CharField(max_length=8)
    at = models.BigIntegerField()
    severity = models.SmallIntegerField()
    state = models.CharField(max_length=8)
    count = models.IntegerField()
    last_seen_at = models.BigIntegerField(null=True)
    ended_at = models.BigIntegerField(null=True)
    held = models.CharField(max_length=200)
    """Why nobody is told whatever the rules say; empty when they decide."""
    decided_at = models.BigIntegerField(null=True)
    configuration = models.IntegerField(null=True)
    """Number of the configuration version that it was decided under."""
    matched = models.TextField()
    """JSON: ``[[rule, [action, …]], …]``, in the order of the rules."""

    class Meta:
        db_table = "transition"
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(decided_at=None), name="transition_undecided"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.alarm_id}"
