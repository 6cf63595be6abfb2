"""By what each fault of the mail path is recognised: explicitly, so that none is left out.

A fault is told from text when a program's words for it stand in the catalogue
(`tocsin.faults.text.recognise`). One that no program prints is told from what Tocsin itself
holds in its hands: what was entered, what DNS answered, what was presented before.
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.faults.catalogue import FAULTS

PATH = ("dns", "tcp", "smtp", "tls", "auth", "ses", "sender", "clock")
"""The areas of the mail path."""

TYPED: Mapping[str, str] = {
    "auth.secret-not-smtp-password": "tocsin.ses",
    "auth.wrong-region": "tocsin.ses",
    "auth.temporary-credentials": "tocsin.ses",
    "auth.password-damaged": "tocsin.ses",
    "auth.wrong-user-name": "tocsin.ses",
    "ses.wrong-host": "tocsin.ses",
    "ses.region-without-smtp": "tocsin.ses",
    "ses.quota-near": "tocsin.ses",
    "ses.under-review": "tocsin.ses",
    "ses.bounce-rate": "tocsin.ses",
    "ses.complaint-rate": "tocsin.ses",
    "ses.dkim-failed": "tocsin.ses",
    "ses.key-old": "tocsin.ses",
    "ses.key-unused": "tocsin.ses",
    "ses.key-inactive": "tocsin.ses",
    "ses.key-gone": "tocsin.ses",
}
"""Code → the package that finds it out, for what no program prints."""
_TYPED_AREAS: Mapping[str, str] = {"sender": "tocsin.doctor"}


def from_text(code: str) -> bool:
    """Whether a text can tell this fault."""
    return bool(FAULTS[code].printed)


def finder(code: str) -> str | None:
    """The package that finds out a fault which no text tells; None where none is known."""
    return TYPED.get(code) or _TYPED_AREAS.get(code.partition(".")[0])
