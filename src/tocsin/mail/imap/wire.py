"""The bytes between us and an IMAP server: bounded in time and number, under our own TLS."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping

from tocsin.faults.fault import Finding
from tocsin.mail.imap.failure import MailboxFailure
from tocsin.mail.relay.fault import trouble_of_connect, trouble_of_lookup
from tocsin.trust.session import TlsClient, TlsFailure

CONNECT_S = 10.0
STEP_S = 20.0
"""The longest that a server may say nothing."""
WHOLE_S = 60.0
"""The longest that a session may take."""
LARGEST = 4 << 20
"""Octets that a server may send in one session."""
_LONGEST_LINE = 64 << 10
_LARGEST_LITERAL = 256 << 10
_PART = 64 << 10


class Wire:
    """A connection to a server; every failure of it is a `MailboxFailure`."""

    def __init__(self, host: str, port: int) -> None:
        self._facts = {"host": host, "port": str(port)}
        self._until = time.monotonic() + WHOLE_S
        self._tls: TlsClient | None = None
        self._buffer = bytearray()
        self._taken = 0
        self._socket = _connect(host, port, self._facts)

    def start_tls(self, client: TlsClient) -> None:
        """Go on under TLS.

        Raises:
            MailboxFailure: it did not come about, or something was sent before it.
        """
        if self._buffer:
            # What came in the clear must not be taken for what comes under TLS.
            raise self.trouble("it spoke before the encryption that was asked for began")
        try:
            client.start()
            self._flush(client)
            while not client.established:
                data = self._receive()
                if not data:
                    client.receive_eof()
                    raise self.trouble("it hung up during the handshake")
                self._buffer += client.receive(data)
                self._flush(client)
        except TlsFailure as failure:
            raise self._broken(client, failure) from None
        self._tls = client

    def send(self, data: bytes) -> None:
        """Send data, all of it."""
        if self._tls is None:
            self._put(data)
            return
        try:
            self._tls.send(data)
        except TlsFailure as failure:
            raise self._broken(self._tls, failure) from None
        self._flush(self._tls)

    def readline(self) -> bytes:
        """One line with its end; what came when the server hung up before its end."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > _LONGEST_LINE:
                raise self.trouble("it sent a line without end")
            if not self._fill():
                return self._take(len(self._buffer))
        if end >= _LONGEST_LINE:
            raise self.trouble("it sent a line that is too long")
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        """So many octets; fewer when the server hung up."""
        if size > _LARGEST_LITERAL:
            raise self.trouble(f"it announced {size} octets at once")
        while len(self._buffer) < size and self._fill():
            pass
        return self._take(size)

    def close(self) -> None:
        """Hang up."""
        if self._tls is not None:
            with contextlib.suppress(MailboxFailure):
                self._tls.close()
                self._flush(self._tls)
        self._socket.close()

    def trouble(self, reason: str) -> MailboxFailure:
        """What to raise when the server does not do as an IMAP server does."""
        return MailboxFailure(Finding("imap.unavailable", {**self._facts, "reason": reason}))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> bool:
        """Receive some; False when the server has hung up."""
        data = self._receive()
        if self._tls is None:
            self._buffer += data
            return bool(data)
        if not data:
            return False
        try:
            self._buffer += self._tls.receive(data)
        except TlsFailure as failure:
            raise self._broken(self._tls, failure) from None
        self._flush(self._tls)
        return not (self._tls.closed and not self._buffer)

    def _receive(self) -> bytes:
        try:
            self._bound()
            data = self._socket.recv(_PART)
        except TimeoutError:
            raise self.trouble("no answer in time") from None
        except OSError as error:
            raise self.trouble(error.strerror or type(error).__name__) from None
        self._taken += len(data)
        if self._taken > LARGEST:
            raise self.trouble("it sent more than could be wanted")
        return data

    def _flush(self, client: TlsClient) -> None:
        if data := client.outgoing():
            self._put(data)

    def _put(self, data: bytes) -> None:
        try:
            self._bound()
            self._socket.sendall(data)
        except TimeoutError:
            raise self.trouble("it took nothing in time") from None
        except OSError as error:
            raise self.trouble(error.strerror or type(error).__name__) from None

    def _bound(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(min(STEP_S, left))

    def _broken(self, client: TlsClient, failure: TlsFailure) -> MailboxFailure:
        with contextlib.suppress(MailboxFailure):
            self._flush(client)  # the alert that tells the server why
        finding = failure.finding
        return MailboxFailure(Finding(finding.code, {**self._facts, **finding.facts}))


def _connect(host: str, port: int, facts: Mapping[str, str]) -> socket.socket:
    """A connection to the first address of the name that answers."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        trouble = trouble_of_lookup(error)
        finding = Finding(trouble.code, {**facts, "reason": trouble.words})
        raise MailboxFailure(finding) from None
    last = Finding("dns.not-found", dict(facts))
    for family, kind, protocol, _, address in found[:_MOST_ADDRESSES]:
        one = socket.socket(family, kind, protocol)
        one.settimeout(CONNECT_S)
        try:
            one.connect(address)
        except OSError as error:
            one.close()
            trouble = trouble_of_connect(error, str(address[0]), CONNECT_S)
            seen = {"address": str(address[0]), "reason": trouble.words}
            last = Finding(trouble.code, {**facts, **seen})
        else:
            return one
    raise MailboxFailure(last)


_MOST_ADDRESSES = 4
