"""The few SMTP words before TLS: greeting, EHLO, STARTTLS (RFC 5321, RFC 3207).

Enough to look at certificates; the sender has its own full conversation. Every
read is bounded in octets here and in time by whoever calls.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from tocsin.faults.fault import Finding
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.name import printable
from tocsin.trust.wire import looks_like_tls

LARGEST_REPLY = 64 * 1024
"""Octets of one reply, all lines together; RFC 5321 section 4.5.3.1.5 means 512 a line."""

_LINE = re.compile(rb"(\d\d\d)([ -]?)(.*)")
_BEGINNING = re.compile(rb"\d{0,3}|\d\d\d[ \-\r\n].*", re.DOTALL)
_MASKED_GREETING = re.compile(r"\*{4,}")
_MASKED_WORD = re.compile(r"X{4,}[A-Z]?")
_SHOWN = 200
_READY, _FIRST_ERROR = 220, 400


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply: its code and the text of each line."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Code and text on one line, cut to what a person reads."""
        return printable(f"{self.code} {' / '.join(self.lines)}", _SHOWN)


class Prelude:
    """The conversation up to the moment at which the TLS handshake may begin."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        facts: dict[str, str],
    ) -> None:
        self._reader, self._writer, self._facts = reader, writer, facts
        self._buffer = b""
        self._masked = False
        self.stage = "greeting"
        """The step that is going on, for whoever has to say where time ran out."""

    async def greet(self) -> None:
        """Read the greeting and see that it is SMTP's.

        Raises:
            ProbeFailure: smtp.not-smtp, smtp.closed-early, or what the reply means.
        """
        greeting = await self._reply()
        self._masked = bool(_MASKED_GREETING.search(greeting.text))
        if greeting.code >= _FIRST_ERROR:
            self._refused(greeting)

    async def request_tls(self) -> None:
        """Say EHLO and STARTTLS; afterwards the next octet either way is TLS.

        Raises:
            ProbeFailure: STARTTLS is missing, masked, refused, or followed by plaintext.
        """
        self.stage = "ehlo"
        answer = await self._ask(f"EHLO {self._own_name()}")
        if answer.code >= _FIRST_ERROR:
            self._refused(answer)
        words = [line.split()[0].upper() for line in answer.lines[1:] if line.split()]
        if "STARTTLS" not in words:
            self._not_offered(words)
        self.stage = "starttls"
        answer = await self._ask("STARTTLS")
        if answer.code != _READY:
            code = "smtp.masked-by-firewall" if self._masked else "smtp.starttls-refused"
            self._fail(code, reply=answer.text)
        if self._buffer:
            self._fail("smtp.starttls-injection", reply=self._shown())

    def _not_offered(self, words: list[str]) -> None:
        masked = [word for word in words if _MASKED_WORD.fullmatch(word)]
        if masked or self._masked:
            self._fail("smtp.masked-by-firewall", capabilities=printable(" ".join(words), _SHOWN))
        self._fail("smtp.starttls-missing", capabilities=printable(" ".join(words), _SHOWN))

    def _own_name(self) -> str:
        """Our address as a literal (RFC 5321 section 4.1.3): the one name surely ours."""
        address = str(self._writer.get_extra_info("sockname")[0]).partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    async def _ask(self, command: str) -> Reply:
        self._writer.write(command.encode("ascii") + b"\r\n")
        await self._writer.drain()
        return await self._reply()

    async def _reply(self) -> Reply:
        lines: list[str] = []
        size = 0
        while True:
            line = await self._line()
            size += len(line)
            parts = _LINE.fullmatch(line)
            if parts is None or size > LARGEST_REPLY:
                self._not_smtp(line)
            assert parts is not None
            lines.append(parts[3].decode("utf-8", "replace"))
            if parts[2] != b"-":
                return Reply(int(parts[1]), tuple(lines))

    async def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            if not _BEGINNING.fullmatch(self._buffer) or len(self._buffer) > LARGEST_REPLY:
                self._not_smtp(self._buffer)
            more = await self._reader.read(4096)
            if not more:
                self._fail("smtp.closed-early", stage=self.stage, reply=self._shown())
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def _not_smtp(self, seen: bytes) -> None:
        if looks_like_tls(seen):
            self._fail("tls.wrong-mode", received="TLS", expected="an SMTP greeting")
        self._buffer = seen
        self._fail("smtp.not-smtp", reply=self._shown(), stage=self.stage)

    def _shown(self) -> str:
        return printable(self._buffer[:_SHOWN].decode("ascii", "backslashreplace").strip(), _SHOWN)

    def _refused(self, reply: Reply) -> None:
        from tocsin.faults.replies import recognise  # noqa: PLC0415 -- after a failure only

        text = " ".join(reply.lines)
        enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", text)
        finding = recognise(self.stage, reply.code, enhanced[0] if enhanced else None, text)
        raise ProbeFailure(Finding(finding.code, {**self._facts, **finding.facts}))

    def _fail(self, code: str, **facts: str) -> None:
        raise ProbeFailure(Finding(code, {**self._facts, **facts}))
