"""Identifiers of the shape that SES gives."""

from __future__ import annotations

import secrets
import string
import uuid

from tocsin.base.clock import Instant

_REGION_CODES = {
    "us-east-1": "0100",
    "us-west-2": "0101",
    "eu-west-1": "0102",
    "eu-central-1": "0107",
}
_UNKNOWN_REGION = "01ff"
"""For regions whose code is not public; no real message id begins so."""

_UPPER = string.ascii_uppercase + string.digits
_MIXED = string.ascii_letters + string.digits
_KEY_ID = string.ascii_uppercase + "234567"


def message_id(region: str, at: Instant) -> str:
    """Region, Unix time in milliseconds, a UUID: what the final 250 names."""
    code = _REGION_CODES.get(region, _UNKNOWN_REGION)
    return f"{code}{at // 1000:012x}-{uuid.uuid4()}-000000"


def server_token() -> str:
    """The server's part of the greeting."""
    return "d-" + "".join(secrets.choice(_UPPER) for _ in range(9))


def connection_token() -> str:
    """The connection's part of the greeting."""
    return "".join(secrets.choice(_MIXED) for _ in range(20))


def access_key_id() -> str:
    """A user name as IAM makes them."""
    return "AKIA" + "".join(secrets.choice(_KEY_ID) for _ in range(16))


def secret_access_key() -> str:
    """A secret of the shape that IAM gives: 40 characters."""
    return "".join(secrets.choice(_MIXED + "+/") for _ in range(40))
