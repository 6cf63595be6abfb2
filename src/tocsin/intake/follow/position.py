"""How far which file was read, in a form that finds the file again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

HEAD = 1024
"""Bytes at the beginning that a file is recognised by."""
TELLING = 64
"""A beginning of fewer bytes does not tell two logs apart: their inodes must."""

_CLOCK_GRAIN = 10_000_000
"""Nanoseconds: file systems stamp with the kernel's coarse clock, up to 10 ms behind."""


@dataclass(frozen=True, slots=True)
class FilePosition:
    """A place in a file: everything before `offset` was taken.

    `head` is the SHA-256 of the file's first `head_length` bytes in hex; `modified` is when
    the file was last written to as far as then seen, in nanoseconds since 1970.
    """

    device: int
    inode: int
    head: str
    head_length: int
    offset: int
    modified: int

    @classmethod
    def of_no_file(cls) -> FilePosition:
        """There is no file yet: whatever comes is new and is read from its start."""
        return cls(0, 0, "", 0, 0, time.time_ns() - _CLOCK_GRAIN)

    @property
    def is_of_no_file(self) -> bool:
        """Whether no file was there."""
        return self.inode == 0

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> FilePosition:
        """The inverse of `to_plain`.

        Raises:
            ValueError: it is no stored position.
        """
        try:
            values = {name: stored[name] for name in cls.__dataclass_fields__}
        except KeyError as error:
            raise ValueError(f"the stored position has no {error.args[0]}") from None
        for name, value in values.items():
            if not isinstance(value, str if name == "head" else int):
                raise ValueError(f"the stored position has a wrong {name}")  # noqa: TRY004
        return cls(**values)

    def to_plain(self) -> dict[str, Any]:
        """Plain data, to be stored."""
        return asdict(self)
