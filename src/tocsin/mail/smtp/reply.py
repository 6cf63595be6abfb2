"""Replies of an SMTP server, read from whatever pieces the wire gives (RFC 5321 section 4.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.mail.smtp.shown import Mask, printable

MAX_LINE = 8_192
"""Longest reply line taken, in bytes. RFC 5321 section 4.5.3.1.5 allows 512; relays exceed it."""
MAX_REPLY = 65_536
"""Longest reply taken, all its lines together, in bytes."""
MAX_LINES = 1_000
"""Most lines of one reply. The answer to EHLO is the longest there is, and has about twenty."""

_CHALLENGE = b"334"

_CODES = {b"%d" % code: code for code in range(200, 600)}
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_REMEMBERED = 256
_QUOTED = 200


class MalformedReply(Exception):
    """What came is no SMTP reply. `received` is how it began, short and without secrets."""

    def __init__(self, words: str, received: bytes) -> None:
        super().__init__(words)
        self.received = received


class Reply(NamedTuple):
    """One reply: its code and the text of each line without the code."""

    code: int
    lines: tuple[str, ...]

    @property
    def shown(self) -> str:
        """As it came, line by line, for a transcript."""
        *before, last = self.lines
        whole = f"{self.code} {last}".rstrip()
        if not before:
            return whole
        return "\n".join([*(f"{self.code}-{line}" for line in before), whole])

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code (RFC 2034, 3463), when the reply carries one of its class."""
        match = _ENHANCED.match(self.lines[0])
        if match is None or match[1][0] != str(self.code)[0]:
            return None
        return match[1]

    @property
    def text(self) -> str:
        """All lines as one, without the code and without an enhanced status code."""
        if self.enhanced is None:
            return " ".join(line for line in self.lines if line)
        return " ".join(filter(None, (_ENHANCED.sub("", line, count=1) for line in self.lines)))

    def __str__(self) -> str:
        """The reply on one line, as a log would have it."""
        if len(self.lines) == 1:
            return f"{self.code} {self.lines[0]}".rstrip()
        return " ".join((str(self.code), *filter(None, self.lines)))


class ReplyReader:
    """Bytes in, replies out; the same ones however the bytes are cut.

    Lines may end with CRLF or a bare LF; anything else that is not a reply is refused.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._start = 0
        self._code = b""
        self._lines: list[str] = []
        self._size = 0
        self._mask = Mask()
        self.challenge = ""
        """The text of the last 334 as it came: for the sign-in alone, never to be shown."""
        # Most replies of a relay repeat word for word: each is read once.
        self._remembered: dict[bytes, Reply] = {}

    def mask(self, secrets: tuple[str, ...]) -> None:
        """From now on show ``***`` where a reply repeats one of these, or one from before."""
        self._mask.add(*secrets)
        self._remembered.clear()

    def masked(self, text: str) -> str:
        """Printable text of the relay, without the secrets."""
        return self._mask.text(text)

    @property
    def unread(self) -> bytes:
        """What came after the last reply given out."""
        return self._buffer[self._start :]

    def quote(self, data: bytes) -> bytes:
        """The beginning of what came, at most 200 bytes, without the secrets."""
        return self._mask.data(data)[:_QUOTED]

    def feed(self, data: bytes) -> None:
        """Take what the wire gave."""
        if self._start == len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._start :] + data
        self._start = 0

    def next(self) -> Reply | None:
        """The next whole reply, or None until more has come.

        Raises:
            MalformedReply: it is no reply, or one without end.
        """
        while (end := self._buffer.find(b"\n", self._start)) >= 0:
            line = self._buffer[self._start : end]
            self._start = end + 1
            if not self._lines:
                known = self._remembered.get(line)
                if known is not None:
                    return known
            reply = self._take(line)
            if reply is not None:
                return reply
        self._check_rest()
        return None

    def _take(self, line: bytes) -> Reply | None:
        if len(line) > MAX_LINE:
            raise self._malformed("a reply line is too long", line)
        text = line.removesuffix(b"\r")
        code, separator = text[:3], text[3:4]
        if code not in _CODES or separator not in (b" ", b"-", b""):
            raise self._malformed("a line is no SMTP reply", line)
        if self._lines and code != self._code:
            raise self._malformed("the lines of one reply carry different codes", line)
        self._size += len(line)
        if self._size > MAX_REPLY or len(self._lines) >= MAX_LINES:
            raise self._malformed("a reply does not end", line)
        self._code = code
        self._lines.append(self._shown(code, printable(text[4:])))
        if separator == b"-":
            return None
        reply = Reply(_CODES[code], tuple(self._lines))
        if len(self._lines) == 1 and len(self._remembered) < _REMEMBERED and code != _CHALLENGE:
            self._remembered[line] = reply
        self._lines.clear()
        self._size = 0
        return reply

    def _shown(self, code: bytes, text: str) -> str:
        if code == _CHALLENGE:
            self.challenge = text
            return self._mask.challenge(text)
        return self._mask.text(text) if self._mask else text

    def _check_rest(self) -> None:
        """Do not wait for the end of a line that cannot become a reply."""
        size = len(self._buffer) - self._start
        if size == 0:
            return
        if size > MAX_LINE:
            raise self._malformed("a reply line is too long", self.unread)
        if size > 3 and self._buffer[self._start : self._start + 3] not in _CODES:  # noqa: PLR2004
            raise self._malformed("a line is no SMTP reply", self.unread)

    def _malformed(self, words: str, received: bytes) -> MalformedReply:
        return MalformedReply(words, self.quote(received))
