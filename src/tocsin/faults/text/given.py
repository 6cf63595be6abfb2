"""A text as it is looked at: of bounded size, without secrets, one blank for many."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 200_000
"""Characters that are looked at: as many from the beginning as from the end."""

_ESCAPED = (
    ("\\r\\n", "\n"),
    ("\\n", "\n"),
    ("\\t", " "),
    ('\\"', '"'),
    ("\\'", "'"),
    ("\\u003c", "<"),
    ("\\u003e", ">"),
    ("\\u0026", "&"),
    ("#012", "\n"),  # rsyslog's way to keep a line end
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", '"'),
    ("&#039;", "'"),
)
"""Line ends and quotes as loggers write them inside a string."""
_WIDE = str.maketrans(
    "\uff1a\uff0c\uff1b\uff08\uff09\uff0e\u201c\u201d\u2018\u2019\u00a0\u3000",
    ":,;().\"\"''  ",
)
"""Full-width punctuation and typographic quotation marks, as translated logs have them."""
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n[ \n]*")
# Everything else that cannot be seen, direction marks among it.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

_MASK = r"\1***"
_SECRETS = (
    re.compile(
        r"(\bauth[ =:]+(?:plain|login|xoauth2|cram-md5)\s+)[A-Za-z0-9+/=]{4,}", re.IGNORECASE
    ),
    re.compile(
        r"(\b334[ -][^\n]{0,200}\n(?:[^\n\w]{0,8}|[CS]: ?))[A-Za-z0-9+/=]{4,}(?=\n)", re.IGNORECASE
    ),
    re.compile(
        r"((?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|secret_?access_?key|密码|口令)"
        r"[\"']?\s?(?:[:=]|=>)\s?[\"']?)[^\s\"',;}]+",
        re.IGNORECASE,
    ),
    re.compile(r"(\bauthorization: ?(?:basic|bearer) )\S+", re.IGNORECASE),
    re.compile(r"(://[^\s:/@]{0,100}:)[^\s@/]{1,100}(?=@)"),
    re.compile(r"((?<![A-Za-z0-9+/=]))[A-Za-z0-9+/]{40,44}={0,2}(?![A-Za-z0-9+/=])"),
)
"""What may be a secret; the last one is the shape of AWS's secrets and passwords."""


@dataclass(frozen=True, slots=True)
class Given:
    """The text, and the same in small letters, character for character."""

    text: str
    low: str

    def line_of(self, start: int) -> tuple[int, int]:
        """Where the line begins and ends that has this place in it."""
        end = self.low.find("\n", start)
        return self.low.rfind("\n", 0, start) + 1, len(self.low) if end < 0 else end


def prepare(text: str) -> Given:
    """The text as the recogniser takes it; each line stands between two line ends."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    for written, meant in _ESCAPED:
        text = text.replace(written, meant)
    text = _COLOUR.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_WIDE)
    text = _BLANKS.sub(" ", _UNSEEN.sub(" ", text))
    text = _LINE_ENDS.sub("\n", f"\n{text.strip()}\n")
    text = masked(text)
    return Given(text, _small(text))


def masked(text: str) -> str:
    """The text with asterisks in place of what may be a secret."""
    for secret in _SECRETS:
        text = secret.sub(_MASK, text)
    return text


def _small(text: str) -> str:
    low = text.lower()
    if len(low) == len(text):
        return low
    # A few letters become two; places in both texts must stay the same.
    return "".join(small if len(small := one.lower()) == 1 else one for one in text)
