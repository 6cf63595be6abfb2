"""Asking for notices about what becomes of a message later: DSN (RFC 3461)."""

from __future__ import annotations

import re
from functools import lru_cache

from tocsin.mail.smtp.failure import UnknownNotice

_EVENTS = frozenset({"failure", "delay", "success"})
_MAX_ENVID = 100
_MAX_ORCPT = 500


def mail_notice(envelope_id: str) -> str:
    """What MAIL says: notices carry the header only, and quote the envelope's id.

    An id that the relay could not give back as it is (RFC 3461 section 4.4: printable
    ASCII, at most 100 characters) is left out.
    """
    if not (envelope_id and envelope_id.isascii() and envelope_id.isprintable()):
        return " RET=HDRS"
    quoted = xtext(envelope_id)
    return " RET=HDRS" if len(quoted) > _MAX_ENVID else f" RET=HDRS ENVID={quoted}"


def rcpt_notice(address: str, notify: tuple[str, ...]) -> str:
    """What RCPT says: which events count, and the address that the notice has to name.

    The address is left out where RFC 3461 has no form for it: beyond ASCII, or too long.

    Raises:
        UnknownNotice: `notify` is no choice of notices.
    """
    parameter = _notify_parameter(notify)
    if not address.isascii():
        return parameter
    quoted = xtext(address)
    return parameter if len(quoted) > _MAX_ORCPT else f"{parameter} ORCPT=rfc822;{quoted}"


def xtext(text: str) -> str:
    """Printable ASCII with ``+``, ``=`` and blanks as ``+HH`` (RFC 3461 section 4)."""
    return re.sub(r"[^!-*,-<>-~]", lambda found: f"+{ord(found[0]):02X}", text)


@lru_cache(maxsize=64)
def _notify_parameter(notify: tuple[str, ...]) -> str:
    if notify == ("never",):
        return " NOTIFY=NEVER"
    if not notify or len(set(notify)) != len(notify) or not _EVENTS.issuperset(notify):
        raise UnknownNotice(notify)
    return f" NOTIFY={','.join(notify).upper()}"
