"""How the relay's addresses treat those who come, before a word is said."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Door(Enum):
    """The manner of one address."""

    OPEN = "open"
    SHUT = "shut"
    """The port is taken, but nothing listens: a connection is refused."""
    STUCK = "stuck"
    """It listens, its queue is full and nobody takes anything out: a connection never comes
    about."""


Doors = Mapping[str, Door]
"""By address, in the order in which the relay has them."""
