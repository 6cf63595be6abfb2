"""The configuration document in immutable versions, and the secrets it refers to."""

from __future__ import annotations

from django.db import models


class ConfigurationVersion(models.Model):
    """The whole document as it was after one change. Rows are never altered."""

    number = models.IntegerField(primary_key=True)
    document = models.TextField()
    """Canonical JSON; secrets stand as the ids of `StoredSecret` rows."""
    created_at = models.BigIntegerField()
    actor = models.CharField(max_length=150)
    origin = models.CharField(max_length=20)
    summary = models.TextField()
    """What changed, one line a difference, without secrets."""

    class Meta:
        db_table = "configuration_version"

    def __str__(self) -> str:
        return f"version {self.number}"


class StoredSecret(models.Model):
    """A secret, encrypted; bound to its row, so a copied ciphertext opens nowhere else."""

    id = models.CharField(primary_key=True, max_length=36)
    field = models.CharField(max_length=200)
    key_id = models.CharField(max_length=16)
    ciphertext = models.BinaryField()
    created_at = models.BigIntegerField()

    class Meta:
        db_table = "stored_secret"

    def __str__(self) -> str:
        return self.field
