"""The outcomes of one batch, told while it is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from tocsin.base.clock import Instant
from tocsin.domain.delivery import Recipient
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay.outcome import SendOutcome, outcome_of
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.transaction import Transaction

_GROUP = 16
"""Outcomes made at a time. One by one between two flights costs a fifth of the speed."""
_WITHIN = 0.005
"""Seconds in which an outcome is told, however few there are."""

Told = Callable[[list[tuple[int, SendOutcome]]], object]
"""Who is told, while a batch is under way, which of its messages have ended, and how."""


class Results:
    """Makes the outcomes of a batch as its messages end.

    Args:
        batch: everything that was handed over.
        mailing: what is sent of it, from its beginning.
        facts: of the relay, to stand in every finding.
        began: when the connection began, which the messages' times count from.
        told: is called with places and outcomes, soon after there are some.
    """

    def __init__(
        self,
        batch: Sequence[Envelope],
        mailing: Mailing,
        facts: Mapping[str, str],
        began: Instant,
        told: Told | None,
    ) -> None:
        self._mailing = mailing
        self._facts = facts
        self._began = began
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ended: list[Transaction] = []
        self._places = {one: place for place, one in enumerate(mailing.transactions)}
        self._outcomes: list[SendOutcome | None] = [None] * len(batch)
        beyond = range(len(mailing.transactions), len(batch))
        self._tell([(place, _beyond(batch[place], began)) for place in beyond])

    def settle(self, ended: Sequence[Transaction]) -> None:
        """These have ended."""
        self._ended += ended
        if len(self._ended) >= _GROUP:
            self._make()
        elif self._timer is None and self._told is not None:
            self._timer = self._loop.call_later(_WITHIN, self._ring)

    def finish(self) -> list[SendOutcome]:
        """All have ended: one outcome for each message, in order."""
        if self._timer is not None:
            self._timer.cancel()
        self._make()
        return [one for one in self._outcomes if one is not None]

    def _ring(self) -> None:
        self._timer = None
        self._make()

    def _make(self) -> None:
        ended, self._ended = self._ended, []
        facts, began, places = self._facts, self._began, self._places
        reason = self._mailing.failure or self._mailing.halted_by
        self._tell([(places[one], outcome_of(one, reason, facts, began)) for one in ended])

    def _tell(self, ended: list[tuple[int, SendOutcome]]) -> None:
        for place, outcome in ended:
            self._outcomes[place] = outcome
        if ended and self._told is not None:
            self._told(ended)


def _beyond(envelope: Envelope, began: Instant) -> SendOutcome:
    """Left for another connection: this one has carried what it may."""
    waiting = tuple(map(Recipient, envelope.recipients))
    return SendOutcome(envelope.id, False, None, None, waiting, (), began, began, untried=True)
