"""The faults that there are, by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache

from tocsin.rehearsal import fault
from tocsin.rehearsal.fault.base import Fault

_NO_FAULTS = frozenset(("base", "pair", "registry"))


class UnknownFault(ValueError):
    """A name that no fault has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[:60]!a} is no fault; 'tocsin rehearse --fault list' lists them")
        self.name = name


@cache
def load_faults() -> Mapping[str, type[Fault]]:
    """Every fault in this folder."""
    for module in pkgutil.iter_modules(fault.__path__):
        if module.name not in _NO_FAULTS:
            importlib.import_module(f"{fault.__name__}.{module.name}")
    found = {one.name: one for one in _subclasses(Fault) if "name" in vars(one)}
    return dict(sorted(found.items()))


def make_faults(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of these names, ready to be played.

    Raises:
        UnknownFault: one is not known.
    """
    known = load_faults()
    made = []
    for name in names:
        if name not in known:
            raise UnknownFault(name)
        made.append(known[name]())
    return tuple(made)


def _subclasses(kind: type[Fault]) -> Iterable[type[Fault]]:
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)
