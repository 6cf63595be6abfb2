"""Reading the OCSP answer that a server staples to its handshake."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.x509 import ocsp

from tocsin.base.clock import Instant, from_datetime
from tocsin.trust.deep.found import StapleFound

_OCSP = 1
_HEAD = 4


def read_staple(message: bytes) -> StapleFound:
    """A CertificateStatus message (RFC 6066 section 8). Its signature is not checked."""
    if len(message) <= _HEAD or message[0] != _OCSP:
        return StapleFound("unreadable")
    try:
        answer = ocsp.load_der_ocsp_response(message[_HEAD:])
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return StapleFound("no answer")
        return StapleFound(
            answer.certificate_status.name.lower(),
            _instant(answer.produced_at_utc),
            _instant(answer.next_update_utc),
        )
    except (ValueError, OverflowError):
        return StapleFound("unreadable")


def _instant(moment: datetime | None) -> Instant | None:
    return None if moment is None else from_datetime(moment.astimezone(UTC))
