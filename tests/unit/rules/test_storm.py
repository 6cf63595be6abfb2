"""Where one more transition goes: at once, into a digest, or over the ceiling."""

from __future__ import annotations

import itertools

from tocsin.base.clock import HOUR, MINUTE, SECOND
from tocsin.rules.ceiling import Ceiling
from tocsin.rules.storm import OVERFLOW, Place, Storm, Window

NOON = 1_795_000_000 * SECOND
SPAN = MINUTE


class Action:
    """An action over time: every digest gathers until it is due."""

    def __init__(self, ceiling: int | None = None, span: int = SPAN) -> None:
        self.ceiling, self.span = ceiling, span
        self.windows: dict[str, Window] = {}
        self.due: list[int] = []
        self.gathering: dict[str, int] = {}
        self.names = (f"mail-{number}" for number in itertools.count(1))

    def place(self, at: int, key: str | None = "a") -> Place:
        """Where a transition goes that comes so long after noon."""
        now = NOON + at
        ceiling = Ceiling(self.ceiling, self.due)
        storm = Storm(
            now,
            span=self.span,
            ceiling=ceiling,
            windows=self.windows,
            gathering={one for one, due in self.gathering.items() if due > now},
            new_mail=lambda: next(self.names),
        )
        place = storm.place(key)
        self.windows |= storm.changed
        self.due += ceiling.taken
        if place.gathers and place.due_at is not None:
            self.gathering[place.mail] = place.due_at
        return place


def at_once(mail: str, at: int) -> Place:
    """A mail of its own, due the moment it is made."""
    return Place(mail, NOON + at, gathers=False)


def test_the_first_is_told_at_once_and_the_rest_together():
    """One mail at once, then one digest that is due when the window closes."""
    action = Action()
    assert action.place(0) == at_once("mail-1", 0)
    assert action.place(10 * SECOND) == Place("mail-2", NOON + SPAN)
    assert action.place(20 * SECOND) == Place("mail-2")
    assert action.place(SPAN - 1) == Place("mail-2")


def test_while_the_storm_goes_on_each_window_has_its_digest():
    """The next digest closes one window after the last; a quiet window ends the storm."""
    action = Action()
    action.place(0)
    action.place(1)
    assert action.place(SPAN) == Place("mail-3", NOON + 2 * SPAN)
    assert action.place(3 * SPAN - 1) == Place("mail-4", NOON + 3 * SPAN)
    assert action.place(4 * SPAN) == at_once("mail-5", 4 * SPAN)


def test_a_window_in_which_nothing_came_ends_the_storm():
    """One at once, a quiet window, and again one at once."""
    action = Action()
    action.place(0)
    assert action.place(SPAN) == at_once("mail-2", SPAN)


def test_groups_do_not_mind_each_other():
    """Each has its own first and its own digest."""
    action = Action()
    assert action.place(0, "a") == at_once("mail-1", 0)
    assert action.place(1, "b") == at_once("mail-2", 1)
    assert action.place(2, "a") == Place("mail-3", NOON + SPAN)
    assert action.place(3, "b") == Place("mail-4", NOON + SPAN + 1)


def test_what_gathers_no_more_is_left_alone():
    """A digest that a person sent or cancelled gets nothing more; another takes its place."""
    action = Action(span=HOUR)
    action.place(0)
    assert action.place(1).mail == "mail-2"
    del action.gathering["mail-2"]
    assert action.place(2) == Place("mail-3", NOON + HOUR)


def test_a_digest_that_left_by_another_clock_has_closed():
    """What comes next is for the window after, not for one that lasts a moment."""
    action = Action(span=HOUR)
    action.place(0)
    action.place(1)
    del action.gathering["mail-2"]
    assert action.place(HOUR - SECOND) == Place("mail-3", NOON + 2 * HOUR)


def test_a_clock_set_back_begins_anew():
    """A window that ends later than any that begins now is void."""
    action = Action()
    action.place(0)
    action.place(1)
    assert action.place(-HOUR) == at_once("mail-3", -HOUR)
    assert action.place(-HOUR + 1) == Place("mail-4", NOON - HOUR + SPAN)


def test_clocks_that_differ_a_little_begin_nothing_anew():
    """Another node's clock may be behind by some seconds: the storm is the same."""
    action = Action()
    action.place(0)
    assert action.place(-5 * SECOND) == Place("mail-2", NOON + SPAN)
    assert action.place(-4 * SECOND) == Place("mail-2")


def test_a_shorter_window_counts_at_once():
    """What the configuration says now is what holds."""
    action = Action(span=HOUR)
    action.place(0)
    action.place(1)
    action.span = MINUTE
    assert action.place(2) == at_once("mail-3", 2)


def test_what_is_over_the_ceiling_goes_out_when_there_is_a_place():
    """Two an hour, without groups: the third and all that follow are told when the hour is over."""
    action = Action(ceiling=2)
    assert action.place(0, None) == at_once("mail-1", 0)
    assert action.place(MINUTE, None) == at_once("mail-2", MINUTE)
    assert action.place(2 * MINUTE, None) == Place("mail-3", NOON + HOUR)
    assert action.place(HOUR - 1, None) == Place("mail-3")
    # That was the place of the first; the next is free an hour after the second.
    assert action.place(HOUR, None) == Place("mail-4", NOON + HOUR + MINUTE)
    assert action.place(2 * HOUR + MINUTE, None) == at_once("mail-5", 2 * HOUR + MINUTE)


def test_the_overflow_takes_all_groups():
    """A group that has no place for a first or a digest is told with the others."""
    action = Action(ceiling=2)
    action.place(0, "a")
    assert action.place(1, "a") == Place("mail-2", NOON + SPAN)
    assert action.place(2, "b") == Place("mail-3", NOON + HOUR)
    assert action.place(3, "c") == Place("mail-3")
    # What its own group gathers already costs no mail more.
    assert action.place(4, "a") == Place("mail-2")
    assert action.windows[OVERFLOW] == Window(NOON + HOUR, "mail-3")


def test_an_overflow_that_was_cancelled_is_followed_by_another():
    """Nothing is added to what gathers no more, and the ceiling stays."""
    action = Action(ceiling=1)
    action.place(0, None)
    action.place(1, None)
    del action.gathering["mail-2"]
    assert action.place(2, None) == Place("mail-3", NOON + 2 * HOUR)
