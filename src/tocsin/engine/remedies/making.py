"""A change of the configuration with a note of the doctor in its history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.base.clock import Instant
from tocsin.domain.principal import Principal
from tocsin.engine import configuration, nudge
from tocsin.engine.configuration import Changed
from tocsin.store import models

MADE = "Doctor: "
UNDONE = "Doctor, undone: "
"""How a note begins. What a version changed begins with a part of the document instead."""

_NOTE = re.compile(rf"{MADE}(?P<what>.*) after walk (?P<run>[0-9a-f-]{{36}})")


@dataclass(frozen=True, slots=True)
class Note:
    """What the doctor did in a version, on whose behalf, and after which walk."""

    version: int
    what: str
    run: str
    actor: str
    at: Instant


def make(principal: Principal, parts: Mapping[str, Any], note: str, *, expected: int) -> Changed:
    """Change the configuration, with `note` as the first line of what its history tells.

    Raises: as `configuration.change`.
    """
    with transaction.atomic():
        changed = configuration.change(principal, parts, expected=expected)
        if changed.made:
            # Nobody has seen the version yet: it is there with this transaction.
            row = models.ConfigurationVersion.objects.get(number=changed.version)
            row.summary = f"{_line(note)}\n{row.summary}"
            row.save(update_fields=["summary"])
    if changed.made:
        for role in configuration.ROLES_TO_WAKE:
            nudge.wake(role)  # the call of `change` came before anything could be seen
    return changed


def _line(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def note_of(number: int) -> Note | None:
    """The note of a version; None where it was not a remedy that made it."""
    row = models.ConfigurationVersion.objects.filter(number=number).first()
    found = _NOTE.fullmatch(row.summary.partition("\n")[0]) if row is not None else None
    if row is None or found is None:
        return None
    return Note(number, found["what"], found["run"], row.actor, row.created_at)


def latest_note(at: Instant) -> Note | None:
    """The note of the version that was in force then."""
    versions = models.ConfigurationVersion.objects.filter(created_at__lte=at)
    number = versions.order_by("-number").values_list("number", flat=True).first()
    return note_of(number) if number is not None else None
