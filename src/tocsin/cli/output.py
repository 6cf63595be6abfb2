"""What a command prints: words for people, or exactly one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any


class Output:
    """Standard output in the form that was asked for; everything else to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def answer(self, document: Any, text: str | Iterable[str]) -> None:
        """The answer of the command, in one of its two forms."""
        if self.as_json:
            sys.stdout.write(_json(document) + "\n")
            return
        for line in [text] if isinstance(text, str) else text:
            sys.stdout.write(line + "\n")

    def note(self, text: str) -> None:
        """Progress and remarks, for people only."""
        sys.stderr.write(text + "\n")


def _json(document: Any) -> str:
    """The document as JSON, in ASCII where the terminal or the text asks for it."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, indent=2)
    return text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table with aligned columns; control characters are shown, not sent."""
    cells = [list(head), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def printable(text: str) -> str:
    """The text on one line, with anything that could steer a terminal made visible."""
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
