"""The chains that relays present, as they were seen over time, and the looks at them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ChainSeen(models.Model):
    """A chain that an address of a relay presented, from one look until another.

    The same chain is a further row when the address presented it again after others.
    What an address presents now are its rows of the latest `last_seen_at`: more than one
    where it answers now with one chain, now with another.
    """

    relay = models.CharField(max_length=200)
    host = models.CharField(max_length=255)
    port = models.IntegerField()
    address = models.CharField(max_length=64)
    chain = models.TextField()
    """JSON: SHA-256 of each certificate presented, leaf first."""
    first_seen_at = models.BigIntegerField()
    last_seen_at = models.BigIntegerField()
    trusted = models.BooleanField()
    """Whether it verified when it was seen last."""
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    """Fault code of why it did not."""
    anchor = models.CharField(max_length=64, null=True)  # noqa: DJ001
    """SHA-256 of the certificate of the trust store that carried it."""

    class Meta:
        db_table = "chain_seen"
        indexes: ClassVar = [
            models.Index(
                fields=["relay", "host", "port", "address", "last_seen_at"], name="chain_seen_line"
            ),
            models.Index(fields=["last_seen_at"], name="chain_seen_last"),
        ]

    def __str__(self) -> str:
        return f"{self.address} of {self.relay} ({self.id})"


class ChainLook(models.Model):
    """When a relay's chains were looked at last, what came of it, and when that is due again."""

    relay = models.CharField(primary_key=True, max_length=200)
    host = models.CharField(max_length=255)
    port = models.IntegerField()
    basis = models.CharField(max_length=64)
    """SHA-256 of what a look depends on: server, trust store, cipher policy."""
    looked_at = models.BigIntegerField(null=True)
    next_look_at = models.BigIntegerField()
    turn = models.IntegerField()
    """Goes up with each look that begins: whoever changed it may look."""
    looking_until = models.BigIntegerField()
    """When another may begin, should who looks just now never come back; 0 when nobody looks."""
    code = models.CharField(max_length=60, null=True)  # noqa: DJ001
    """Fault code of a look that reached no address."""
    facts = models.TextField()
    addresses = models.TextField()
    """JSON: ``{address: {"code", "facts"} or null, …}`` of the last look; null: it was reached."""
    told = models.TextField()
    """JSON: the keys of the alarms that go on since the last look."""

    class Meta:
        db_table = "chain_look"

    def __str__(self) -> str:
        return self.relay
