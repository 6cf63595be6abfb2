"""A mailbox: signed in to, looked through for mails that carry a field, freed of them again.

The standard library speaks IMAP; what goes over the wire, how much and for how long, is ours
to say. A server is believed nothing: what it sends is bounded, and whoever asks checks what
it found.
"""

from __future__ import annotations

import base64
import imaplib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any, TypeVar

from tocsin.base.clock import DAY, SECOND, Instant
from tocsin.faults.fault import Finding
from tocsin.mail.imap.failure import MailboxFailure
from tocsin.mail.imap.folder import for_people, junk_folders, on_the_wire
from tocsin.mail.imap.session import MailboxSettings, Session, reason_of, words_of
from tocsin.mail.imap.wire import Wire
from tocsin.mail.received.message import NotMessage, ReceivedMessage, read_message

T = TypeVar("T")

NEWEST = 50
"""So many of the newest mails are looked at where the server's own search finds nothing."""
_MOST_FETCHED = 60
_MOST_SEARCHED = 20
_ZONES: Instant = 2 * DAY
"""A search by day means the server's day in the server's zone."""
_LARGEST_HEADER = 64 << 10
_LONGEST_REASON = 300
_NOT_NOW = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
_UID = re.compile(rb"\bUID (\d{1,10})\b")


@dataclass(frozen=True, slots=True)
class FoundMail:
    """A mail of the mailbox with its header."""

    uid: str
    folder: str
    """As people read it."""
    wire_folder: str
    validity: str
    """What its UID is good for (RFC 3501 section 2.3.1.1): with another it is another mail's."""
    message: ReceivedMessage


