"""TLS sessions to resume: which may still be used, and what they rest on.

What OpenSSL checks when a client resumes, found out by trying (3.0, TLS 1.2 and 1.3): that
the session was made under the same `ssl.SSLContext` object (Python refuses another), and
that version and cipher fit. It does not look at the certificate again: neither whether it
has expired since, nor whether it stands for the name that is asked for now, nor whether its
issuer is still trusted. So all of that is kept here: sessions belong to one relay under one
set of anchors (`RelayMemory` goes when the settings change), and to one address of it;
they end with the chain they were made with and a day after it was shown. OpenSSL keeps no
session by itself on the client's side.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.clock import DAY, SECOND, Clock, Instant
from tocsin.trust.certificate import parse_certificate
from tocsin.trust.session import TlsClient

LONGEST = DAY // SECOND
"""Seconds after a full handshake in which it can be resumed."""
_MOST_ADDRESSES = 64


@dataclass(frozen=True, slots=True)
class Basis:
    """The full handshake that a session rests on.

    `connection` is the id of the connection that did it, `chain` what it was shown (DER,
    leaf first); `valid_from` and `valid_until` are the times that every certificate of the
    way up to the anchor allows.
    """

    connection: str
    chain: tuple[bytes, ...]
    valid_from: Instant
    valid_until: Instant
    shown_at: Instant
    shown_monotonic: float


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What the next connection to an address can resume."""

    session: ssl.SSLSession
    basis: Basis


class Resumption:
    """The newest session of each address of one relay."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, KeptSession] = {}

    def offer(self, address: str) -> KeptSession | None:
        """The session to offer at this address now; one that has ended is dropped."""
        kept = self._kept.get(address)
        if kept is not None and not self._holds(kept.basis):
            self.forget(address)
            return None
        return kept

    def forget(self, address: str) -> None:
        """Do not use the session of this address again."""
        self._kept.pop(address, None)

    def basis_of(self, tls: TlsClient, connection: str, since: float) -> Basis:
        """What a full handshake gives later sessions to rest on.

        Args:
            tls: where it was done.
            connection: the id of the connection.
            since: seconds ago, at least, that it was done; to be on the safe side, more.
        """
        facts = tls.facts()
        valid_from, valid_until = _validity(facts.verified)
        return Basis(
            connection,
            facts.chain,
            valid_from,
            valid_until,
            self._clock.now() - int(since * SECOND),
            self._clock.monotonic() - since,
        )

    def keep(self, address: str, tls: TlsClient, basis: Basis) -> None:
        """Keep what a connection can be resumed by, if its relay gave it anything to.

        A ticket of TLS 1.3 comes after the handshake, with or before the first answer. A
        fresh ticket of a resumed session has the basis of the session before it.
        """
        session = tls.session
        if session is None or not (session.has_ticket or _has_id(tls, session)):
            return
        if not self._holds(basis):
            return
        self._kept.pop(address, None)  # the newest stands last
        self._kept[address] = KeptSession(session, basis)
        if len(self._kept) > _MOST_ADDRESSES:
            self.forget(next(iter(self._kept)))

    def _holds(self, basis: Basis) -> bool:
        now = self._clock.now()
        # Either clock may be the wrong one: the wall's can be set back, the other one
        # stands still while the machine sleeps.
        age = max(self._clock.monotonic() - basis.shown_monotonic, (now - basis.shown_at) / SECOND)
        return age < LONGEST and basis.valid_from <= now < basis.valid_until


def _has_id(tls: TlsClient, session: ssl.SSLSession) -> bool:
    """Whether the relay itself keeps the session: up to TLS 1.2 it then gave it an id."""
    return tls.facts().version != "TLSv1.3" and bool(session.id)


def _validity(way: Sequence[bytes]) -> tuple[Instant, Instant]:
    """When all of these certificates hold; never, when there are none."""
    certificates = [parse_certificate(der) for der in way]
    return (
        max((one.not_before for one in certificates), default=0),
        min((one.not_after for one in certificates), default=0),
    )
