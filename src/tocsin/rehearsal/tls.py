"""The server's side of a TLS connection over memory, so that the wire stays in our hands."""

from __future__ import annotations

import contextlib
import ssl

_PIECE = 65_536


class BrokenTls(Exception):
    """The handshake or a record failed; what `outgoing` then gives is the alert."""


class TlsServer:
    """Ciphertext in, plaintext out, and back. Nothing is put on the wire here."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        self.ended = False
        """The client has said that it will send no more."""

    def receive(self, data: bytes) -> bytes:
        """Take ciphertext; gives what it says in the clear.

        Raises:
            BrokenTls: the client refused us, or speaks something else.
        """
        self._incoming.write(data)
        try:
            if not self.established:
                self._tls.do_handshake()
                self.established = True
            return self._read()
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            raise BrokenTls(str(error)) from error

    def send(self, data: bytes) -> None:
        """Encrypt; `outgoing` gives the ciphertext.

        Raises:
            BrokenTls: the connection is over.
        """
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise BrokenTls(str(error)) from error

    def close(self) -> None:
        """Say that nothing more will be sent (RFC 8446 section 6.1)."""
        with contextlib.suppress(ssl.SSLError):  # the client's own farewell is not waited for
            self._tls.unwrap()

    def outgoing(self) -> bytes:
        """Ciphertext for the wire."""
        return self._outgoing.read()

    def _read(self) -> bytes:
        pieces = []
        try:
            # Asking when nothing is there costs an exception.
            while self._incoming.pending or self._tls.pending():
                piece = self._tls.read(_PIECE)
                if not piece:
                    self.ended = True
                    break
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        return b"".join(pieces)
