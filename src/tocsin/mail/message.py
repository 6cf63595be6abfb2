"""Composing a message: our own fixed shapes, fast.

`email.message.EmailMessage` costs about 800 µs for a two-part message; an alarm storm
has thousands. Here there are few shapes (text, or text and HTML as alternatives, either
with attachments), their constant parts are made once, and header fields that repeat are
cached. Every output is held against the standard library's parser by property tests.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from tocsin.base.clock import SECOND, Instant
from tocsin.mail.attachment import Attachment, part
from tocsin.mail.body import DELIMITER, text_part
from tocsin.mail.header import address_field, extra_field, text_field, words_field

LONGEST_SUBJECT = 300
"""Characters; more is cut, and it is said how much."""

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,150}@[!-;=?A-~]{1,255}>")

# Keeps vacation responders quiet (RFC 3834 section 5).
_MADE_BY_MACHINE = "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to be composed; all texts may be hostile.

    `to` and `cc` are shown in it; whom else it goes to is the envelope's matter alone.
    `message_id` and `references` stand in angle brackets; the last of `references` is
    what this message follows. `headers` are more fields, each of free text or, as a
    tuple, of words that a program reads; what is said by another field here cannot be
    given there.
    """

    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    date: Instant
    html: str | None = None
    headers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def compose(mail: Mail) -> bytes:
    """The message with CRLF line ends, ready for an envelope.

    Raises:
        ValueError: an address, a message id, a word, the name of an additional field or
            of a file is none.
    """
    head = _head(mail).encode()
    inner, outer = _boundaries(mail.message_id)
    if mail.html is None:
        body = text_part("plain", mail.text)
    else:
        texts = (text_part("plain", mail.text), text_part("html", mail.html))
        body = _multipart("alternative", inner, texts)
    if mail.attachments:
        body = _multipart("mixed", outer, (body, *map(part, mail.attachments)))
    return head + body


def _head(mail: Mail) -> str:
    for one in (mail.message_id, *mail.references):
        if not _MESSAGE_ID.fullmatch(one):
            raise ValueError(f"{one[:80]!a} is no message id")
    return "".join(
        (
            _addressed(mail.sender, mail.to, mail.cc, mail.reply_to),
            text_field("Subject", mail.subject, LONGEST_SUBJECT),
            f"Date: {_date(mail.date // SECOND)}\r\nMessage-ID: {mail.message_id}\r\n",
            _thread(mail.references) if mail.references else "",
            *(extra_field(name, value) for name, value in mail.headers.items()),
            _MADE_BY_MACHINE,
        )
    )


@lru_cache(maxsize=256)
def _addressed(
    sender: str, to: tuple[str, ...], cc: tuple[str, ...], reply_to: tuple[str, ...]
) -> str:
    fields = [address_field("From", (sender,)), address_field("To", to)]
    if cc:
        fields.append(address_field("Cc", cc))
    if reply_to:
        fields.append(address_field("Reply-To", reply_to))
    return "".join(fields)


def _thread(references: tuple[str, ...]) -> str:
    """The fields by which mail programs show messages together (RFC 5322 section 3.6.4)."""
    return f"In-Reply-To: {references[-1]}\r\n{words_field('References', references)}"


def _multipart(kind: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    delimiter = f"\r\n{DELIMITER}{boundary}\r\n".encode()
    return b"".join(
        (
            f'Content-Type: multipart/{kind};\r\n boundary="=_{boundary}"\r\n'.encode(),
            *(piece for one in parts for piece in (delimiter, one)),
            f"\r\n{DELIMITER}{boundary}--\r\n".encode(),
        )
    )


def _boundaries(message_id: str) -> tuple[str, str]:
    """What stands around the texts, and what around them and the attachments.

    Neither is the beginning of the other.
    """
    own = binascii.hexlify(message_id[1:25].encode()).decode()
    return f"a{own}", f"m{own}"


@lru_cache(maxsize=256)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))
