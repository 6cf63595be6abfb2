"""What stands around the HTML of a mail, and how text gets into it.

Nothing comes from elsewhere, and there are no colours but a grey that shows on light and
on dark; plain attributes, which mail programs heed more than style sheets. Lines are kept
short, so that most mails need no encoding.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape

TABLE = '<table cellpadding="3"><tbody valign="top">\n'
END_TABLE = "</tbody></table>\n"
ROW = '<tr><th align="left">'
SET_OFF = 'style="white-space:pre-wrap;border-left:3px solid #808080;padding-left:12px"'
END = "</body></html>\n"


@lru_cache(maxsize=8)
def opening(language: str) -> str:
    """The beginning, up to the title's text."""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">\n'
        '<meta name="color-scheme" content="light dark">\n<title>'
    )


AFTER_TITLE = '</title></head>\n<body style="font-family:sans-serif">\n'


def link(url: str) -> str:
    """The address as a link where it is one of a web page, else as text; escaped."""
    shown = escape(url)
    if url.lower().startswith(("http://", "https://")):
        return f'<a href="{shown}">\n{shown}</a>'
    return shown


def html_of_text(text: str, language: str, title: str) -> str:
    """A body that the operator wrote as text, as HTML: shown as it is."""
    return (
        f"{opening(language)}{escape(title)}{AFTER_TITLE}"
        f'<div style="white-space:pre-wrap">{escape(text)}</div>\n{END}'
    )


def text_with_notes(text: str, notes: Iterable[str]) -> str:
    """A text with what has to be said about the message itself."""
    return "\n".join((text, *notes, ""))


def html_with_notes(html: str, notes: Iterable[str]) -> str:
    """The same for HTML."""
    said = "".join(f"<p>{escape(note)}</p>\n" for note in notes)
    before, end, after = html.rpartition("</body>")
    return f"{before}{said}{end}{after}" if end else f"{html}\n{said}"
