"""The path of a message: which station an attempt's evidence puts where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tocsin.domain.delivery import Exchange
from tocsin.engine.deliveries import AttemptView
from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Finding
from tocsin.web.path import Progress, Station, Stop, failed_station, station_of, stops

STARTTLS = ("dns", "tcp", "greeting", "ehlo", "starttls", "tls", "ehlo", "auth")
SMTPS = ("dns", "tcp", "tls", "greeting", "ehlo", "auth")
MESSAGE = ("mail", "rcpt", "data", "body")


def attempt(
    connection: Sequence[str] = STARTTLS,
    message: Sequence[str] = MESSAGE,
    code: str | None = None,
    **said: Any,
) -> AttemptView:
    """An attempt that went through those steps; with a code it failed at the last."""
    facts = {"stage": [*connection, *message][-1]} if connection else {}
    fields: dict[str, Any] = {
        "number": 1,
        "started_at": 0,
        "finished_at": 1_000_000,
        "ok": code is None,
        "in_doubt": False,
        "explained": explain(Finding(code, facts)) if code else None,
        "reply": "250 2.0.0 Ok",
        "relay": "smtp",
        "host": "relay.example.com",
        "port": 587,
        "address": "192.0.2.25",
        "tls_version": "TLSv1.3" if "ehlo" in connection and "tls" in connection else None,
        "cipher": "TLS_AES_256_GCM_SHA384",
        "chain": (),
        "resumed": False,
        "connection_transcript": tuple(Exchange(0.0, step, "", "") for step in connection),
        "transcript": tuple(Exchange(0.1, step, "", "") for step in message),
        "message_id": "<1@example.com>",
    }
    return AttemptView(**{**fields, **said})


def progress(path: Sequence[Stop]) -> dict[Station, Progress]:
    """How far each station is."""
    return {one.station: one.progress for one in path}


def test_every_station_of_an_accepted_message_is_passed():
    """A 250 after the final dot over STARTTLS with sign-in passed all nine stations, in order."""
    path = stops(attempt())
    assert [one.station for one in path] == list(Station)
    assert {one.progress for one in path} == {Progress.PASSED}
    assert path[0].seen == "relay.example.com"
    assert path[1].seen == "192.0.2.25 port 587"
    assert path[3].seen == "TLSv1.3 TLS_AES_256_GCM_SHA384"
    assert path[-1].seen == "250 2.0.0 Ok"


def test_smtps_verifies_before_the_greeting():
    """With TLS from the start, Encryption and Certificate come before Greeting."""
    order = [one.station for one in stops(attempt(SMTPS))]
    assert order.index(Station.CERTIFICATE) < order.index(Station.GREETING)
    assert set(order) == set(Station)


def test_what_the_conversation_went_past_is_skipped_not_passed():
    """Without encryption and sign-in those stations do not claim to have been passed."""
    path = progress(stops(attempt(("dns", "tcp", "greeting", "ehlo"), tls_version=None)))
    assert path[Station.ENCRYPTION] is Progress.SKIPPED
    assert path[Station.CERTIFICATE] is Progress.SKIPPED
    assert path[Station.SIGN_IN] is Progress.SKIPPED
    assert path[Station.ACCEPTED] is Progress.PASSED


@pytest.mark.parametrize(
    ("connection", "message", "code", "station"),
    [
        (("dns",), (), "dns.not-found", Station.NAME),
        (("dns",), (), "dns.timeout", Station.NAME),
        (("dns", "tcp"), (), "tcp.refused", Station.CONNECTION),
        (("dns", "tcp", "greeting"), (), "smtp.banner-timeout", Station.GREETING),
        (("dns", "tcp", "greeting"), (), "smtp.not-smtp", Station.GREETING),
        (("dns", "tcp", "greeting", "ehlo"), (), "smtp.masked-by-firewall", Station.GREETING),
        (STARTTLS[:5], (), "smtp.starttls-refused", Station.ENCRYPTION),
        (STARTTLS[:6], (), "tls.no-shared-cipher", Station.ENCRYPTION),
        (STARTTLS[:6], (), "tls.handshake-dropped", Station.ENCRYPTION),
        (STARTTLS[:6], (), "tls.untrusted-issuer", Station.CERTIFICATE),
        (STARTTLS[:6], (), "tls.name-mismatch", Station.CERTIFICATE),
        (SMTPS[:3], (), "tls.wrong-mode", Station.ENCRYPTION),
        (SMTPS[:3], (), "tls.expired", Station.CERTIFICATE),
        (STARTTLS, (), "auth.rejected", Station.SIGN_IN),
        (STARTTLS, ("mail",), "smtp.sender-refused", Station.SENDER),
        (STARTTLS, ("mail", "rcpt"), "smtp.recipient-refused", Station.RECIPIENT),
        (STARTTLS, ("mail", "rcpt", "data"), "smtp.temporary", Station.ACCEPTED),
        (STARTTLS, MESSAGE, "ses.identity-not-verified", Station.ACCEPTED),
        (STARTTLS, MESSAGE, "smtp.closed-early", Station.ACCEPTED),
        (STARTTLS, MESSAGE, "unknown", Station.ACCEPTED),
    ],
)
def test_a_failure_stands_at_its_station(connection, message, code, station):
    """What came before is passed, the station that failed is failed, the rest not reached."""
    path = stops(attempt(connection, message, code))
    at = [one.station for one in path].index(station)
    assert all(one.progress in {Progress.PASSED, Progress.SKIPPED} for one in path[:at])
    assert path[at].progress is Progress.FAILED
    assert path[at].seen == FAULTS[code].title or "{" in FAULTS[code].title
    assert {one.progress for one in path[at + 1 :]} <= {Progress.WAITING}


def test_doubt_is_amber_not_red():
    """A message whose final dot was not answered may have arrived: that is no failure."""
    path = progress(stops(attempt(code="smtp.outcome-unknown", in_doubt=True)))
    assert path[Station.ACCEPTED] is Progress.WARNED


@pytest.mark.parametrize("code", ["smtp.not-configured", "message.template"])
def test_what_ended_before_the_way_blames_no_station(code):
    """Nothing to send, or nowhere to send it to: the relay was never asked."""
    failed = attempt((), (), code, host=None, port=None, address=None)
    assert failed_station(failed) is None
    assert {one.progress for one in stops(failed)} == {Progress.WAITING}


@pytest.mark.parametrize("code", [code for code in FAULTS if code.startswith("tls.")])
def test_every_fault_of_tls_has_a_station(code):
    """A fault of TLS always stands at Encryption or Certificate, whatever step it was seen at."""
    assert station_of(code, "tls") in {Station.ENCRYPTION, Station.CERTIFICATE}


@pytest.mark.parametrize("code", list(FAULTS))
@pytest.mark.parametrize("steps", [STARTTLS, SMTPS])
def test_no_code_ever_claims_more_than_was_reached(code, steps):
    """For every fault at every step: at most one station failed, and none after it is passed."""
    for length in range(len(steps) + 1):
        path = stops(attempt(steps[:length], (), code))
        states = [one.progress for one in path]
        assert states.count(Progress.FAILED) <= 1
        if Progress.FAILED in states:
            assert set(states[states.index(Progress.FAILED) + 1 :]) <= {Progress.WAITING}
