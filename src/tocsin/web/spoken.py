"""A fault told in the language of the page."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext

from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding


def spoken(told: Explained) -> Explained:
    """The same fault with its sentences in the language that is active; facts stay as seen."""
    # A finding of a walk may be less serious than its fault is otherwise.
    return replace(explain(Finding(told.code, told.facts), gettext), severity=told.severity)
