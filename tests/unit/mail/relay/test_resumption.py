"""Which TLS session may be resumed, and until when."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import chains
from tlsserver import shake_hands
from tocsin.base.clock import from_datetime
from tocsin.mail.relay.resumption import LONGEST, Resumption
from tocsin.trust.context import client_context
from tocsin.trust.session import TlsClient

HOST = chains.HOST
DAY_S = 86_400
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class Meeting:
    """A server in memory, and clients that trust it."""

    def __init__(self, folder: Path, version: ssl.TLSVersion, ladder: chains.Ladder) -> None:
        self._files = chains.write_chain(folder, ladder.presented)
        self._version = version
        self.ladder = ladder
        self.anchors = [ladder.root.anchor()]
        self.context = client_context(self.anchors)
        self.restart()

    def restart(self) -> None:
        """The server forgets its tickets and their keys."""
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(*self._files)
        self.server.minimum_version = self.server.maximum_version = self._version

    def meet(self, session: ssl.SSLSession | None = None, host: str = HOST) -> TlsClient:
        """A handshake and one answer, with which the ticket of TLS 1.3 comes."""
        client = TlsClient(self.context, host, self.anchors, session=session)
        server = shake_hands(self.server, client)
        server.tls.write(b"220 hello\r\n")
        assert client.receive(server.outgoing.read()) == b"220 hello\r\n"
        with contextlib.suppress(ssl.SSLError):
            server.tls.unwrap()  # without a goodbye OpenSSL forgets what it keeps itself
        return client


@pytest.fixture(params=VERSIONS, ids=["1.2", "1.3"])
def meeting(request, tmp_path) -> Meeting:
    return Meeting(tmp_path, request.param, chains.ladder(HOST, ends=10))


def kept_from(meeting: Meeting, resumption: Resumption) -> None:
    first = meeting.meet()
    assert not first.facts().resumed
    resumption.keep("192.0.2.1", first, resumption.basis_of(first, "c1", 0))


def test_a_kept_session_is_resumed_and_names_what_it_rests_on(meeting, clock):
    """The chain is that of the full handshake; a resumed one shows none."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    offered = resumption.offer("192.0.2.1")
    second = meeting.meet(offered.session)
    assert second.facts().resumed
    assert second.facts().chain == ()
    assert offered.basis.connection == "c1"
    assert offered.basis.chain == tuple(one.der for one in meeting.ladder.presented)


def test_a_session_belongs_to_its_address(meeting, clock):
    """Another machine may have another certificate."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    assert resumption.offer("192.0.2.2") is None


def test_a_session_lives_a_day_from_its_full_handshake_whatever_tickets_follow(meeting, clock):
    """A fresh ticket of a resumed connection gives the basis no more time."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    for _ in range(3):
        clock.advance(LONGEST / 4)
        offered = resumption.offer("192.0.2.1")
        again = meeting.meet(offered.session)
        assert again.facts().resumed
        resumption.keep("192.0.2.1", again, offered.basis)
    clock.advance(LONGEST / 4 - 1)
    assert resumption.offer("192.0.2.1").basis.connection == "c1"
    clock.advance(1)
    assert resumption.offer("192.0.2.1") is None
    clock.set_back(DAY_S)
    assert resumption.offer("192.0.2.1") is None  # dropped is dropped


def test_a_day_is_over_by_either_clock(meeting, clock):
    """The machine slept, so that only the wall clock went on; or that one was set back."""
    slept, turned = Resumption(clock), Resumption(clock)
    kept_from(meeting, slept)
    clock.set_back(-LONGEST)
    assert slept.offer("192.0.2.1") is None
    kept_from(meeting, turned)
    clock.set_back(2 * 3600)
    clock.steady += LONGEST
    assert turned.offer("192.0.2.1") is None


def test_the_day_counts_from_the_handshake_and_not_from_when_the_ticket_was_taken(meeting, clock):
    """A connection may have been open for an hour by then."""
    resumption = Resumption(clock)
    first = meeting.meet()
    resumption.keep("192.0.2.1", first, resumption.basis_of(first, "c1", 3600))
    clock.advance(LONGEST - 3601)
    assert resumption.offer("192.0.2.1") is not None
    clock.advance(1)
    assert resumption.offer("192.0.2.1") is None


