"""People who sign in and tokens that programs carry."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class People(BaseUserManager["Person"]):
    """Finds people by their name."""


class Person(AbstractBaseUser):
    """Someone who signs in to the pages."""

    name = models.CharField(max_length=150, unique=True)
    role = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)
    one_time = models.BooleanField(default=False)
    """The password is a first one and must be changed at the first sign-in."""
    created_at = models.BigIntegerField()
    created_by = models.CharField(max_length=150)

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[People] = People()

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.name


class Token(models.Model):
    """A bearer token; only its digest is kept."""

    name = models.CharField(max_length=150, unique=True)
    role = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.BigIntegerField()
    created_by = models.CharField(max_length=150)
    expires_at = models.BigIntegerField(null=True)

    class Meta:
        db_table = "token"

    def __str__(self) -> str:
        return self.name
