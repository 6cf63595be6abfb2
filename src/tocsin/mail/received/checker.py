"""The border to dkimpy: everything of it is called here, and whatever it raises ends here.

It is given the keys; it never asks DNS itself. Messages are bounded before: some of its
expressions take time that grows with the square of a run of blanks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import dkim
from dkim.crypto import HASH_ALGORITHMS

from tocsin.mail.received.key import Ed25519, Key
from tocsin.mail.received.message import ReceivedMessage

KeyOf = Callable[[str, str], Key]
"""Gives the key of a selector and a domain, or raises `NoKey`."""

_SILENT = logging.getLogger("tocsin.mail.received.dkim")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_SILENT.setLevel(logging.CRITICAL + 1)

_SIGNATURES = (b"dkim-signature", b"arc-seal", b"arc-message-signature")
_LONGEST_SIGNATURE = 8192
_LONGEST_RUN = re.compile(rb"\s{200}")
_MOST_NAMES = 400
# Runs of blanks inside a line: the library looks at each of their tails again.
_RUNS = re.compile(rb"[\t ]{64,}+(?!\r?\n)")
_MOST_STEPS = 100_000_000
_MOST_HASHED = 256 << 20
"""Octets of body that are hashed in all, over every signature."""

_NO_SPACE = re.compile(rb"(?im)^(arc-message-signature:)(?=i=)")


class Unreadable(Exception):
    """The library cannot verify this; the text says why, in words."""


class _Keyed:
    """Verifies with the keys it was given, in place of looking them up."""

    key_of: KeyOf

    def verify_sig(self, sig: Any, include_headers: Any, sig_header: Any, _dnsfunc: Any) -> bool:
        """Called by the library for each signature."""
        name, value = sig_header
        if len(value) > _LONGEST_SIGNATURE or _LONGEST_RUN.search(value):
            raise Unreadable("the field is too long to be one that a server wrote")
        if len(include_headers) > _MOST_NAMES:
            raise Unreadable("it signs more fields than a server would")
        if sig[b"a"] not in HASH_ALGORITHMS:
            raise Unreadable("its algorithm is unknown")
        key = self.key_of(_text(sig[b"s"]), _text(sig[b"d"]))
        if not sig[b"a"].startswith(key.kind.encode() + b"-"):
            raise Unreadable("its algorithm and its key do not belong together")
        own: Any = self
        own.pk, own.keysize, own.ktag = key.material, key.bits, key.kind.encode()
        own.seqtlsrpt = False
        held = bool(own.verify_sig_process(sig, include_headers, (name, value), None))
        return key.material.holds if isinstance(key.material, Ed25519) else held


class _Dkim(_Keyed, dkim.DKIM):
    pass


class _Arc(_Keyed, dkim.ARC):
    pass


class Checker:
    """Verifies the signatures of one message.

    Raises:
        Unreadable: the message is not in a form that can be verified.
    """

    def __init__(self, message: ReceivedMessage, key_of: KeyOf, signatures: int) -> None:
        _bound(message, signatures)
        content = _NO_SPACE.sub(rb"\1 ", message.content)
        try:
            self._dkim: Any = _Dkim(message.content, logger=_SILENT, minkey=0)  # type: ignore[no-untyped-call]
            self._arc: Any = _Arc(content, logger=_SILENT, minkey=0)  # type: ignore[no-untyped-call]
        except (dkim.DKIMException, IndexError, ValueError, TypeError):
            raise Unreadable("a line of the header is no field") from None
        self._dkim.key_of = self._arc.key_of = key_of

    def dkim(self, number: int) -> bool:
        """Whether a DKIM signature (0 is the topmost) holds.

        Raises:
            NoKey: there is no key for it.
            Unreadable: it is malformed, or the body is not the one that was signed.
        """
        return bool(_guarded(lambda: self._dkim.verify(idx=number)))

    def arc(self, instance: int) -> tuple[bool, bool]:
        """Whether the message signature, and the seal, of an ARC set hold.

        Raises:
            NoKey: there is no key for one of them.
            Unreadable: the set is malformed.
        """
        fields = self._arc.sorted_arc_headers()[1]
        found = _guarded(lambda: self._arc.verify_instance(fields, instance))
        return bool(found["ams-valid"]), bool(found["as-valid"])


def _guarded(verify: Callable[[], Any]) -> Any:
    try:
        return verify()
    except dkim.DKIMException as error:
        raise Unreadable(_words(str(error))) from None
    except (ValueError, TypeError, IndexError, KeyError, NameError, ArithmeticError) as error:
        # What the library meets in fields that no server wrote.
        raise Unreadable("the field cannot be read") from error


_WORDS = (
    ("body hash mismatch", "the body is not the one that was signed"),
    ("x= value is past", "its time has run out"),
    ("t= value is in the future", "it was signed in the future"),
    ("missing", "a part of it is missing"),
    ("unknown signature algorithm", "its algorithm is none that is checked here"),
)


def _words(message: str) -> str:
    return next((words for start, words in _WORDS if message.startswith(start)), "it is malformed")


def _bound(message: ReceivedMessage, signatures: int) -> None:
    if len(message.body) * max(signatures, 1) > _MOST_HASHED:
        raise Unreadable("the message is too large for so many signatures")
    steps = sum((one.end() - one.start()) ** 2 for one in _RUNS.finditer(message.content))
    if steps > _MOST_STEPS:
        raise Unreadable("it holds runs of blanks that are too long")


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")
