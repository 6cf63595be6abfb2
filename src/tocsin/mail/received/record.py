"""TXT records that a message's signatures need, and what DNS said to the questions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{1,63}"
)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The texts of a name; none where there is no such record.

    `silence` says why there was no answer at all; empty where there was one.
    """

    texts: tuple[str, ...] = ()
    silence: str = ""


Answers = Mapping[str, Answer]
"""Name (small letters, no dot at the end) → answer; a name that is not in it was not asked."""

NOT_ASKED = Answer(silence="it was not asked")


def record_name(*labels: str) -> str | None:
    """The name of a record, as it is asked; None where it can be no name of DNS."""
    name = ".".join(labels).rstrip(".").lower()
    return name if _NAME.fullmatch(name) else None


def read_records(text: str) -> dict[str, Answer]:
    """Records out of a file: a JSON object of names and texts, or lines of name and text.

    The rehearsal relay writes such an object (``dns.json``).

    Raises:
        ValueError: it is neither.
    """
    if text.lstrip().startswith("{"):
        pairs = json.loads(text).items()
    else:
        lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
        if not lines or any(len(line) < 2 for line in lines):  # noqa: PLR2004 -- name and text
            raise ValueError("a line of it is not a name followed by the text of its record")
        pairs = [(name, value.strip().strip('"')) for name, value in lines]
    found: dict[str, Answer] = {}
    for name, value in list(pairs)[:_MOST]:
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in texts):
            raise ValueError(f"the record of {name} is no text")
        found[name.rstrip(".").lower()] = Answer(tuple(texts))
    return found
