"""What a kind of response action offers; `engine.kinds` lists the kinds there are."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel

from tocsin.base.clock import Instant
from tocsin.domain.alarm import Alarm


class ActionKind(Protocol):
    """A kind of response action."""

    name: str
    """As it stands under ``kind`` in the document."""
    label: str
    """As pages call it."""
    settings: type[BaseModel]

    def check(self, settings: Any) -> list[tuple[str, str]]:
        """Problems that the schema alone does not see, as (field, message)."""

    def recipients(self, settings: Any) -> tuple[str, ...]:
        """Whom a delivery by this action goes to."""

    def sample(self, now: Instant) -> Alarm:
        """The made-up alarm that Test Action tells, marked as one."""
