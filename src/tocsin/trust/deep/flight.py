"""Where a server's flight ends: until then one reads, and then looks at all of it once."""

from __future__ import annotations

from tocsin.trust.deep.suites import TLS13
from tocsin.trust.wire import (
    LARGEST_FLIGHT,
    ServerFlight,
    WireError,
    looks_like_tls,
    read_flight,
)

_HANDSHAKE = 22
_SERVER_HELLO, _SERVER_HELLO_DONE = 2, 14
_RECORD_HEAD, _MESSAGE_HEAD = 5, 4


class FlightEnd:
    """Takes what arrives, piece by piece, and says when nothing more is to be waited for.

    Each octet is looked at once, however small the pieces are; at most `LARGEST_FLIGHT`
    are kept. The end is ServerHelloDone; in TLS 1.3, where the rest is hidden, the
    ServerHello; an alert; whatever is no handshake.
    """

    __slots__ = ("_at", "_greeted", "_message", "_missing", "_seen", "ended")

    def __init__(self) -> None:
        self._seen = bytearray()
        self._at = 0
        self._message = bytearray()
        """The head of the message that is being read."""
        self._missing = 0
        """Octets of its body that are still to come."""
        self._greeted = False
        self.ended = False

    def feed(self, data: bytes) -> bool:
        """Take some octets; whether the flight has ended."""
        self._seen += data[: LARGEST_FLIGHT - len(self._seen)]
        if not looks_like_tls(bytes(self._seen[:2])) or len(self._seen) >= LARGEST_FLIGHT:
            self.ended = bool(self._seen)
        while not self.ended and self._next_record():
            pass
        return self.ended

    @property
    def seen(self) -> bytes:
        """All that came, as far as it is kept."""
        return bytes(self._seen)

    def flight(self) -> ServerFlight:
        """What stands in it.

        Raises:
            WireError: it does not begin with a TLS record.
        """
        return read_flight(self.seen)

    def _next_record(self) -> bool:
        head = self._seen[self._at : self._at + _RECORD_HEAD]
        if len(head) < _RECORD_HEAD:
            return False
        end = self._at + _RECORD_HEAD + int.from_bytes(head[3:])
        if len(self._seen) < end:
            return False
        if head[0] != _HANDSHAKE:
            self.ended = True
            return False
        content = self._seen[self._at + _RECORD_HEAD : end]
        self._at = end
        self._read_messages(content)
        return not self.ended

    def _read_messages(self, content: bytearray) -> None:
        at = 0
        while at < len(content) and not self.ended:
            if self._missing == 0:
                head = content[at : at + _MESSAGE_HEAD - len(self._message)]
                self._message += head
                at += len(head)
                if len(self._message) < _MESSAGE_HEAD:
                    return
                self._missing = int.from_bytes(self._message[1:])
            taken = min(self._missing, len(content) - at)
            self._missing -= taken
            at += taken
            if self._missing == 0:
                self._message_ended(self._message[0])
                self._message.clear()

    def _message_ended(self, kind: int) -> None:
        if kind == _SERVER_HELLO_DONE:
            self.ended = True
        elif kind == _SERVER_HELLO:
            # A second one would be nonsense, and looking at each of many would take long.
            self.ended = self._greeted or self._hides_the_rest()
            self._greeted = True

    def _hides_the_rest(self) -> bool:
        try:
            flight = self.flight()
        except WireError:
            return True
        return flight.retried or flight.broken or (flight.version or 0) >= TLS13
