"""On whose behalf a request of the API is made."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from tocsin.base.secret import Secret
from tocsin.domain.principal import Principal
from tocsin.engine import access

_PASSED_ON = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")
"""Headers that a proxy adds (RFC 7239, RFC 9110 section 7.6.3), beside X-Forwarded-…"""


class BearerToken(HttpBearer):
    """``Authorization: Bearer TOKEN`` (RFC 6750)."""

    def authenticate(self, _request: HttpRequest, token: str) -> Principal | None:
        """The principal of the token; None ends in 401."""
        return access.principal_of_token(Secret(token))


def caller(request: HttpRequest) -> Principal:
    """The principal of a request that has passed `BearerToken`."""
    return cast("Principal", request.auth)  # type: ignore[attr-defined]


def is_local(request: HttpRequest) -> bool:
    """Whether the peer is this machine itself and nothing was forwarded for another."""
    if any(name in _PASSED_ON or name.startswith("HTTP_X_FORWARDED") for name in request.META):
        return False
    peer = request.META.get("REMOTE_ADDR", "")
    return peer.startswith("127.") or peer in {"::1", "::ffff:127.0.0.1"}
