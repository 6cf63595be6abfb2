"""A name server on loopback: answers by UDP from a table, as real ones do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

Zone = Mapping[str, Mapping[str, tuple[str, ...]] | str]
"""Name → kind → records; or ``servfail`` or ``silent`` for a name that fails."""


class NameServer:
    """Serves a zone; a name that is not in it, nor above one that is, does not exist."""

    def __init__(self, zone: Zone) -> None:
        self._zone = {name.casefold(): told for name, told in zone.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.asked: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens, as ``address:port``."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        """Stop."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            answer = self._answer(dns.message.from_wire(data))
            if answer is not None:
                self._socket.sendto(answer.to_wire(), peer)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).casefold()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        told = self._zone.get(name)
        if told == "silent":
            return None
        if told == "servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif told is None:
            if not any(one.endswith(f".{name}") for one in self._zone):
                response.set_rcode(dns.rcode.NXDOMAIN)
        elif not isinstance(told, str) and told.get(kind):
            records = told[kind]
            response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, records))
        return response


@contextlib.contextmanager
def serving(zone: Zone) -> Iterator[NameServer]:
    """A name server for as long as the block takes."""
    server = NameServer(zone)
    try:
        yield server
    finally:
        server.close()
