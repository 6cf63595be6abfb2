"""One thing that a message tells."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.alarm import Alarm, TransitionKind


@dataclass(frozen=True, slots=True)
class Telling:
    """An alarm as it stood when something happened to it, and what that was."""

    alarm: Alarm
    transition: TransitionKind
