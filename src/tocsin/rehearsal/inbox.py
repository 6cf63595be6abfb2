"""The rehearsal's inbox: a folder of ``.eml`` files whose names sort by the time they came."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import errors, policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

from tocsin.base.clock import Instant

_ID = re.compile(r"(\d{16})-[0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{6}")
_SUFFIX = ".eml"
_HEAD = 65_536
"""Octets read of a mail for its line in the list."""
_MOST_PARTS = 200
_PARSER = BytesParser(policy=policy.compat32)
_UNPARSABLE = (errors.MessageError, RecursionError, ValueError, LookupError, TypeError)


class NoSuchMail(LookupError):
    """The inbox has no mail of that id."""


@dataclass(frozen=True, slots=True)
class MailSummary:
    """A line of the inbox. `message_id` is the sender's own, which SES replaces."""

    id: str
    received_at: Instant
    subject: str
    sender: str
    recipients: str
    date: str
    message_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text; `name` is a stranger's word, never a path to write to."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class InboxMail:
    """A mail opened: its fields decoded and in order, its text in both forms."""

    summary: MailSummary
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    raw: bytes


def keep(folder: Path, message_id: str, content: bytes, at: Instant, *, sync: bool = False) -> str:
    """Write a mail, whole or not at all; gives its id in the inbox.

    Raises:
        OSError: it cannot be written.
    """
    mail = f"{at:016d}-{message_id}"
    path, temporary = folder / f"{mail}{_SUFFIX}", folder / f".{mail}.part"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb", buffering=0) as stream:
            view = memoryview(content)
            while view:
                view = view[stream.write(view) :]
            if sync:
                os.fsync(handle)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return mail


def count_mails(folder: Path) -> int:
    """How many mails there are."""
    return sum(1 for _ in _ids(folder))


def list_mails(folder: Path, *, limit: int, before: str | None = None) -> list[MailSummary]:
    """The newest mails first; with `before`, those older than the mail of that id."""
    older = (one for one in _ids(folder) if before is None or one < before)
    found = []
    for one in heapq.nlargest(limit, older):
        try:
            with (folder / f"{one}{_SUFFIX}").open("rb") as stream:
                head, size = stream.read(_HEAD), os.fstat(stream.fileno()).st_size
        except FileNotFoundError:  # removed since the folder was read
            continue
        found.append(_summarise(one, _parse_head(head), size))
    return found


def read_mail(folder: Path, mail: str) -> InboxMail:
    """One mail.

    Raises:
        NoSuchMail: there is none of that id, or it is no id at all.
    """
    # Only what has the form of an id is ever joined to a path.
    if not _ID.fullmatch(mail):
        raise NoSuchMail(mail)
    try:
        raw = (folder / f"{mail}{_SUFFIX}").read_bytes()
    except FileNotFoundError:
        raise NoSuchMail(mail) from None
    message = _parse(raw)
    text, html, attachments = _open_parts(message)
    return InboxMail(
        summary=_summarise(mail, message, len(raw)),
        headers=tuple((name, _decode(value)) for name, value in message.items()),
        text=text or "",
        html=html,
        attachments=attachments,
        raw=raw,
    )


def _ids(folder: Path) -> Iterator[str]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIX):
                mail = entry.name.removesuffix(_SUFFIX)
                if _ID.fullmatch(mail):
                    yield mail


def _parse(raw: bytes) -> Message:
    try:
        return _PARSER.parsebytes(raw)
    except _UNPARSABLE:
        # Built to break parsers (parts nested a thousand deep): show the head alone.
        return _parse_head(raw)


def _parse_head(raw: bytes) -> Message:
    return _PARSER.parsebytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", headersonly=True)


def _summarise(mail: str, message: Message, size: int) -> MailSummary:
    def field(name: str) -> str:
        return _decode(message.get(name, ""))

    return MailSummary(
        id=mail,
        received_at=int(mail[:16]),
        subject=field("subject"),
        sender=field("from"),
        recipients=field("x-rehearsal-envelope-to") or field("to"),
        date=field("date"),
        message_id=field("x-rehearsal-original-message-id"),
        size=size,
    )


def _decode(value: object) -> str:
    """A field's value as text on one line (RFC 2047)."""
    text = str(value)
    try:
        pieces = decode_header(text)
    except _UNPARSABLE:
        pieces = [(text, None)]
    words = [
        piece if isinstance(piece, str) else _as_text(piece, charset) for piece, charset in pieces
    ]
    return " ".join("".join(words).split())


def _as_text(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _open_parts(message: Message) -> tuple[str | None, str | None, tuple[Attachment, ...]]:
    """The first plain text, the first HTML, and everything else."""
    text: str | None = None
    html: str | None = None
    attachments: list[Attachment] = []
    for number, part in enumerate(message.walk()):
        if part.is_multipart() or number >= _MOST_PARTS:
            continue
        content = _payload(part)
        kind, name = part.get_content_type(), _file_name(part)
        if kind == "text/plain" and text is None and not name:
            text = _as_text(content, _charset(part))
        elif kind == "text/html" and html is None and not name:
            html = _as_text(content, _charset(part))
        else:
            attachments.append(Attachment(name, kind, content))
    return text, html, tuple(attachments)


def _payload(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except _UNPARSABLE:
        content = None
    return content if isinstance(content, bytes) else b""


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except _UNPARSABLE:
        return None


def _file_name(part: Message) -> str:
    try:
        return _decode(part.get_filename() or "")
    except _UNPARSABLE:
        return ""
