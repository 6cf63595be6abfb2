"""Messages of deliveries, made under the configuration version that decided them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from tocsin.base.home import Home
from tocsin.channels.email.kind import Email
from tocsin.domain.delivery import RecipientState
from tocsin.engine.composing import NotComposed
from tocsin.engine.configuration import version
from tocsin.engine.kinds import ACTIONS
from tocsin.engine.relay import sender_address
from tocsin.engine.response import Response
from tocsin.faults.fault import Finding
from tocsin.mail.envelope import Envelope
from tocsin.mail.message import Mail, compose
from tocsin.store.queries.outbox import Outgoing

_KEPT = 16
"""Versions whose responses are kept compiled."""


class MessageComposer:
    """Makes mails.

    Templates are those of the deciding version; the sender is the present one, so that
    mail that waited for a corrected From Email goes out with it.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._responses: OrderedDict[int, Response] = OrderedDict()
        self._sender = ""

    def adopt(self, response: Response) -> None:
        """Make this version the present one."""
        self._sender = sender_address(self._home, response.configuration)
        self._keep(response)

    def load(self, versions: Iterable[int]) -> None:
        """Fetch versions that are not at hand; runs in the store's thread."""
        for number in versions:
            if number not in self._responses:
                self._keep(Response(number, version(number).configuration))

    def _keep(self, response: Response) -> None:
        self._responses[response.version] = response
        while len(self._responses) > _KEPT:
            self._responses.popitem(last=False)

    def compose(self, outgoing: Outgoing) -> Envelope:
        """The envelope of a delivery, to those recipients that did not get it yet.

        Raises:
            NotComposed: the action is none of mail, or a value cannot stand in a mail.
        """
        mail = self.mail(outgoing)
        try:
            content = compose(mail)
        except ValueError as error:
            facts = {"field": "The message", "problem": str(error)}
            raise NotComposed(Finding("message.template", facts)) from error
        recipients = tuple(
            one.address for one in outgoing.recipients if one.state is RecipientState.PENDING
        )
        return Envelope(outgoing.id, self._sender, recipients, content)

    def mail(self, outgoing: Outgoing) -> Mail:
        """The mail of a delivery.

        Raises:
            NotComposed: the action is none of mail.
        """
        response = self._responses.get(outgoing.configuration)
        action = response.actions.get(outgoing.action) if response is not None else None
        kind = ACTIONS.get(outgoing.kind)
        if action is None or not isinstance(kind, Email):
            raise NotComposed(Finding("unknown", {"reply": f"no action {outgoing.action}"}))
        return kind.render(
            action.settings,
            outgoing.alarm,
            outgoing.transition,
            sender=self._sender,
            message_id=outgoing.message_id,
            date=outgoing.queued_at,
        )
