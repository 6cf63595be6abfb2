"""Messages of deliveries, made under the configuration version that decided them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from tocsin.channels.email.kind import Email
from tocsin.domain.delivery import RecipientState
from tocsin.engine.arrivalmail import canary_mail, is_canary
from tocsin.engine.composing import NotComposed
from tocsin.engine.configuration import version
from tocsin.engine.kinds import ACTIONS
from tocsin.engine.relay import Relay
from tocsin.engine.response import Action, Response
from tocsin.faults.fault import Finding
from tocsin.mail.envelope import Envelope
from tocsin.mail.message import Mail, compose
from tocsin.store.queries.outgoing import Outgoing

_KEPT = 16
"""Versions whose responses are kept compiled."""


class MessageComposer:
    """Makes mails.

    Templates are those of the deciding version; sender and relay are the present ones, so
    that mail that waited for a corrected From Email goes out with it.
    """

    def __init__(self) -> None:
        self._responses: OrderedDict[int, Response] = OrderedDict()

    def adopt(self, response: Response) -> None:
        """Keep this version at hand."""
        self._responses[response.version] = response
        while len(self._responses) > _KEPT:
            self._responses.popitem(last=False)

    def load(self, versions: Iterable[int]) -> None:
        """Fetch versions that are not at hand; runs in the store's thread."""
        for number in versions:
            if number not in self._responses:
                self.adopt(Response(number, version(number).configuration))

    def compose(self, outgoing: Outgoing, relay: Relay) -> Envelope:
        """The envelope of a delivery, to recipients that did not get it yet.

        To no more than the relay takes at once: the others are the next attempt's.

        Raises:
            NotComposed: the action is none of mail, or a value cannot stand in a mail.
        """
        mail = self.mail(outgoing, relay.sender)
        try:
            content = compose(mail)
        except ValueError as error:
            facts = {"field": "The message", "problem": str(error)}
            raise NotComposed(Finding("message.template", facts)) from error
        pending = [
            one.address for one in outgoing.recipients if one.state is RecipientState.PENDING
        ]
        recipients = tuple(pending[: relay.max_recipients])
        asked = None if is_canary(outgoing) else self._action(outgoing).settings.notify
        notify = _notices(asked)
        return Envelope(outgoing.id, relay.sender, recipients, content, notify)

    def mail(self, outgoing: Outgoing, sender: str) -> Mail:
        """The mail of a delivery.

        Raises:
            NotComposed: the action is none of mail.
        """
        if is_canary(outgoing):
            return canary_mail(outgoing, sender)
        action = self._action(outgoing)
        kind = ACTIONS.get(outgoing.kind)
        if not isinstance(kind, Email):
            raise NotComposed(Finding("unknown", {"reply": f"{outgoing.action} is none of mail"}))
        return kind.render(
            action.settings,
            outgoing.tellings,
            told=outgoing.told,
            sender=sender,
            message_id=outgoing.message_id,
            date=outgoing.queued_at,
            url=self._url(outgoing),
            references=_references(outgoing),
        )

    def _action(self, outgoing: Outgoing) -> Action:
        response = self._responses.get(outgoing.configuration)
        action = response.actions.get(outgoing.action) if response is not None else None
        if action is None:
            raise NotComposed(Finding("unknown", {"reply": f"no action {outgoing.action}"}))
        return action

    def _url(self, outgoing: Outgoing) -> str:
        """The page that shows what a delivery tells; empty where no address is configured."""
        address = self._responses[outgoing.configuration].configuration.outbox.page_address
        if not address or outgoing.is_test:
            return ""
        if outgoing.told > 1:
            return f"{address}/deliveries/{outgoing.id}"
        return f"{address}/alarms/{outgoing.tellings[0].alarm.id}"


def _notices(configured: Sequence[str] | None) -> tuple[str, ...]:
    """The notices that a relay is asked for; `never` is a word of its own."""
    if configured is None:
        return ()
    return (configured,) if isinstance(configured, str) else tuple(configured)


def _references(outgoing: Outgoing) -> tuple[str, ...]:
    """The Message-IDs that the mail of a delivery refers to.

    All mails that tell of one alarm name the same one, which no mail has: mail programs
    show them as one conversation. A digest names none.
    """
    if outgoing.is_test or outgoing.told > 1:
        return ()
    domain = outgoing.message_id.rpartition("@")[2]
    return (f"<{outgoing.tellings[0].alarm.id}@{domain}",)
