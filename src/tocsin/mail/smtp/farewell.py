"""Taking leave: QUIT and its answer (RFC 5321 section 4.1.1.10)."""

from __future__ import annotations

from tocsin.mail.smtp.failure import ConversationFailure
from tocsin.mail.smtp.step import Step


class Farewell:
    """Says QUIT once; whatever comes back, or the end of the connection, ends it."""

    step = Step.QUIT

    def __init__(self) -> None:
        self._out = b"QUIT\r\n"
        self.done = False
        self.heard = 0

    def outgoing(self) -> bytes:
        """What to put on the wire now."""
        data, self._out = self._out, b""
        return data

    def receive(self, _data: bytes, _at: float, /) -> None:
        """An answer of any kind is enough."""
        self.done = True

    def lost(self, _failure: ConversationFailure, _at: float, /) -> None:
        """The connection ended or the answer takes too long: that is a farewell too."""
        self.done = True
