"""How a running relay is told to play other faults: a small file in its folder.

Who asks writes ``faults.json`` with a number that has not been used in this run; the relay
looks at it several times a second and says in ``relay.json`` what it plays and which number
it has followed. Only the owner of the folder can write there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.base.files import write_atomically
from tocsin.rehearsal.fault.registry import UnknownFault, load_faults

_LOOK_S = 0.05
_FILE = "faults.json"


class NotFollowed(RuntimeError):
    """The relay did not do what it was asked in time, or no relay runs in the folder."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Faults that a relay is asked to play, under the number of the wish."""

    number: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """What a relay plays now, and the number of the last wish that it followed."""

    faults: tuple[str, ...]
    generation: int


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names as they were given, each once.

    Raises:
        UnknownFault: no fault has one of them.
    """
    known = load_faults()
    for name in names:
        if name not in known:
            raise UnknownFault(name)
    return tuple(dict.fromkeys(names))


def in_force(folder: Path) -> InForce | None:
    """What the relay in the folder plays; None when none runs there."""
    try:
        told: dict[str, Any] = json.loads((folder / "relay.json").read_bytes())
        return InForce(tuple(told["faults"]), int(told["generation"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(folder: Path, names: Sequence[str], *, seconds: float = 15.0) -> InForce:
    """Ask the relay in the folder to play these faults alone, and wait until it does.

    Raises:
        UnknownFault: no fault has one of the names; nothing was asked.
        NotFollowed: no relay runs there, or it did not follow within `seconds`.
        OSError: the folder cannot be written.
    """
    faults = check_names(names)
    with _turn(folder):
        now = in_force(folder)
        if now is None:
            raise NotFollowed(f"no rehearsal relay runs in {folder}")
        last = read_wish(folder)
        number = max(now.generation, last.number if last else 0) + 1
        wish = {"number": number, "faults": list(faults)}
        write_atomically(folder / _FILE, json.dumps(wish).encode(), mode=0o600)
    return _await(lambda: in_force(folder), number, seconds)


def read_wish(folder: Path) -> Wish | None:
    """The last wish; None when there is none, or what stands there is none."""
    try:
        told: dict[str, Any] = json.loads((folder / _FILE).read_bytes())
        return Wish(int(told["number"]), tuple(str(one) for one in told["faults"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_wishes(folder: Path) -> None:
    """A relay that starts plays what it is started with."""
    (folder / _FILE).unlink(missing_ok=True)


def _await(look: Callable[[], InForce | None], number: int, seconds: float) -> InForce:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = look()
        if now is not None and now.generation >= number:
            return now
        time.sleep(_LOOK_S)
    raise NotFollowed(f"the rehearsal relay did not change its faults within {seconds:g} s")


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Numbers are given to one after the other."""
    try:
        held = (folder / ".faults.lock").open("w")
    except FileNotFoundError:
        raise NotFollowed(f"no rehearsal relay runs in {folder}") from None
    with held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
