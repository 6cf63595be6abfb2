"""AUTH PLAIN, LOGIN and SCRAM-SHA-256, the server's side (RFC 4954, RFC 4616, RFC 7677)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from tocsin.rehearsal import words
from tocsin.rehearsal.account import SignIn
from tocsin.rehearsal.scram import MECHANISM, ScramServer, Unproven

_PLAIN_PARTS = 3


class _Unreadable(Exception):
    """The client's response holds nothing; `reply` says what was the matter."""

    def __init__(self, reply: bytes) -> None:
        super().__init__(reply)
        self.reply = reply


class SignInDialogue:
    """Leads one connection's sign-in; `check` decides.

    While `awaits` is set, the next line of the client is a response, not a command.
    """

    def __init__(
        self,
        mechanisms: tuple[str, ...],
        check: Callable[[str, str], SignIn],
        make_scram: Callable[[], ScramServer] | None = None,
    ) -> None:
        self._mechanisms = mechanisms
        self._check = check
        self._make_scram = make_scram
        self._take: Callable[[str], bytes] | None = None
        self.user = ""
        self.outdated_password = False

    @property
    def awaits(self) -> bool:
        """A question is open."""
        return self._take is not None

    def forget(self) -> None:
        """Drop an open question."""
        self._take = None

    def retract(self) -> None:
        """Nobody is signed in, whatever was said."""
        self._take = None
        self.user = ""
        self.outdated_password = False

    def begin(self, argument: str) -> bytes:
        """The reply to AUTH with this argument."""
        if self.user:
            return words.SIGNED_IN_ALREADY
        if not self._mechanisms:
            return words.NO_AUTH
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        if not mechanism:
            return words.AUTH_SYNTAX
        takes = {
            "PLAIN": (self._take_plain, words.ASK_PLAIN),
            "LOGIN": (self._take_user, words.ASK_USER),
        }
        if self._make_scram is not None:
            takes[MECHANISM] = (self._take_scram, words.ask(""))
        if mechanism not in self._mechanisms or mechanism not in takes:
            return words.NO_SUCH_MECHANISM
        take, question = takes[mechanism]
        if initial:
            return self._read(take, initial)
        self._take = take
        return question

    def respond(self, line: str) -> bytes:
        """The reply to the response that was awaited."""
        assert self._take is not None
        take, self._take = self._take, None
        return self._read(take, line)

    def _read(self, take: Callable[[str], bytes], response: str) -> bytes:
        try:
            return take(_decode(response))
        except _Unreadable as unreadable:
            return unreadable.reply

    def _take_plain(self, response: str) -> bytes:
        """Authorisation identity, user, password, with NUL between (RFC 4616 section 2)."""
        parts = response.split("\0")
        if len(parts) != _PLAIN_PARTS:
            return words.BAD_CREDENTIALS
        return self._decide(parts[1], parts[2])

    def _take_user(self, user: str) -> bytes:
        self._take = lambda password: self._decide(user, password)
        return words.ASK_PASSWORD

    def _take_scram(self, first: str) -> bytes:
        """Each side proves that it knows the password; the client's last line is empty."""
        assert self._make_scram is not None
        scram = self._make_scram()

        def judge(final: str) -> bytes:
            try:
                proof = scram.judge(final)
            except Unproven:
                return words.BAD_CREDENTIALS
            self._take = lambda _: self._decide(scram.user, scram.password.reveal())
            return words.ask(proof)

        try:
            challenge = scram.challenge(first)
        except Unproven:
            return words.BAD_CREDENTIALS
        self._take = judge
        return words.ask(challenge)

    def _decide(self, user: str, password: str) -> bytes:
        decision = self._check(user, password)
        if decision.granted:
            self.user, self.outdated_password = user, decision.outdated_password
        return decision.reply


def _decode(response: str) -> str:
    response = response.strip()
    if response == "*":
        raise _Unreadable(words.AUTH_CANCELLED)
    if response == "=":  # an empty initial response (RFC 4954 section 4)
        return ""
    try:
        return base64.b64decode(response.encode("ascii"), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise _Unreadable(words.NOT_BASE64) from None
