"""What a source that follows an EVE file is configured with."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.base.clock import SECOND, Instant

_LONGEST_TIME = 10 * 365 * 86_400


def _name(value: object) -> object:
    if isinstance(value, str) and (value != value.strip() or not value.isprintable()):
        raise ValueError("a name has printable characters and no blanks at its ends")
    return value


class EveSettings(BaseModel):
    """An EVE file to follow. `quiet_after` and `max_age` are in seconds.

    `start` (``from`` in the document) counts for a file never seen before only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, BeforeValidator(_name)] = Field(min_length=1, max_length=100)
    kind: Literal["eve"]
    path: str = Field(min_length=1, max_length=4096)
    start: Literal["start", "end"] = Field(default="start", alias="from")
    enabled: bool = True
    node: str | None = Field(default=None, max_length=255)
    """The machine that follows it; every one when not given."""
    quiet_after: int = Field(default=3600, ge=1, le=_LONGEST_TIME)
    """An alarm that nothing came for in this time is inactive."""
    max_age: int | None = Field(default=None, ge=1, le=_LONGEST_TIME)
    """Nobody is told of older events; None tells of all."""

    @property
    def quiet_after_us(self) -> Instant:
        """`quiet_after` in microseconds."""
        return self.quiet_after * SECOND

    @property
    def max_age_us(self) -> Instant | None:
        """`max_age` in microseconds."""
        return None if self.max_age is None else self.max_age * SECOND


def check(settings: EveSettings) -> list[tuple[str, str]]:
    """Problems of the path, as (field, message). A file that is not there yet is none."""
    path = settings.path
    if "\0" in path:
        return [("path", "holds NUL")]
    if not path.startswith("/"):
        return [("path", f"{path!r} does not begin with /; a whole path is needed")]
    try:
        about = Path(path).stat()
    except OSError:
        return []  # it may come yet, or lie on another node
    if stat.S_ISDIR(about.st_mode):
        return [("path", f"{path} is a folder; the file itself is needed")]
    if not stat.S_ISREG(about.st_mode):
        return [("path", f"{path} is not a regular file; Suricata's filetype must be regular")]
    if not os.access(path, os.R_OK):
        return [("path", f"{path} may not be read by the user that Tocsin runs as")]
    return []
