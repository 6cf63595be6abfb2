"""How the manager itself is doing: roles, relays, sources, counters."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class RoleState(models.Model):
    """What a running role last said of itself."""

    node = models.CharField(max_length=255)
    role = models.CharField(max_length=20)
    instance = models.CharField(max_length=36)
    """New at each start: leases of another instance on this node are dead."""
    pid = models.IntegerField()
    started_at = models.BigIntegerField()
    heartbeat_at = models.BigIntegerField()
    applied_version = models.IntegerField()
    """Number of the configuration version that it really works with."""
    ready = models.BooleanField()
    failure = models.CharField(max_length=500)
    """Why it could not take a version over; empty when it did."""
    detail = models.TextField()
    """JSON: what else the role tells, for its line on the page."""

    class Meta:
        db_table = "role_state"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "role"], name="role_state_one"),
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.node}"


class RelayState(models.Model):
    """Whether a relay takes mail, as last observed."""

    name = models.CharField(primary_key=True, max_length=200)
    paused_at = models.BigIntegerField(null=True)
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    facts = models.TextField()
    failures = models.IntegerField()
    probe_at = models.BigIntegerField(null=True)
    last_accepted_at = models.BigIntegerField(null=True)
    probed_at = models.BigIntegerField(null=True)
    """When it was last looked at during a pause."""
    learnt_rate = models.FloatField(null=True)
    """Recipients a second that its refusals have taught; null while they taught nothing."""

    class Meta:
        db_table = "relay_state"

    def __str__(self) -> str:
        return self.name


class RelayUsage(models.Model):
    """What a relay took in a span of ten minutes, as a rolling quota counts it."""

    relay = models.CharField(max_length=200)
    at = models.BigIntegerField()
    """When the span begins."""
    messages = models.BigIntegerField()
    recipients = models.BigIntegerField()

    class Meta:
        db_table = "relay_usage"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["relay", "at"], name="relay_usage_one"),
        ]

    def __str__(self) -> str:
        return f"{self.recipients} by {self.relay}"


class SourcePosition(models.Model):
    """How far a source has been read, written with the alarms that came of it."""

    node = models.CharField(max_length=255)
    source = models.CharField(max_length=200)
    position = models.TextField()
    """JSON of the source kind."""
    records = models.BigIntegerField()
    alarms = models.BigIntegerField()
    broken = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        db_table = "source_position"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "source"], name="source_position_one"),
        ]

    def __str__(self) -> str:
        return f"{self.source} on {self.node}"


class Counter(models.Model):
    """A number of the manager that only grows, written with what it counts."""

    name = models.CharField(max_length=80)
    labels = models.CharField(max_length=300)
    """As they stand in OpenMetrics text: ``kind="email",state="delivered"``."""
    value = models.BigIntegerField()

    class Meta:
        db_table = "counter"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "labels"], name="counter_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name}{{{self.labels}}}"
