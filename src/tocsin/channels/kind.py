"""What a kind of response action offers; `engine.kinds` lists the kinds there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import BaseModel

from tocsin.base.clock import Instant
from tocsin.domain.alarm import Alarm
from tocsin.domain.telling import Telling
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

    def most_tellings(self, settings: Any) -> int:
        """How many of the alarms that a mail tells it can show."""

    def render(
        self,
        settings: Any,
        tellings: Sequence[Telling],
        *,
        told: int,
        sender: str,
        message_id: str,
        date: Instant,
        url: str = "",
        references: tuple[str, ...] = (),
    ) -> Mail:
        """The mail that tells an alarm or several, `told` in all, the gravest first.

        `url` is the page of the alarm, or the one that lists them; `references` are the
        message ids of mails that this one follows.
        """
