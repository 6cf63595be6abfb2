"""What a kind of response action offers; `engine.kinds` lists the kinds there are."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel

from tocsin.base.clock import Instant
from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.mail.message import Mail


class ActionKind(Protocol):
    """A kind of response action.

    It lives in a folder of its own, whose module ``kind`` holds one class that fits this
    protocol. Its settings refuse unknown fields and have at least `name`, `kind` (its
    own name alone), `description` and `enabled`.
    """

    @property
    def name(self) -> str:
        """As it stands under ``kind`` in the document."""

    @property
    def label(self) -> str:
        """As pages call it."""

    @property
    def settings(self) -> type[BaseModel]:
        """The schema of an action of this kind."""

    def check(self, settings: Any) -> list[tuple[str, str]]:
        """Problems that the schema alone does not see, as (field, message)."""

    def recipients(self, settings: Any) -> tuple[str, ...]:
        """Whom a delivery by this action goes to."""

    def sample(self, now: Instant) -> Alarm:
        """The made-up alarm that Test Action tells, marked as one."""


class MailKind(ActionKind, Protocol):
    """A kind that tells by mail."""

    def render(
        self,
        settings: Any,
        alarm: Alarm,
        transition: TransitionKind,
        *,
        sender: str,
        message_id: str,
        date: Instant,
        url: str = "",
    ) -> Mail:
        """The mail that tells the alarm; `url` is the alarm's page, where there is one."""
