"""One look at the mailbox for canaries: what was found there, and when each had arrived."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tocsin.base.clock import MINUTE, SYSTEM_CLOCK, Clock, Instant
from tocsin.central.configuration import Configuration
from tocsin.engine.arrivalmail import FIELD, canary_of, is_token, token
from tocsin.engine.trusted import trusted_anchors
from tocsin.mail.imap.failure import MailboxFailure
from tocsin.mail.imap.folder import on_the_wire
from tocsin.mail.imap.mailbox import FoundMail, Mailbox
from tocsin.mail.imap.session import MailboxSettings
from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.route import read_route

SKEW: Instant = 2 * MINUTE
"""A server's clock that is further off says nothing about when a mail arrived."""
_MOST_HOPS = 12
_LONGEST_NAME = 100

Hops = tuple[tuple[str, float | None], ...]
"""Name of each server and the seconds since the one before it, in the order of the way."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A canary that is looked for."""

    id: str
    accepted_at: Instant


@dataclass(frozen=True, slots=True)
class Sighted:
    """A canary that was found."""

    id: str
    arrived_at: Instant
    measured: str
    """``received``: by the field of the last server; ``seen``: when we looked."""
    folder: str
    in_junk: bool
    hops: Hops


def settings_of(configuration: Configuration) -> MailboxSettings | None:
    """The mailbox that is configured, trusted as the relays are; None without one."""
    arrival = configuration.arrival
    if arrival is None or arrival.password is None:
        return None
    return MailboxSettings(
        host=arrival.server,
        port=arrival.port,
        starttls=arrival.encryption == "starttls",
        user=arrival.user,
        password=arrival.password,
        folder=arrival.folder,
        anchors=trusted_anchors(configuration),
        policy=configuration.ciphers.policy,
    )


class Look:
    """A look that is under way: find, then, once that is stored, tidy up.

    Its methods block and belong into a thread.
    """

    def __init__(self, settings: MailboxSettings, clock: Clock = SYSTEM_CLOCK) -> None:
        self._settings = settings
        self._clock = clock
        self._mailbox: Mailbox | None = None
        self._found: list[FoundMail] = []
        self._closed = False

    def find(self, sought: Sequence[Sought], *, junk: bool) -> dict[str, Sighted]:
        """Those of the canaries that are there, by their id; with `junk` also where junk is.

        Raises:
            MailboxFailure: the mailbox cannot be read.
        """
        self._mailbox = Mailbox(self._settings)
        if self._closed:
            self._mailbox.close()
            return {}
        tokens = [token(one.id) for one in sought]
        since = min((one.accepted_at for one in sought), default=self._clock.now())
        self._found = self._mailbox.find(FIELD, tokens, is_token, since=since, junk=junk)
        at = self._clock.now()
        sighted: dict[str, Sighted] = {}
        wanted = {one.id: one for one in sought}
        for mail in self._found:
            id_ = canary_of(mail.message)
            if id_ is not None and id_ in wanted:
                one = self._sighted(mail, wanted[id_], at)
                # The inbox comes first: what is there arrived, copies elsewhere or not.
                sighted.setdefault(id_, one)
        return sighted

    def tidy(self, waiting: Collection[str]) -> None:
        """Delete the canaries that were found but those that still wait, and no other mail."""
        ids = {None, *waiting}
        ours = [one for one in self._found if canary_of(one.message) not in ids]
        if self._mailbox is not None and ours:
            with contextlib.suppress(MailboxFailure):  # the next look finds them again
                self._mailbox.remove(ours)

    def close(self) -> None:
        """End the session, also one that is only beginning in another thread."""
        self._closed = True
        if self._mailbox is not None:
            self._mailbox.close()

    def _sighted(self, mail: FoundMail, sought: Sought, at: Instant) -> Sighted:
        received = _received_at(mail.message)
        fits = received is not None and sought.accepted_at - SKEW <= received <= at + SKEW
        arrived_at = max(received, sought.accepted_at) if fits and received is not None else at
        return Sighted(
            sought.id,
            arrived_at,
            "received" if fits else "seen",
            mail.folder[:200],
            mail.wire_folder != on_the_wire(self._settings.folder),
            _hops(mail.message),
        )


def _received_at(message: ReceivedMessage) -> Instant | None:
    """When the last server had it, which put its field on top; whole seconds."""
    steps = read_route(message).steps
    return steps[-1].hop.at if steps else None


def _hops(message: ReceivedMessage) -> Hops:
    steps = read_route(message).steps[-_MOST_HOPS:]
    return tuple((one.hop.by[:_LONGEST_NAME], one.delay_s) for one in steps)
