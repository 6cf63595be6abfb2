"""Which faults can be met together, so that a good diagnosis names both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.fault.registry import load_faults

_ORDER = tuple(Step)


def independent(first: type[Fault], second: type[Fault]) -> bool:
    """Whether a careful client can meet both in one walk, neither hiding the other.

    At one step two faults speak in each other's place, unless they spoil different things of
    TLS. Of two steps the first must let the client on; and nothing that needs the password is
    met behind a certificate or a TLS that is not as it should be.
    """
    if first.at is second.at:
        return bool(first.spoils and second.spoils) and not first.spoils & second.spoils
    before, after = sorted((first, second), key=lambda one: _ORDER.index(one.at))
    if before.bars:
        return False
    return not (before.spoils and before.at is Step.TLS and _needs_password(after))


def independent_pairs() -> Iterator[tuple[str, str]]:
    """The names of every such pair, in the order of the list."""
    for first, second in combinations(load_faults().values(), 2):
        if independent(first, second):
            yield first.name, second.name


def _needs_password(fault: type[Fault]) -> bool:
    return _ORDER.index(fault.at) >= _ORDER.index(Step.AUTH)
