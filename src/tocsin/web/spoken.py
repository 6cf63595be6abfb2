"""A fault told in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext

from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding


def spoken(told: Explained) -> Explained:
    """The same fault with its sentences in the language that is active; facts stay as seen."""
    return explain(Finding(told.code, told.facts), gettext)
