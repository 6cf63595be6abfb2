"""Turns the transcript of a connection into steps while it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import SupportsIndex

from tocsin.doctor.diary import Diary
from tocsin.doctor.step import Step
from tocsin.domain.delivery import Exchange

_LONGEST = 2_000
"""Characters of one answer that a step keeps: a relay may send as much as it likes."""


class Tape(list[Exchange]):
    """A transcript; each exchange becomes a step once the one after it begins, or at `end`.

    Until then nobody knows whether the answer was what the conversation needed. Several
    exchanges of one sign-in are one step.

    Args:
        diary: is given the steps.
        address: they are of.
        began: seconds from the transcript's zero to the first step.
        passed: is called after each exchange has been taken.
        secured: is called when TLS was gone through.
        agreed: what else TLS agreed on, for its step.
    """

    def __init__(
        self,
        diary: Diary,
        address: str,
        began: float,
        *,
        passed: Callable[[], object] = lambda: None,
        secured: Callable[[], object] = lambda: None,
        agreed: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__()
        self._diary = diary
        self._address = address
        self._from = began
        self._passed = passed
        self._secured = secured
        self._agreed = agreed
        self._waiting: Exchange | None = None
        self._since = began

    def append(self, exchange: Exchange, /) -> None:
        """Take an exchange."""
        super().append(exchange)
        waiting = self._waiting
        if waiting is not None and waiting.step == exchange.step == "auth":
            exchange = exchange._replace(sent=waiting.sent)
        else:
            self._settle(ok=True)
            self._since = self._from
        self._waiting = exchange
        self._from = exchange.at
        self._passed()

    def insert(self, _index: SupportsIndex, _object: Exchange, /) -> None:
        """A transcript is only added to."""
        raise TypeError("a transcript is only added to")

    @property
    def last(self) -> Exchange | None:
        """The exchange that is not told yet."""
        return self._waiting

    def end(self, *, ok: bool | None) -> None:
        """Nothing more comes; the last exchange was so."""
        self._settle(ok=ok)

    def drop(self) -> float:
        """The last exchange is told by somebody else; gives the milliseconds that it took."""
        waiting, self._waiting = self._waiting, None
        return 0.0 if waiting is None else self._took(waiting)

    def _settle(self, *, ok: bool | None) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        through_tls = waiting.step == "tls" and bool(ok)
        answered = waiting.received + (self._agreed() if through_tls else "")
        self._diary.add(
            Step(
                waiting.step,
                self._address,
                ok,
                self._took(waiting),
                waiting.sent,
                shorten(answered),
            )
        )
        if through_tls:
            self._secured()

    def _took(self, waiting: Exchange) -> float:
        return round((waiting.at - self._since) * 1000, 3)


def shorten(text: str) -> str:
    """What a step says of an answer."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
