"""No more than so many mails in any hour."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from tocsin.base.clock import HOUR, Instant


class Ceiling:
    """When the mails of an action are due, and when another may be.

    An hour is any hour, not one of the clock's, and includes one of its ends: a mail at
    ten and one at eleven do not share one.

    Args:
        most: how many there may be; None for any number.
        due: when the mails are due that count.
    """

    def __init__(self, most: int | None, due: Iterable[Instant] = ()) -> None:
        self._most = most
        self._due = sorted(due)
        self.taken: list[Instant] = []
        """When the mails are due that were added."""

    def has_place(self, at: Instant) -> bool:
        """Whether one more mail may be due at that moment."""
        if self._most is None:
            return True
        since, until = bisect_right(self._due, at - HOUR), bisect_left(self._due, at + HOUR)
        if until - since < self._most:
            return True
        place = bisect_right(self._due, at, since, until)
        if place - since >= self._most:
            return False
        # As many as that lie around the moment, some in the future: they may share an hour
        # with it, yet not with each other.
        near = [*self._due[since:place], at, *self._due[place:until]]
        own = place - since
        return all(
            near[first + self._most] - near[first] >= HOUR
            for first in range(max(own - self._most, 0), own + 1)
            if first + self._most < len(near)
        )

    def next_place(self, after: Instant) -> Instant:
        """The first moment from `after` on at which one more mail may be due."""
        moments = (one + HOUR for one in self._due if one + HOUR > after)
        return next(one for one in (after, *moments) if self.has_place(one))

    def take(self, at: Instant) -> bool:
        """Add a mail that is due then, if one more may be."""
        if not self.has_place(at):
            return False
        if self._most is not None:
            insort(self._due, at)
            self.taken.append(at)
        return True
