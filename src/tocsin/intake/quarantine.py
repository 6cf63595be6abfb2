"""Records that could not be read, kept with their place for whoever looks into it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tocsin.base.clock import now, rfc3339
from tocsin.base.files import sync_folder
from tocsin.intake.kind import Broken

LARGEST = 16 * 1024 * 1024
"""Bytes after which a file is put aside as ``NAME.jsonl.1``, in place of the one before."""

_LONGEST_NAME = 100
_KEY = re.compile(rb'^\{"key":"([0-9a-f]{32})"')
_KEY_LENGTH = 32


def keep(folder: Path, source: str, broken: Sequence[Broken]) -> int:
    """Append broken records to the source's file, synced to disk; gives how many were new.

    To be called before the position is stored: a record that is read again after a crash
    is recognised by its place and not kept twice.

    Raises:
        OSError: it cannot be written.
    """
    if not broken:
        return 0
    path = file_of(folder, source)
    known = _known(path) | _known(_aside(path))
    fresh: dict[str, Broken] = {}
    for one in broken:
        key = _key_of(one)
        if key not in known:
            fresh[key] = one
    if fresh:
        _append(path, b"".join(_line(key, source, one) for key, one in fresh.items()))
    return len(fresh)


def file_of(folder: Path, source: str) -> Path:
    """The file that a source's broken records are kept in."""
    name = quote(source, safe=" ")
    if len(name) > _LONGEST_NAME or name.startswith("."):
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        name = f"{name[:_LONGEST_NAME].lstrip('.')}-{digest}"
    return folder / f"{name}.jsonl"


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ".1")


def _key_of(broken: Broken) -> str:
    # Without the inode: a copy of a log that is rotated in place holds the same record.
    place = f"{broken.offset}:{broken.length}:"
    return hashlib.sha256(place.encode() + broken.content).hexdigest()[:_KEY_LENGTH]


def _known(path: Path) -> set[str]:
    try:
        with path.open("rb") as stream:
            return {found[1].decode() for line in stream if (found := _KEY.match(line))}
    except FileNotFoundError:
        return set()


def _append(path: Path, lines: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size + len(lines) > LARGEST:
            os.replace(path, _aside(path))
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as stream:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            lines = b"\n" + lines  # a crash left half a line
        written = 0
        while written < len(lines):
            written += stream.write(lines[written:]) or 0
        os.fsync(handle)
    if not size:
        sync_folder(path.parent)


def _line(key: str, source: str, broken: Broken) -> bytes:
    told: dict[str, Any] = {
        "key": key,
        "at": rfc3339(now()),
        "source": source,
        "file": broken.file,
        "offset": broken.offset,
        "length": broken.length,
        "device": broken.device,
        "inode": broken.inode,
        "reason": broken.reason,
        **_content(broken.content),
    }
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _content(content: bytes) -> dict[str, str]:
    try:
        return {"content": content.decode()}
    except UnicodeDecodeError:
        return {"content_base64": base64.b64encode(content).decode()}
