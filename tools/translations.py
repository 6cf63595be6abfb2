#!/usr/bin/env python
"""Brings the catalogue of translations up to date with the pages, and compiles it.

`python tools/translations.py` finds every text of the pages, keeps the translations that
there are, adds the new texts without one, drops what is not used any more, and says which
texts wait for a translation. With `--check` it changes nothing and ends with 1 when the
catalogue is not up to date or not complete.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

from tocsin.faults.catalogue import sentences
from tocsin.rehearsal.fault.registry import load_faults

ROOT = Path(__file__).parent.parent
WEB = ROOT / "src" / "tocsin" / "web"
LANGUAGE = "zh_Hans"
PO = WEB / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_noop": None,
    "gettext_noop": None,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Found = tuple[str, int, str | tuple[str, ...], str | None]


def texts() -> Iterator[Found]:
    """(file, line, text or plural texts, context) of everything that is to be translated."""
    for path in sorted([*WEB.rglob("*.py"), *WEB.rglob("*.html")]):
        source = path.read_text()
        if path.suffix == ".html":
            # Django turns a template into something that a reader of Python takes; the
            # indentation of its lines means nothing.
            source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
        stream = io.BytesIO(source.encode())
        for line, message, _, context in extract("python", stream, keywords=KEYWORDS):
            yield str(path.relative_to(ROOT)), line, message, context
    for sentence in sentences():
        yield "src/tocsin/faults/catalogue.py", 0, sentence, None
    for fault in load_faults().values():
        yield "src/tocsin/rehearsal/fault/registry.py", 0, fault.summary, None


def fresh() -> Catalog:
    """Every text of the pages, none translated."""
    catalog = Catalog(
        locale=LANGUAGE, project="Tocsin", charset="utf-8", fuzzy=False, header_comment=""
    )
    for file, _, message, context in texts():
        # Without line numbers a catalogue does not change with every edit of a page.
        catalog.add(message, locations=[(file, 0)], context=context)
    return catalog


def present() -> Catalog:
    """The catalogue as it lies there."""
    if not PO.exists():
        return Catalog(locale=LANGUAGE)
    with PO.open("rb") as file:
        return pofile.read_po(file, locale=LANGUAGE)


def merged() -> Catalog:
    """The texts of now with the translations that there are."""
    catalog, known = fresh(), present()
    for message in catalog:
        if not message.id:
            continue
        old = known.get(
            message.id if isinstance(message.id, str) else message.id[0], message.context
        )
        if old is None or old.fuzzy:
            continue
        # A text that has become plural keeps its translation as the form for any number.
        one = old.string if isinstance(old.string, str) else old.string[0]
        message.string = (one,) if message.pluralizable else one
    return catalog


def missing(catalog: Catalog) -> list[str]:
    """The texts that wait for a translation."""
    return [
        str(one.id)
        for one in catalog
        if one.id and not all(one.string if isinstance(one.string, tuple | list) else [one.string])
    ]


def written(catalog: Catalog) -> bytes:
    """The catalogue as a file; the same catalogue gives the same file."""
    stream = io.BytesIO()
    pofile.write_po(
        stream, catalog, width=100, sort_by_file=True, omit_header=True, include_lineno=False
    )
    head = (
        'msgid ""\nmsgstr ""\n'
        '"Project-Id-Version: Tocsin\\n"\n'
        f'"Language: {LANGUAGE}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    )
    return head.encode() + stream.getvalue()


def compiled(po: bytes) -> bytes:
    """The form that is read when the pages are served."""
    stream = io.BytesIO()
    catalog = pofile.read_po(io.BytesIO(po), locale=LANGUAGE)
    # Its head names the time of the making, and would differ with each.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    mofile.write_mo(stream, catalog)
    return stream.getvalue()


def main() -> int:
    """Bring it up to date, or say whether it is."""
    catalog = merged()
    po = written(catalog)
    mo = compiled(po)
    waiting = missing(catalog)
    for text in waiting:
        print(f"not translated: {text}")
    if "--check" in sys.argv:
        current = PO.exists() and PO.read_bytes() == po and MO.exists() and MO.read_bytes() == mo
        if not current:
            print("the catalogue is not up to date: run python tools/translations.py")
        return 0 if current and not waiting else 1
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po)
    MO.write_bytes(mo)
    return 0


if __name__ == "__main__":
    sys.exit(main())
