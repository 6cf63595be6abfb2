"""Composing a message: our own fixed shape, fast.

`email.message.EmailMessage` costs about 800 µs for a two-part message; an alarm storm
has thousands. Here there is one shape (text, or text and HTML as alternatives), its
constant parts are made once, and header fields that repeat are cached. Every output is
held against the standard library's parser by property tests.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from tocsin.base.clock import SECOND, Instant
from tocsin.mail.header import address_field, extra_field, text_field
from tocsin.mail.mark import cut, mark_text

LONGEST_SUBJECT = 300
"""Characters; more is cut, and it is said how much."""
LONGEST_PART = 250_000
"""Characters of the text or the HTML; more is cut likewise. Two parts of this size stay
below 10 MB encoded, what Amazon SES takes at least (SES quotas, "Maximum message size")."""

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,150}@[!-;=?A-~]{1,255}>")

# Keeps vacation responders quiet (RFC 3834 section 5).
_MADE_BY_MACHINE = "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
_TEXT_HEAD, _HTML_HEAD = (
    f"Content-Type: text/{kind}; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    for kind in ("plain", "html")
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to be composed; all texts may be hostile.

    `message_id` stands in angle brackets. `headers` are more fields, such as
    References; what every message has cannot be given here.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    date: Instant
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def compose(mail: Mail) -> bytes:
    """The message with CRLF line ends, ready for an envelope.

    Raises:
        ValueError: an address, the message id or the name of an additional field is none.
    """
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise ValueError(f"{mail.message_id[:80]!a} is no message id")
    head = "".join(
        (
            address_field("From", (mail.sender,)),
            address_field("To", mail.recipients),
            text_field("Subject", mail.subject, LONGEST_SUBJECT),
            f"Date: {_date(mail.date // SECOND)}\r\nMessage-ID: {mail.message_id}\r\n",
            *(extra_field(name, value) for name, value in mail.headers.items()),
            _MADE_BY_MACHINE,
        )
    )
    if mail.html is None:
        return f"{head}{_TEXT_HEAD}".encode() + _body(mail.text)
    boundary = _boundary(mail.message_id)
    opening = (
        f'{head}Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n{_TEXT_HEAD}"
    )
    return b"".join(
        (
            opening.encode(),
            _body(mail.text),
            f"\r\n--{boundary}\r\n{_HTML_HEAD}".encode(),
            _body(mail.html),
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )


def _boundary(message_id: str) -> str:
    # "=_" cannot stand in quoted-printable text (RFC 2045 section 6.7), so no part
    # can hold its own boundary.
    return "=_" + binascii.hexlify(message_id[1:25].encode()).decode()


def _body(text: str) -> bytes:
    """Lines in quoted-printable (RFC 2045 section 6.7), each with its CRLF."""
    lines = mark_text(cut(text, LONGEST_PART))
    if not lines.endswith("\n"):
        lines += "\n"
    # The encoder makes soft line breaks as the first line end is: LF alone.
    return binascii.b2a_qp(lines.encode(), quotetabs=False, istext=True).replace(b"\n", b"\r\n")


@lru_cache(maxsize=256)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))
