"""Which mail tells what in a storm: the first at once, digests for the rest, a ceiling over all.

This decides alone; where windows and mails are kept is another's business. What holds is
written down in ``docs/storms.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tocsin.base.clock import MINUTE, Instant
from tocsin.rules.ceiling import Ceiling

OVERFLOW = ""
"""Stands in the place of a group's key for what has no place below the ceiling, of any group."""

SKEW: Instant = MINUTE
"""How far the clocks of two nodes may be apart, or one may be set back, unnoticed."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which what comes is told together, by a digest that is due when it closes.

    A group's window without a digest is one in which nothing came yet but its first.
    """

    closes_at: Instant
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The mail that tells a transition.

    `due_at` is None when the mail was there before; one that `gathers` waits for more
    until it is due.
    """

    mail: str
    due_at: Instant | None = None
    gathers: bool = True


class Storm:
    """The windows of one action at one moment, and the places that it gives.

    Args:
        now: the moment.
        span: how long a group's window is.
        ceiling: of the action's mails.
        windows: by the key of their group, or `OVERFLOW`.
        gathering: the digests that are not due yet and can be added to.
        new_mail: makes the id of a mail.
    """

    def __init__(
        self,
        now: Instant,
        *,
        span: Instant,
        ceiling: Ceiling,
        windows: Mapping[str, Window],
        gathering: Collection[str],
        new_mail: Callable[[], str],
    ) -> None:
        self._now = now
        self._span = span
        self._ceiling = ceiling
        self._windows = dict(windows)
        self._gathering = set(gathering)
        self._new_mail = new_mail
        self.changed: dict[str, Window] = {}
        """Those windows that are new or other than they were."""

    def place(self, key: str | None) -> Place:
        """The mail that tells one more transition; `key` is its group's, if it has one."""
        return self._of_group(key) or self._of_overflow()

    def _of_group(self, key: str | None) -> Place | None:
        """None when the ceiling is in the way."""
        window = self._windows.get(key) if key is not None else None
        if key is None or window is None or self._is_over(window):
            return self._at_once(key)
        if window.digest in self._gathering:
            return Place(window.digest)
        closes_at = window.closes_at
        if window.digest is not None and closes_at <= self._now + SKEW:
            # It has closed, or another's clock says so: the storm goes on.
            closes_at += self._span
        return self._digest(key, closes_at) if self._ceiling.take(closes_at) else None

    def _is_over(self, window: Window) -> bool:
        """Whether a group's next is told at once again: a whole window was quiet.

        A window that ends much later than one that begins now dates from before the clock was
        set back, or the windows made shorter.
        """
        over_at = window.closes_at if window.digest is None else window.closes_at + self._span
        return self._now >= over_at or window.closes_at > self._now + self._span + SKEW

    def _at_once(self, key: str | None) -> Place | None:
        if not self._ceiling.take(self._now):
            return None
        if key is not None:
            self._keep(key, Window(self._now + self._span))
        return Place(self._new_mail(), self._now, gathers=False)

    def _of_overflow(self) -> Place:
        window = self._windows.get(OVERFLOW)
        if window is not None and window.digest in self._gathering:
            return Place(window.digest)
        due_at = self._ceiling.next_place(self._now)
        self._ceiling.take(due_at)
        return self._digest(OVERFLOW, due_at)

    def _digest(self, key: str, closes_at: Instant) -> Place:
        digest = self._new_mail()
        self._gathering.add(digest)
        self._keep(key, Window(closes_at, digest))
        return Place(digest, closes_at)

    def _keep(self, key: str, window: Window) -> None:
        self._windows[key] = window
        self.changed[key] = window
