"""What can be done with documents: change, compare, show, store."""

from __future__ import annotations

from tocsin.central.change import merge
from tocsin.central.difference import Difference, diff
from tocsin.central.shown import show
from tocsin.central.stored import from_stored, to_stored

__all__ = ["Difference", "diff", "from_stored", "merge", "show", "to_stored"]
