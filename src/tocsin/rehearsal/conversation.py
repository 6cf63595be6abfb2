"""The server's side of one SMTP conversation, without input or output.

The words are those of the real endpoint, which talks like the Java library SubethaSMTP.
Bytes go in; bytes and wishes (start TLS, hang up) come out.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tocsin.base.secret import Secret
from tocsin.rehearsal.account import Message

HOST = "email-smtp.amazonaws.com"
"""How the endpoint names itself, in every region."""

LONGEST_COMMAND = 4096
_ADDRESS = re.compile(r"[^\s<>@]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_PATH = re.compile(r"(?i)^(?:from|to):\s*(?:<([^>]*)>|(\S+))(.*)$")
_TOKEN = string.ascii_uppercase + string.digits
_LONG_TOKEN = string.ascii_letters + string.digits

Deliver = Callable[[Message], str]
"""Judges a message and keeps it; gives the reply to the final dot."""


class Wish(Enum):
    """What the conversation wants of its transport, once the replies are out."""

    START_TLS = "start TLS"
    HANG_UP = "hang up"


@dataclass(frozen=True, slots=True)
class Door:
    """What a conversation is let in by."""

    user: str
    password: Secret
    max_bytes: int
    max_messages: int | None


class _Expects(Enum):
    COMMAND = "command"
    DATA = "data"
    LOGIN_USER = "login user"
    LOGIN_PASSWORD = "login password"  # noqa: S105 -- a state, not a secret
    PLAIN = "plain"


class Conversation:
    """One client's conversation."""

    def __init__(self, door: Door, deliver: Deliver, *, wrapped: bool, connection: str) -> None:
        self._door = door
        self._deliver = deliver
        self._wrapped = wrapped
        self._connection = connection
        self.encrypted = wrapped
        self.signed_in = False
        self.wish: Wish | None = None
        self._expects = _Expects.COMMAND
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._login_user = ""
        self._message: Message | None = None
        self._messages = 0
        self._content = bytearray()

    def greet(self) -> None:
        """Say the first line."""
        short = "".join(secrets.choice(_TOKEN) for _ in range(9))
        long = "".join(secrets.choice(_LONG_TOKEN) for _ in range(20))
        self._say(f"220 {HOST} ESMTP SimpleEmailService-d-{short} {long}")

    def refuse(self) -> None:
        """Turn a client away that is one too many."""
        self._say("421 Too many concurrent SMTP connections")
        self.wish = Wish.HANG_UP

    def time_out(self) -> None:
        """The client said nothing for too long."""
        self._say("451 4.4.2 Timeout waiting for data from client.")
        self.wish = Wish.HANG_UP

    def tls_started(self) -> None:
        """TLS is up: everything said before counts no more (RFC 3207 section 4.2)."""
        self.encrypted = True
        self.wish = None
        self._incoming.clear()
        self._message = None

    def take(self) -> bytes:
        """What is to be sent now."""
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken

    def receive(self, data: bytes) -> None:
        """Bytes of the client, in the clear or decrypted."""
        self._incoming += data
        while self.wish is None and self._step():
            pass

    def _step(self) -> bool:
        """Do one line, or one stretch of content; False when more bytes are needed."""
        if self._expects is _Expects.DATA:
            return self._take_content()
        end = self._incoming.find(b"\n")
        if end < 0:
            if len(self._incoming) > LONGEST_COMMAND:
                self._say("500 Error: bad syntax")
                self.wish = Wish.HANG_UP
            return False
        line = bytes(self._incoming[:end])
        del self._incoming[: end + 1]
        if not line.endswith(b"\r"):
            self._say(
                f"501 Syntax error at character position {end}. CR and LF must be CRLF paired.  "
                "See RFC 2821 #2.7.1."
            )
            self.wish = Wish.HANG_UP
            return False
        self._line(line[:-1].decode("utf-8", "replace"))
        return True

    def _line(self, line: str) -> None:
        match self._expects:
            case _Expects.COMMAND:
                self._command(line)
            case _Expects.LOGIN_USER:
                self._take_login_user(line)
            case _Expects.LOGIN_PASSWORD:
                self._take_login_password(line)
            case _:
                self._take_plain(line)

    # Commands

    def _command(self, line: str) -> None:
        verb, _, rest = line.strip().partition(" ")
        verb = verb.upper()
        known = getattr(self, f"_on_{verb.lower()}", None) if verb.isalpha() else None
        if known is None:
            self._say("500 Error: command not implemented" if verb else "500 Error: bad syntax")
        elif not self.encrypted and verb not in {"EHLO", "NOOP", "QUIT", "STARTTLS"}:
            self._say("530 Must issue a STARTTLS command first")
        elif not self.signed_in and verb not in _BEFORE_SIGN_IN:
            self._say("530 Authentication required")
        else:
            known(rest.strip())

    def _on_ehlo(self, rest: str) -> None:
        if not rest:
            self._say("501 Syntax: EHLO hostname")
            return
        self._message = None
        lines = [HOST, "8BITMIME"]
        if not self._wrapped:
            lines.append("STARTTLS")
        lines += ["AUTH PLAIN LOGIN", "Ok"]
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _on_helo(self, rest: str) -> None:
        self._say(f"250 {HOST}" if rest else "501 Syntax: HELO <hostname>")

    def _on_noop(self, _rest: str) -> None:
        self._say("250 Ok")

    def _on_rset(self, _rest: str) -> None:
        self._message = None
        self._say("250 Ok")

    def _on_quit(self, _rest: str) -> None:
        self._say("221 Bye")
        self.wish = Wish.HANG_UP

    def _on_vrfy(self, _rest: str) -> None:
        self._say("502 VRFY command is disabled")

    def _on_expn(self, _rest: str) -> None:
        self._say("502 EXPN command is disabled")

    def _on_help(self, _rest: str) -> None:
        self._say("214 This is a rehearsal of the Amazon SES SMTP endpoint")

    def _on_starttls(self, rest: str) -> None:
        if rest:
            self._say("501 Syntax error (no parameters allowed)")
        elif self.encrypted:
            self._say("454 TLS not available due to temporary reason: TLS already active")
        else:
            self._say("220 Ready to start TLS")
            self.wish = Wish.START_TLS

    # Sign-in

    def _on_auth(self, rest: str) -> None:
        if self.signed_in:
            self._say("503 Refusing any other AUTH command.")
            return
        mechanism, _, initial = rest.partition(" ")
        match mechanism.upper():
            case "PLAIN" if initial:
                self._take_plain(initial)
            case "PLAIN":
                self._say("334 Ok")
                self._expects = _Expects.PLAIN
            case "LOGIN" if initial:
                self._take_login_user(initial)
            case "LOGIN":
                self._say("334 VXNlcm5hbWU6")
                self._expects = _Expects.LOGIN_USER
            case _:
                self._say("504 The requested authentication mechanism is not supported")

    def _decoded(self, line: str) -> bytes | None:
        self._expects = _Expects.COMMAND
        if line == "*":
            self._say("501 Authentication canceled by client.")
            return None
        try:
            return base64.b64decode(line, validate=True)
        except (binascii.Error, ValueError):
            self._say("501 Invalid command argument, not a valid Base64 string")
            return None

    def _take_login_user(self, line: str) -> None:
        user = self._decoded(line)
        if user is not None:
            self._login_user = user.decode("utf-8", "replace")
            self._say("334 UGFzc3dvcmQ6")
            self._expects = _Expects.LOGIN_PASSWORD

    def _take_login_password(self, line: str) -> None:
        password = self._decoded(line)
        if password is not None:
            self._sign_in(self._login_user, password.decode("utf-8", "replace"))

    def _take_plain(self, line: str) -> None:
        answer = self._decoded(line)
        if answer is None:
            return
        parts = answer.decode("utf-8", "replace").split("\0")
        if len(parts) == 3:  # noqa: PLR2004 -- RFC 4616: authzid, authcid, password
            self._sign_in(parts[1], parts[2])
        else:
            self._say("501 Invalid command argument, not a valid Base64 string")

    def _sign_in(self, user: str, password: str) -> None:
        right = secrets.compare_digest(
            f"{user}\0{password}".encode(),
            f"{self._door.user}\0{self._door.password.reveal()}".encode(),
        )
        self.signed_in = right
        self._say(
            "235 Authentication successful." if right else "535 Authentication Credentials Invalid"
        )

    # Messages

    def _on_mail(self, rest: str) -> None:
        if self._message is not None:
            self._say("503 5.5.1 Sender already specified.")
            return
        if self._door.max_messages is not None and self._messages >= self._door.max_messages:
            self._say(
                "421 Connection closed by server. Maximum message count per session reached."
            )
            self.wish = Wish.HANG_UP
            return
        found = _PATH.match(rest)
        if found is None or not rest.lower().startswith("from:"):
            self._say("501 Syntax: MAIL FROM: <address>")
            return
        address = found[1] if found[1] is not None else found[2]
        if not address or "@" not in address:
            self._say("501 Invalid MAIL FROM address provided")
        elif not _ADDRESS.fullmatch(address):
            self._say(f"553 <{address}> Invalid email address")
        else:
            self._message = Message(address, [], b"", self._connection)
            self._say("250 Ok")

    def _on_rcpt(self, rest: str) -> None:
        if self._message is None:
            self._say("503 5.5.1 Error: need MAIL command")
            return
        found = _PATH.match(rest)
        if found is None or not rest.lower().startswith("to:"):
            self._say(f'501 Syntax: RCPT TO: <address>  Error in parameters: "{rest}"')
            return
        address = (found[1] if found[1] is not None else found[2]) or ""
        if not _ADDRESS.fullmatch(address):
            self._say(f"553 <{address}> address unknown")
        else:
            self._message.recipients.append(address)
            self._say("250 Ok")

    def _on_data(self, _rest: str) -> None:
        if self._message is None:
            self._say("503 5.5.1 Error: need MAIL command")
        elif not self._message.recipients:
            self._say("503 Error: need RCPT command")
        else:
            self._say("354 End data with <CR><LF>.<CR><LF>")
            self._expects = _Expects.DATA
            self._content.clear()

    def _take_content(self) -> bool:
        # The line end before the dot may be that of the DATA command itself.
        searched = max(0, len(self._content) - 4)
        self._content += self._incoming
        self._incoming.clear()
        if self._content.startswith(b".\r\n"):
            end, rest = 0, 3
        else:
            end = self._content.find(b"\r\n.\r\n", searched)
            if end < 0:
                self._forget_too_much()
                return False
            end, rest = end + 2, end + 5
        self._incoming += self._content[rest:]
        content = bytes(self._content[:end])
        self._content.clear()
        self._expects = _Expects.COMMAND
        self._finish(content)
        return True

    def _forget_too_much(self) -> None:
        """A message beyond its limit is refused in the end; what it says is not needed."""
        if len(self._content) > self._door.max_bytes + LONGEST_COMMAND:
            del self._content[self._door.max_bytes + 1 : -4]

    def _finish(self, content: bytes) -> None:
        message = self._message
        assert message is not None
        self._message = None
        self._messages += 1
        if content.startswith(b"."):
            content = content[1:]
        message.content = content.replace(b"\r\n.", b"\r\n")
        self._say(self._deliver(message))

    def _say(self, line: str) -> None:
        self._outgoing += line.encode() + b"\r\n"


_BEFORE_SIGN_IN = {"EHLO", "HELO", "NOOP", "QUIT", "STARTTLS", "RSET", "AUTH"}