class Mailbox:
    """A mailbox that is signed in to; close it in the end.

    Raises:
        MailboxFailure: it cannot be reached, trusted or signed in to.
    """

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._wire = Wire(settings.host, settings.port)
        self._since = _day(0)
        try:
            self._imap = self._guarded(lambda: Session(self._wire, settings))
            self._sign_in()
        except BaseException:
            self._wire.close()
            raise

    def find(
        self,
        field: str,
        texts: Sequence[str],
        is_ours: Callable[[str], bool],
        *,
        since: Instant,
        junk: bool,
    ) -> list[FoundMail]:
        """The mails since then whose `field` is one of `texts`, or otherwise one of ours.

        The server is asked to search; where it finds too few, the newest mails are looked
        through, since not every server searches every field. With `junk` the folders of
        junk are looked through besides. Gives each mail once, with all of its header.

        Raises:
            MailboxFailure: it cannot be read.
        """
        folders = [on_the_wire(self._settings.folder)]
        self._since = _day(since - _ZONES)
        found = self._guarded(lambda: self._find_in(folders[0], field, texts, is_ours))
        seen = {one.message.first(field.lower()).strip() for one in found}
        if junk and not seen.issuperset(texts):
            for one in self._guarded(self._junk_folders):
                if one.strip('"') != folders[0].strip('"'):
                    look = partial(self._find_in, one, field, texts, is_ours, optional=True)
                    found += self._guarded(look)
        return found

    def remove(self, mails: Sequence[FoundMail]) -> None:
        """Delete these mails and nothing else.

        A server without UIDPLUS (RFC 4315) could only remove whatever is marked as deleted,
        also what others marked; there they are marked alone.

        Raises:
            MailboxFailure: it cannot be done.
        """
        self._guarded(lambda: self._remove(mails))

    def close(self) -> None:
        """Sign out as far as the server lets us, and hang up."""
        try:
            self._imap.logout()
        except (imaplib.IMAP4.error, MailboxFailure, *_NO_IMAP):
            pass
        finally:
            self._wire.close()

    def _sign_in(self) -> None:
        settings = self._settings
        secret = settings.password.reveal()
        capabilities = self._imap.capabilities
        if "AUTH=PLAIN" not in capabilities and "LOGINDISABLED" in capabilities:
            raise self._failure("imap.sign-in-rejected", "it offers no sign-in by password")
        # AUTHENTICATE takes any character in a password, LOGIN those of ASCII alone.
        plain = "AUTH=PLAIN" in capabilities
        word = f"\0{settings.user}\0{secret}".encode()

        def sign_in() -> None:
            if plain:
                self._imap.authenticate("PLAIN", lambda _: word)
            else:
                self._imap.login(_quoted(settings.user), secret)

        try:
            sign_in()
        except imaplib.IMAP4.abort as error:
            raise self._failure("imap.unavailable", reason_of(error)) from None
        except imaplib.IMAP4.error as error:
            said = reason_of(error)
            # RFC 5530: the server cannot say now whether the password is right.
            code = "unavailable" if said.upper().startswith(_NOT_NOW) else "sign-in-rejected"
            raise self._failure(f"imap.{code}", said) from None
        except UnicodeEncodeError:
            reason = "it takes only ASCII in user and password"
            raise self._failure("imap.sign-in-rejected", reason) from None

    def _select(self, wire_folder: str, *, readonly: bool, optional: bool = False) -> int | None:
        """Open a folder; how many mails it holds. None for an optional one that is not there."""
        try:
            status, data = self._imap.select(wire_folder, readonly=readonly)
        except imaplib.IMAP4.readonly:
            raise self._failure("imap.folder-missing", "it may only be read") from None
        if status != "OK":
            if optional:
                return None
            raise self._failure("imap.folder-missing", words_of(data))
        first = data[0] if data else None
        return int(first) if isinstance(first, bytes) and first.isdigit() else 0

    def _find_in(
        self,
        wire_folder: str,
        field: str,
        texts: Sequence[str],
        is_ours: Callable[[str], bool],
        *,
        optional: bool = False,
    ) -> list[FoundMail]:
        exists = self._select(wire_folder, readonly=True, optional=optional)
        if not exists:
            return []
        validity = self._validity()
        uids: dict[str, None] = {}
        missing = False
        for text in texts[:_MOST_SEARCHED]:
            some = self._search(field, text)
            missing = missing or not some
            uids |= dict.fromkeys(some)
        if missing:
            uids |= dict.fromkeys(self._newest(field, exists, is_ours))
        name = for_people(wire_folder)
        wanted = list(uids)[:_MOST_FETCHED]
        found = [
            FoundMail(uid, name, wire_folder, validity, one) for uid, one in self._headers(wanted)
        ]
        return [one for one in found if is_ours(one.message.first(field.lower()).strip())]

    def _search(self, field: str, text: str) -> list[str]:
        try:
            # By day first: else a server reads every header of a mailbox of years.
            status, data = self._imap.uid(
                "SEARCH", "SINCE", self._since, "HEADER", field, f'"{text}"'
            )
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            return []  # a server that does not search this way
        if status != "OK":
            return []
        words = b" ".join(one for one in data if isinstance(one, bytes)).split()
        return [one.decode() for one in words if one.isdigit()][-_MOST_EACH:]

    def _newest(self, field: str, exists: int, is_ours: Callable[[str], bool]) -> list[str]:
        """Those of the newest mails that are ours, by this field alone; newest first."""
        span = f"{max(1, exists - NEWEST + 1)}:{exists}"
        what = f"(UID BODY.PEEK[HEADER.FIELDS ({field.upper()})]<0.1024>)"
        status, data = self._imap.fetch(span, what)
        if status != "OK":
            return []
        found = []
        for uid, content in _fetched(data):
            _, _, value = content.decode("ascii", "replace").partition(":")
            if is_ours("".join(value.split())):
                found.append(uid)
        return found[::-1]

    def _headers(self, uids: Sequence[str]) -> Iterator[tuple[str, ReceivedMessage]]:
        for uid in uids:
            what = f"(UID BODY.PEEK[HEADER]<0.{_LARGEST_HEADER}>)"
            status, data = self._imap.uid("FETCH", uid, what)
            if status != "OK":
                continue
            for got, content in _fetched(data):
                if got != uid:
                    continue  # a change of another mail's flags, told in between
                try:
                    yield uid, read_message(content)
                except NotMessage:
                    continue

    def _validity(self) -> str:
        _, data = self._imap.response("UIDVALIDITY")
        first = data[0] if data else None
        return first.decode("ascii", "replace") if isinstance(first, bytes) else ""

    def _junk_folders(self) -> list[str]:
        status, data = self._imap.list('""', '"*"')
        return junk_folders(data) if status == "OK" else []

    def _remove(self, mails: Sequence[FoundMail]) -> None:
        _, said = self._imap.capability()
        words = b" ".join(one for one in said if isinstance(one, bytes)).upper().split()
        for folder in dict.fromkeys(one.wire_folder for one in mails):
            if self._select(folder, readonly=False, optional=True) is None:
                continue
            validity = self._validity()
            uids = ",".join(
                one.uid for one in mails if (one.wire_folder, one.validity) == (folder, validity)
            )
            if not uids:
                continue
            self._imap.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
            if b"UIDPLUS" in words:
                self._imap.uid("EXPUNGE", uids)

    def _guarded(self, work: Callable[[], T]) -> T:
        """What `work` gives; whatever the server makes of it is a `MailboxFailure`."""
        try:
            return work()
        except imaplib.IMAP4.error as error:
            raise self._failure("imap.unavailable", reason_of(error)) from None
        except _NO_IMAP as error:
            reason = f"its answer makes no sense ({type(error).__name__})"
            raise self._failure("imap.unavailable", reason) from None

    def _failure(self, code: str, reason: str) -> MailboxFailure:
        settings = self._settings
        said = reason
        # A server may repeat what was said to it, in the form that was sent.
        for form in _forms(settings.user, settings.password.reveal()):
            said = said.replace(form, "***") if form else said
        said = said[:_LONGEST_REASON].rstrip(". ")
        facts = {
            "host": settings.host,
            "port": str(settings.port),
            "user": settings.user,
            "folder": settings.folder,
            "reason": said,
        }
        return MailboxFailure(Finding(code, facts))


_NO_IMAP = (ValueError, KeyError, IndexError, TypeError, AttributeError)
"""What the standard library's parser raises on what is no IMAP at all."""
_MOST_EACH = 3
"""Mails that carry the same token: the mail and what copied it."""


def _forms(user: str, secret: str) -> tuple[str, ...]:
    """How the password may stand in what was sent."""
    word = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    return word, _quoted(secret)[1:-1], secret


def _day(at: Instant) -> str:
    """A day as a search wants it (RFC 3501 section 9), whatever the locale."""
    _, day, month, year, *_ = formatdate(max(at, 0) / SECOND).split()
    return f"{day}-{month}-{year}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _fetched(data: Sequence[Any]) -> Iterator[tuple[str, bytes]]:
    """UID and literal of each mail of a FETCH; the UID may stand before or behind."""
    for place, one in enumerate(data):
        if not isinstance(one, tuple):
            continue
        behind = data[place + 1] if place + 1 < len(data) else b""
        said = one[0] + b" " + (behind if isinstance(behind, bytes) else b"")
        uid = _UID.search(said)
        if uid is not None:
            yield uid[1].decode(), one[1]
