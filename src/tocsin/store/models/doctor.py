"""The walks of the doctor, with what each found."""

from __future__ import annotations

from django.db import models


class DoctorRun(models.Model):
    """One walk of a mail path; no secret is in it."""

    id = models.CharField(primary_key=True, max_length=36)
    began_at = models.BigIntegerField()
    beat_at = models.BigIntegerField()
    """When whoever walks said last that it goes on."""
    ended_at = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=200)
    relay = models.CharField(max_length=200, null=True)  # noqa: DJ001
    """Name of the configured relay; null for another server."""
    host = models.CharField(max_length=255)
    port = models.IntegerField()
    encryption = models.CharField(max_length=10)
    envelope = models.TextField()
    """JSON: ``{"from", "to", "send"}``: the sender, the recipients, whether a message went."""
    state = models.CharField(max_length=12)
    """``running``, ``done`` or ``broken-off``; running without a beat is broken off too."""
    ok = models.BooleanField(null=True)
    ms = models.FloatField(null=True)
    steps = models.TextField()
    """JSON: the steps so far."""
    findings = models.TextField()
    """JSON: the findings with their facts, the root cause first."""
    remedies = models.TextField()
    """JSON: what can be done, with all that doing it needs."""
    document = models.TextField()
    """JSON: the report as programs get it."""
    report = models.TextField()
    """The report as text."""

    class Meta:
        db_table = "doctor_run"

    def __str__(self) -> str:
        return f"{self.host}:{self.port} ({self.id})"
