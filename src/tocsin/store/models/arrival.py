"""The arrival probe: each canary mail with what became of it, and when the next one is due."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ArrivalCanary(models.Model):
    """One canary; its id is that of its delivery."""

    id = models.CharField(primary_key=True, max_length=36)
    basis = models.CharField(max_length=32)
    """What it was sent for: address, relay and mailbox, hashed."""
    address = models.CharField(max_length=320)
    asked_by = models.CharField(max_length=150)
    queued_at = models.BigIntegerField()
    state = models.CharField(max_length=10)
    """``waiting``, ``arrived``, ``late``, ``missing`` or ``not-sent``."""
    accepted_at = models.BigIntegerField(null=True)
    """When the relay said 250."""
    arrived_at = models.BigIntegerField(null=True)
    measured = models.CharField(max_length=10, null=True)  # noqa: DJ001
    """What says when it arrived: ``received`` (the last server's field) or ``seen``."""
    latency = models.BigIntegerField(null=True)
    """From accepted to arrived, in microseconds."""
    folder = models.CharField(max_length=200, null=True)  # noqa: DJ001
    """Where it was found."""
    hops = models.TextField()
    """JSON: ``[[by, seconds since the hop before or null], …]``."""
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    """Fault code of what became of it, where that is a fault."""

    class Meta:
        db_table = "arrival_canary"
        indexes: ClassVar = [
            models.Index(fields=["basis", "state", "id"], name="arrival_canary_state"),
        ]

    def __str__(self) -> str:
        return f"{self.state} ({self.id})"


class ArrivalProbe(models.Model):
    """The one row of the probe: what is due when, and how the last look at the mailbox went."""

    id = models.IntegerField(primary_key=True)
    basis = models.CharField(max_length=32)
    due_at = models.BigIntegerField()
    """When the next canary goes out: whoever moves it on sends it."""
    look_at = models.BigIntegerField()
    """When the mailbox may be looked at next."""
    turn = models.IntegerField()
    """Goes up with each look that begins: whoever changed it looks."""
    looking_until = models.BigIntegerField()
    """When another may look, should who looks just now never come back; 0 when nobody looks."""
    looked_at = models.BigIntegerField(null=True)
    """When the mailbox was read last."""
    failing_since = models.BigIntegerField(null=True)
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    """Fault code of why it cannot be read."""
    facts = models.TextField()

    class Meta:
        db_table = "arrival_probe"

    def __str__(self) -> str:
        return f"due at {self.due_at}"
