"""One session with a mailbox's server: the standard library's client over our own wire."""

from __future__ import annotations

import imaplib
from dataclasses import dataclass
from typing import Any

from tocsin.base.secret import Secret
from tocsin.faults.fault import Finding
from tocsin.mail.imap.failure import MailboxFailure
from tocsin.mail.imap.wire import Wire
from tocsin.trust.anchor import Anchor
from tocsin.trust.context import client_context
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy
from tocsin.trust.session import TlsClient


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where a mailbox is, and how it is signed in to."""

    host: str
    port: int
    starttls: bool
    """Whether TLS begins after a word in the clear; else at once."""
    user: str
    password: Secret
    folder: str
    anchors: tuple[Anchor, ...]
    policy: CipherPolicy = DEFAULT_POLICY


class Session(imaplib.IMAP4):
    """The standard library's client over our wire."""

    def __init__(self, wire: Wire, settings: MailboxSettings) -> None:
        self._wire = wire
        self._settings = settings
        super().__init__(settings.host, settings.port)
        if settings.starttls:
            self._start_tls()

    def open(self, host: str = "", port: int = 993, timeout: float | None = None) -> None:  # noqa: ARG002
        """Begin; the wire is connected."""
        self.host, self.port = host, port
        if not self._settings.starttls:
            self._wire.start_tls(_tls(self._settings))

    def read(self, size: int) -> bytes:
        """Octets of a literal."""
        return self._wire.read(size)

    def readline(self) -> bytes:
        """One line."""
        return self._wire.readline()

    def send(self, data: Any) -> None:
        """Send octets; no audit event, which would hold the password."""
        self._wire.send(bytes(data))

    def shutdown(self) -> None:
        """The wire is closed by whoever opened it."""

    def _log(self, line: str) -> None:
        """Nothing is kept of what was said, which includes the password."""

    def _start_tls(self) -> None:
        if "STARTTLS" not in self.capabilities or self.state != "NONAUTH":
            facts = {"host": self.host, "port": str(self.port)}
            raise MailboxFailure(Finding("imap.starttls-missing", facts))
        status, data = self._simple_command("STARTTLS")
        if status != "OK":
            facts = {"host": self.host, "port": str(self.port), "reason": words_of(data)}
            raise MailboxFailure(Finding("imap.starttls-missing", facts))
        self._wire.start_tls(_tls(self._settings))
        self.untagged_responses = {}
        # What was said in the clear is void.
        self._get_capabilities()


def _tls(settings: MailboxSettings) -> TlsClient:
    context = client_context(settings.anchors, settings.policy)
    return TlsClient(context, settings.host, settings.anchors)


def reason_of(error: Exception) -> str:
    """What a server said in what the library raised."""
    return words_of(error.args)


def words_of(data: Any) -> str:
    """What a server said, as one line."""
    parts = [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
        for one in (data or ())
        if one
    ]
    line = " ".join(" ".join(parts).split())
    return "".join(one if one.isprintable() else "?" for one in line) or "it gave no reason"
