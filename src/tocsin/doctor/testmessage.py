"""The small message that is handed over when a walk is to go to its end."""

from __future__ import annotations

from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.mail.message import Mail, compose

_TEXT = (
    "This is a test of the mail path, handed over by the doctor of Tocsin.\n"
    "Nothing has happened; nothing needs to be done.\n"
)


def make_message(sender: str, recipients: tuple[str, ...]) -> bytes:
    """A whole message, with CRLF line ends.

    Raises:
        ValueError: an address cannot stand in a header.
    """
    return compose(
        Mail(
            sender=sender,
            to=recipients,
            subject="Test of the mail path (Tocsin)",
            text=_TEXT,
            message_id=f"<{uuid7()}@{sender.rpartition('@')[2]}>",
            date=now(),
        )
    )