@pytest.mark.parametrize("short", ["leaf", "issuer"])
def test_a_session_ends_with_the_first_certificate_of_its_chain(tmp_path, clock, short):
    """OpenSSL would go on resuming; a full handshake would be refused by then."""
    ladder = chains.ladder(HOST, ends=0.5 if short == "leaf" else 10)
    if short == "issuer":
        intermediate = chains.make("Short CA", ca=True, issuer=ladder.root, path_length=0, ends=0.5)
        leaf = chains.make(HOST, issuer=intermediate, ends=10)
        ladder = replace(ladder, leaf=leaf, intermediate=intermediate)
    meeting = Meeting(tmp_path, ssl.TLSVersion.TLSv1_3, ladder)
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    ends = from_datetime(
        (ladder.leaf if short == "leaf" else intermediate).x509.not_valid_after_utc
    )
    clock.wall = ends - 1
    assert resumption.offer("192.0.2.1") is not None
    clock.wall = ends
    assert resumption.offer("192.0.2.1") is None


def test_a_clock_set_to_before_the_certificates_began_resumes_nothing(meeting, clock):
    """A full handshake would be refused as not yet valid."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    clock.set_back(timedelta(days=30).total_seconds())
    assert resumption.offer("192.0.2.1") is None


def test_a_server_that_forgot_its_tickets_makes_a_new_basis(meeting, clock):
    """It answers with a full handshake, and that one is what later sessions rest on."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    meeting.restart()
    second = meeting.meet(resumption.offer("192.0.2.1").session)
    assert not second.facts().resumed
    resumption.keep("192.0.2.1", second, resumption.basis_of(second, "c2", 0))
    offered = resumption.offer("192.0.2.1")
    assert offered.basis.connection == "c2"
    assert meeting.meet(offered.session).facts().resumed


def test_openssl_does_not_look_at_the_name_again(meeting, clock):
    """Why sessions are kept for one relay and no other: the name is not checked a second time."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    session = resumption.offer("192.0.2.1").session
    assert meeting.meet(session, host="other.example.net").facts().resumed


def test_a_session_is_refused_under_another_context(meeting, clock):
    """Another trust store is another context: Python itself refuses the session there."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    session = resumption.offer("192.0.2.1").session
    with pytest.raises(ValueError, match="different SSLContext"):
        TlsClient(client_context(meeting.anchors), HOST, session=session)


def test_a_server_without_tickets_and_cache_gives_nothing_to_keep(tmp_path, clock):
    """TLS 1.3 without a ticket: there is nothing to offer later."""
    meeting = Meeting(tmp_path, ssl.TLSVersion.TLSv1_3, chains.ladder(HOST))
    meeting.server.num_tickets = 0
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    assert resumption.offer("192.0.2.1") is None


def test_a_server_that_keeps_sessions_itself_is_resumed_by_their_id(tmp_path, clock):
    """TLS 1.2 without tickets."""
    meeting = Meeting(tmp_path, ssl.TLSVersion.TLSv1_2, chains.ladder(HOST))
    meeting.server.options |= ssl.OP_NO_TICKET
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    offered = resumption.offer("192.0.2.1")
    assert not offered.session.has_ticket
    assert meeting.meet(offered.session).facts().resumed


def test_a_forgotten_session_is_not_offered(meeting, clock):
    """After a handshake that failed with it."""
    resumption = Resumption(clock)
    kept_from(meeting, resumption)
    resumption.forget("192.0.2.1")
    resumption.forget("192.0.2.9")
    assert resumption.offer("192.0.2.1") is None


def test_the_sessions_of_very_many_addresses_are_kept_in_bounds(meeting, clock):
    """A name whose addresses change all the time fills no memory."""
    resumption = Resumption(clock)
    client = meeting.meet()
    basis = resumption.basis_of(client, "c1", 0)
    for number in range(100):
        resumption.keep(f"192.0.2.{number}", client, basis)
    offered = [resumption.offer(f"192.0.2.{number}") is not None for number in range(100)]
    assert offered == [False] * 36 + [True] * 64
