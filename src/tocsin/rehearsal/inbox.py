"""The rehearsal's inbox: a folder of ``.eml`` files, newest last by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{16}-[0-9a-f-]{36}-[0-9]{6}\.eml")


class NoSuchMail(LookupError):
    """The inbox has no mail of that id."""


@dataclass(frozen=True, slots=True)
class MailSummary:
    """A line of the inbox."""

    id: str
    subject: str
    sender: str
    recipients: str
    date: str
    size: int


@dataclass(frozen=True, slots=True)
class InboxMail:
    """A mail opened."""

    summary: MailSummary
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str | None
    raw: bytes


def keep(folder: Path, id_: str, content: bytes) -> None:
    """Write a mail: whole or not at all, before anybody is told that it was taken."""
    path = folder / f"{id_}.eml"
    temporary = folder / f".{id_}.part"
    temporary.write_bytes(content)
    os.replace(temporary, path)


def count_mails(folder: Path) -> int:
    """How many mails there are."""
    return sum(1 for _ in _names(folder))


def _names(folder: Path) -> Iterator[str]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                yield entry.name


def list_mails(folder: Path, *, limit: int, before: str | None = None) -> list[MailSummary]:
    """The newest mails first; with `before`, those older than that id."""
    # The name begins with the region and then the milliseconds: it sorts by time.
    names = sorted(_names(folder), reverse=True)
    if before is not None:
        names = [name for name in names if name < f"{before}.eml"]
    return [_summary(name, (folder / name).read_bytes()) for name in names[:limit]]


def read_mail(folder: Path, id_: str) -> InboxMail:
    """One mail.

    Raises:
        NoSuchMail: there is none of that id, or it is no id at all.
    """
    name = f"{id_}.eml"
    if not _NAME.fullmatch(name):
        raise NoSuchMail(id_)
    try:
        raw = (folder / name).read_bytes()
    except FileNotFoundError:
        raise NoSuchMail(id_) from None
    message = _parse(raw)
    return InboxMail(
        summary=_summary(name, raw),
        headers=tuple((field, str(value)) for field, value in message.items()),
        text=_part(message, "plain") or "",
        html=_part(message, "html"),
        raw=raw,
    )


def _parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _summary(name: str, raw: bytes) -> MailSummary:
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    message = _parse(head)
    return MailSummary(
        id=name.removesuffix(".eml"),
        subject=_header(message, "subject"),
        sender=_header(message, "from"),
        recipients=_header(message, "to"),
        date=_header(message, "date"),
        size=len(raw),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, TypeError, AttributeError):  # a header no parser understands
        return ""


def _part(message: EmailMessage, kind: str) -> str | None:
    try:
        body = message.get_body((kind,))
        return None if body is None else str(body.get_content())
    except (ValueError, LookupError, AttributeError):
        return None
