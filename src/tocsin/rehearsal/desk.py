"""Where submitted mails are judged, sent on their way and laid into the inbox."""

from __future__ import annotations

from pathlib import Path

from tocsin.base.clock import SYSTEM_CLOCK, Clock
from tocsin.rehearsal import inbox, words
from tocsin.rehearsal.account import Account
from tocsin.rehearsal.field import split_message
from tocsin.rehearsal.identifier import message_id
from tocsin.rehearsal.route import Route
from tocsin.rehearsal.submission import Submission


class Desk:
    """Takes one mail after the other. A 250 means that the mail is in the folder."""

    def __init__(
        self,
        account: Account,
        route: Route,
        folder: Path,
        region: str,
        *,
        sync: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._account = account
        self._route = route
        self._folder = folder
        self._region = region
        self._sync = sync
        self._clock = clock
        self._last = 0

    def take(self, submission: Submission) -> bytes:
        """The reply to the end of DATA."""
        fields, body = split_message(submission.content)
        refusal = self._account.judge(submission, fields)
        if refusal is not None:
            return refusal
        # No two mails of one moment: names sort in the order of arrival.
        at = self._last = max(self._clock.now(), self._last + 1)
        name = message_id(self._region, at)
        mail = self._route.carry(submission, fields, body, name, at)
        try:
            inbox.keep(self._folder, name, mail, at, sync=self._sync)
        except OSError:
            return words.TEMPORARY
        self._account.count(submission)
        return words.accepted(name)
