"""What was last seen of an account at Amazon SES, and when it is looked at again."""

from __future__ import annotations

from django.db import models


class SesLook(models.Model):
    """The look at the account of one region, shared by all responders."""

    region = models.CharField(primary_key=True, max_length=50)
    basis = models.CharField(max_length=64)
    """SHA-256 of what a look depends on: key, senders, recipients, ages."""
    facts = models.TextField()
    """JSON of what was seen last, with what is to be seen to; empty before the first time."""
    seen_at = models.BigIntegerField(null=True)
    """When that was."""
    looked_at = models.BigIntegerField(null=True)
    """When it was tried last, whether anything was seen or not."""
    next_look_at = models.BigIntegerField()
    turn = models.IntegerField()
    """Goes up with each look that begins: whoever changed it may look."""
    looking_until = models.BigIntegerField()
    """When another may begin, should who looks just now never come back; 0 when nobody looks."""
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    """Fault code of why the last look saw nothing."""
    code_facts = models.TextField()
    failing_since = models.BigIntegerField(null=True)
    """When the first of the looks in a row was that saw nothing."""
    told = models.TextField()
    """JSON: the keys of the alarms that go on."""

    class Meta:
        db_table = "ses_look"

    def __str__(self) -> str:
        return self.region
