"""The way to TLS past what would end an honest conversation: to look, never to speak."""

from __future__ import annotations

from collections.abc import Generator

from tocsin.mail.smtp.command import check_greeting_name
from tocsin.mail.smtp.failure import refusal
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.reply import Reply, ReplyReader
from tocsin.mail.smtp.step import Step

_READY = 220


class Looking(Opening):
    """An opening without any login that asks for TLS also where it is not offered.

    What somebody slipped in before TLS is thrown away, as RFC 3207 section 6 wants it of a
    client that goes on. Nothing is ever said but EHLO and STARTTLS.
    """

    def __init__(self, *, helo: str, encryption: Encryption) -> None:
        self.injected = False
        """Bytes in the clear came after the answer to STARTTLS."""
        self.offered = False
        """STARTTLS was offered."""
        super().__init__(helo=check_greeting_name(helo), encryption=encryption, login=None)

    def _check_unasked(self) -> None:
        if self.reader.unread and self.step is Step.TLS:
            self.injected = True
            self.reader = ReplyReader()
            return
        super()._check_unasked()

    def _start_tls(self) -> Generator[Step, Reply | None, None]:
        self.offered = self.capabilities.starttls
        reply = yield from self._ask(Step.STARTTLS, b"STARTTLS")
        if reply.code != _READY:
            raise refusal(Step.STARTTLS, reply)
        yield Step.TLS
