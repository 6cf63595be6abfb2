"""The kinds of fields of an alarm that a rule can ask about: what they take and compare.

A field turns the values asked for into keys, and an alarm into a key (or several); a
condition holds when they meet. That is also what rules are indexed by.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from tocsin.domain.alarm import Alarm, Host
from tocsin.domain.severity import Severity
from tocsin.rules.value import BadCondition, brief, folded, listed, near, several, texts

_PORTS = range(65_536)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition asks for: keys to compare, words to tell."""

    keys: frozenset[Hashable]
    words: tuple[str, ...]


class Field(ABC):
    """One field. `several`: an alarm has any number of keys here, not exactly one."""

    several = False

    def __init__(self, label: str) -> None:
        self.label = label

    @abstractmethod
    def asked(self, value: object) -> Asked:
        """What a rule's value asks for.

        Raises:
            BadCondition: it does not suit the field.
        """

    @abstractmethod
    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:
        """A function that gives an alarm's key (or keys) here, as far as `keys` need it."""

    @abstractmethod
    def share(self, keys: Iterable[Hashable]) -> float:
        """Roughly the share of alarms that meet these keys, from 0 to 1; for choosing an index."""

    @abstractmethod
    def found(self, alarm: Alarm) -> str:
        """What the alarm has here, in words; empty when it has nothing."""

    def reason(self, alarm: Alarm, asked: Asked, *, holds: bool) -> str:
        """Why a condition on this field holds or not, in words."""
        found = self.found(alarm)
        if not found:
            return f"{self.label} is unknown, asked for is {listed(asked.words, last='or')}"
        if holds:
            return f"{self.label} is {found}"
        return f"{self.label} {found} is not {listed(asked.words, last='or')}"


class Level(Field):
    """Severity, where a value means at least."""

    def asked(self, value: object) -> Asked:  # noqa: D102
        known = {one.value: one for one in Severity}
        accepted = ", ".join(known)
        asked: list[Severity] = []
        for one in texts(value, accepted):
            if folded(one) not in known:
                raise BadCondition(f"{brief(one)} is no severity{near(one, known)}", accepted)
            asked.append(known[folded(one)])
        # At least the one or at least the other is at least the lower of the two.
        least = min(asked, key=lambda one: one.rank)
        return Asked(frozenset(one for one in Severity if one.rank >= least.rank), (least.value,))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        return lambda alarm: alarm.severity

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: D102
        return (0.05, 0.1, 0.3, 0.6, 1.0)[len(frozenset(keys)) - 1]

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        return alarm.severity.value

    def reason(self, alarm: Alarm, asked: Asked, *, holds: bool) -> str:  # noqa: D102
        relation = "at least" if holds else "below"
        return f"{self.label} {alarm.severity.value} is {relation} {asked.words[0]}"


class Text(Field):
    """A text that must be equal to one of the values; `known` are the only ones there are."""

    def __init__(
        self,
        label: str,
        get: Callable[[Alarm], str | None],
        *,
        share: float,
        known: Iterable[str] = (),
        fold: Callable[[str], str] = folded,
    ) -> None:
        super().__init__(label)
        self._get = get
        self._share = share
        self._known = tuple(known)
        self._fold = fold

    def asked(self, value: object) -> Asked:  # noqa: D102
        accepted = ", ".join(self._known) or "a text or a list of texts"
        words = texts(value, accepted)
        known = {folded(one) for one in self._known}
        for one in words:
            if known and folded(one) not in known:
                hint = near(one, self._known)
                raise BadCondition(f"{brief(one)} is no {self.label}{hint}", accepted)
        return Asked(frozenset(self._fold(one) for one in words), tuple(words))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        get, fold = self._get, self._fold

        def read(alarm: Alarm) -> str | None:
            value = get(alarm)
            return None if value is None else fold(value)

        return read

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: ARG002, D102
        return self._share

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        return self._get(alarm) or ""


class Port(Field):
    """A port number."""

    def __init__(self, label: str, get: Callable[[Alarm], int | None]) -> None:
        super().__init__(label)
        self._get = get

    def asked(self, value: object) -> Asked:  # noqa: D102
        accepted = "0 to 65535, or a list of these"
        ports: list[int] = []
        for one in several(value, accepted):
            digits = isinstance(one, str) and one.isascii() and one.isdigit() and len(one) <= 5  # noqa: PLR2004
            number = int(one) if digits else one  # type: ignore[call-overload]
            if isinstance(number, bool) or not isinstance(number, int) or number not in _PORTS:
                raise BadCondition(f"{brief(one)} is no port", accepted)
            ports.append(number)
        return Asked(frozenset(ports), tuple(str(one) for one in ports))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        return self._get

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: ARG002, D102
        return 0.1

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        port = self._get(alarm)
        return "" if port is None else str(port)


class Groups(Field):
    """Host groups, of which one must be asked for."""

    several = True

    def __init__(self, label: str, get: Callable[[Alarm], Host]) -> None:
        super().__init__(label)
        self._get = get

    def asked(self, value: object) -> Asked:  # noqa: D102
        words = texts(value, "the name of a host group or a list of names")
        return Asked(frozenset(folded(one) for one in words), tuple(words))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        get = self._get
        return lambda alarm: tuple(folded(one) for one in get(alarm).groups)

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: ARG002, D102
        return 0.1

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        return ", ".join(self._get(alarm).groups)


def attribute(name: str) -> Field:
    """The field of one attribute; its name counts as it is written."""
    return Text(f"attribute {name}", lambda alarm: alarm.attributes.get(name), share=0.05)


def mac(text: str) -> str:
    """A MAC address as it is compared, whichever way it is written."""
    return text.strip().lower().replace("-", ":")


# IANA protocol numbers, which some sensors write in place of names.
_PROTOCOLS = {
    "1": "icmp",
    "2": "igmp",
    "6": "tcp",
    "17": "udp",
    "47": "gre",
    "50": "esp",
    "51": "ah",
    "58": "ipv6-icmp",
    "89": "ospf",
    "132": "sctp",
    "icmp6": "ipv6-icmp",
    "icmpv6": "ipv6-icmp",
}


def protocol(text: str) -> str:
    """A transport protocol as it is compared, by name or number."""
    name = folded(text)
    return _PROTOCOLS.get(name, name)
