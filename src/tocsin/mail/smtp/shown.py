"""What the relay sent, made safe to show: no control characters and no secrets."""

from __future__ import annotations

import re
from base64 import b64decode
from itertools import chain

HIDDEN = "***"
_TELLING = 4
"""So many bytes of a secret at the end of what came count as its beginning."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}")


def printable(line: bytes) -> str:
    """The line as text that is safe to show: control and format characters are escaped."""
    text = line.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else " " if char == "\t" else ascii(char)[1:-1] for char in text
    )


class Mask:
    """Puts ``***`` in the place of secrets, in whatever form they come back."""

    def __init__(self) -> None:
        self._texts: tuple[str, ...] = ()
        self._bytes: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def add(self, *secrets: str) -> None:
        """Hide these from now on, beside the ones before."""
        forms = {*self._bytes, *chain.from_iterable(_encoded(each) for each in secrets if each)}
        # The longest first: a short one may be part of it.
        self._bytes = tuple(sorted(forms, key=lambda each: (-len(each), each)))
        self._texts = tuple(dict.fromkeys(map(printable, self._bytes)))

    def text(self, text: str) -> str:
        """Printable text without secrets."""
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text

    def challenge(self, text: str) -> str:
        """Printable text without secrets, also when it wraps them in base64 of its own."""
        if any(self._within(found[0]) for found in _BASE64.finditer(text)):
            return HIDDEN
        return self.text(text)

    def data(self, data: bytes) -> bytes:
        """Bytes as they came, without secrets and without the beginning of one at the end."""
        for secret in self._bytes:
            data = data.replace(secret, HIDDEN.encode())
        for secret in self._bytes:
            for length in range(len(secret) - 1, _TELLING - 1, -1):
                if data.endswith(secret[:length]):
                    return data[:-length] + HIDDEN.encode()
        return data

    def _within(self, word: str) -> bool:
        whole = b64decode(word[: len(word) // 4 * 4])
        rest = word[len(word) // 4 * 4 :]
        if len(rest) > 1:
            whole += b64decode(rest + "=" * (4 - len(rest)))
        return any(secret in whole for secret in self._bytes)


def _encoded(secret: str) -> tuple[bytes, bytes]:
    """As UTF-8 has it, and as a relay may say it that knows only Latin-1."""
    return (
        secret.encode("utf-8", "backslashreplace"),
        secret.encode("latin-1", "backslashreplace"),
    )
