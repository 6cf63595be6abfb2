"""Records that could not be read, kept with their place for whoever looks into it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path

from tocsin.base.clock import now, rfc3339
from tocsin.intake.kind import Broken

LARGEST = 16 * 1024 * 1024
"""Bytes after which the file is put aside once, as ``NAME.jsonl.1``."""


def keep(folder: Path, source: str, broken: Iterable[Broken]) -> None:
    """Append broken records to the source's file, one line of JSON each.

    Raises:
        OSError: it cannot be written.
    """
    name = "".join(one if one.isalnum() or one in "-_." else "_" for one in source)
    path = folder / f"{name or '_'}.jsonl"
    lines = "".join(
        json.dumps(
            {
                "at": rfc3339(now()),
                "source": source,
                "file": one.file,
                "offset": one.offset,
                "reason": one.reason,
                **_content(one.content),
            },
            ensure_ascii=False,
        )
        + "\n"
        for one in broken
    )
    if path.exists() and path.stat().st_size > LARGEST:
        os.replace(path, path.with_name(path.name + ".1"))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, lines.encode())
    finally:
        os.close(handle)


def _content(content: bytes) -> dict[str, str]:
    try:
        return {"content": content.decode()}
    except UnicodeDecodeError:
        return {"content_base64": base64.b64encode(content).decode()}
