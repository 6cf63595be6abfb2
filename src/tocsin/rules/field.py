"""The fields of an alarm that a rule can ask about, each with what it takes and compares.

Text is compared without regard to case and to blanks at its ends: people write what
they read on a page. A field turns the values asked for into keys, and an alarm into
a key (or several); a condition holds when they meet. That is what rules are indexed by.
"""

from __future__ import annotations

import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.domain.alarm import CATEGORIES, SOURCE_TYPES, Alarm, Host
from tocsin.domain.severity import Severity
from tocsin.rules.network import NetworkKey, key_finder, network_key

LONGEST_VALUE = 500
MOST_VALUES = 10_000
_PORTS = range(65_536)


class BadCondition(ValueError):
    """A value that a field cannot be compared with, or a field that there is not."""

    def __init__(self, message: str, accepted: str = "") -> None:
        super().__init__(f"{message}; accepted: {accepted}" if accepted else message)


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
            return f"{self.label} is unknown, asked for is {_either(asked.words)}"
        if holds:
            return f"{self.label} is {found}"
        if len(asked.words) == 1:
            return f"{self.label} {found} is not {asked.words[0]}"
        return f"{self.label} {found} is none of {_listed(asked.words)}"


class Level(Field):
    """Severity, where a value means at least."""

    def asked(self, value: object) -> Asked:  # noqa: D102
        known = {one.value: one for one in Severity}
        asked = [known.get(_folded(one)) for one in _texts(value, ", ".join(known))]
        if None in asked:
            wrong = _texts(value, "")[asked.index(None)]
            raise BadCondition(f"{wrong!r} is no severity{_near(wrong, known)}", ", ".join(known))
        # At least one or at least the other is at least the lower of the two.
        least = min((one for one in asked if one), key=lambda one: one.rank)
        return Asked(
            frozenset(one for one in Severity if one.rank >= least.rank), (least.value,)
        )

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        return lambda alarm: alarm.severity

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: D102
        return {1: 0.05, 2: 0.1, 3: 0.3, 4: 0.6, 5: 1.0}[len(frozenset(keys))]

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        return alarm.severity.value

    def reason(self, alarm: Alarm, asked: Asked, *, holds: bool) -> str:  # noqa: D102
        relation = "at least" if holds else "below"
        return f"{self.label} {alarm.severity.value} is {relation} {asked.words[0]}"


class Text(Field):
    """A text that must be equal to one of the values."""

    def __init__(
        self,
        label: str,
        get: Callable[[Alarm], str | None],
        *,
        share: float,
        known: Iterable[str] = (),
        fold: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(label)
        self._get = get
        self._share = share
        self._known = tuple(known)
        self._fold = fold or _folded

    def asked(self, value: object) -> Asked:  # noqa: D102
        words = _texts(value, ", ".join(self._known) or "a text or a list of texts")
        known = {_folded(one) for one in self._known}
        for one in words if known else ():
            if _folded(one) not in known:
                raise BadCondition(
                    f"{one!r} is no {self.label}{_near(one, self._known)}", ", ".join(self._known)
                )
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
        ports: list[int] = []
        for one in _several(value, "0 to 65535, or a list of these"):
            number = int(one) if isinstance(one, str) and re.fullmatch(r"[0-9]{1,5}", one) else one
            if isinstance(number, bool) or not isinstance(number, int) or number not in _PORTS:
                raise BadCondition(f"{one!r} is no port", "0 to 65535, or a list of these")
            ports.append(number)
        return Asked(frozenset(ports), tuple(str(one) for one in ports))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        return self._get

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: ARG002, D102
        return 0.1

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        port = self._get(alarm)
        return "" if port is None else str(port)


class Hosts(Field):
    """One end of what was seen: by address, network or host name."""

    several = True

    _ACCEPTED = "an address, a network such as 192.0.2.0/24, a host name, or a list of these"
    _NAME = re.compile(r"(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?")

    def __init__(self, label: str, get: Callable[[Alarm], Host]) -> None:
        super().__init__(label)
        self._get = get

    def asked(self, value: object) -> Asked:  # noqa: D102
        words = _texts(value, self._ACCEPTED)
        return Asked(frozenset(self._key(one) for one in words), tuple(words))

    def _key(self, text: str) -> Hashable:
        try:
            return network_key(text)
        except ValueError as error:
            looks_numeric = "/" in text or ":" in text or re.fullmatch(r"[0-9.*-]+", text)
            if looks_numeric or not self._NAME.fullmatch(text):
                raise BadCondition(f"{text!r}: {_why_no_network(text, error)}", self._ACCEPTED) from None
        return _host_name(text)

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: D102
        find = key_finder(key for key in keys if isinstance(key, tuple))
        get = self._get

        def read(alarm: Alarm) -> tuple[Hashable, ...]:
            host = get(alarm)
            found: tuple[Hashable, ...] = find(host.ip) if host.ip is not None else ()
            return found if host.name is None else (_host_name(host.name), *found)

        return read

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: D102
        return max((_network_share(key) for key in keys if isinstance(key, tuple)), default=0.01)

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        host = self._get(alarm)
        if host.ip and host.name:
            return f"{host.ip} ({host.name})"
        return host.ip or host.name or ""

    def reason(self, alarm: Alarm, asked: Asked, *, holds: bool) -> str:  # noqa: D102
        found = self.found(alarm)
        if not found:
            return super().reason(alarm, asked, holds=holds)
        if not holds:
            inside = all("/" in one for one in asked.words)
            return f"{self.label} {found} is not {'in ' if inside else ''}{_either(asked.words)}"
        met = set(self.reader(asked.keys)(alarm))
        word = next(one for one in asked.words if self._key(one) in met)
        return f"{self.label} {found} is {'in ' if '/' in word else ''}{word}"


class Groups(Field):
    """Host groups, of which one must be asked for."""

    several = True

    def __init__(self, label: str, get: Callable[[Alarm], Host]) -> None:
        super().__init__(label)
        self._get = get

    def asked(self, value: object) -> Asked:  # noqa: D102
        words = _texts(value, "the name of a host group or a list of names")
        return Asked(frozenset(_folded(one) for one in words), tuple(words))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: ARG002, D102
        get = self._get
        return lambda alarm: tuple(_folded(one) for one in get(alarm).groups)

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: ARG002, D102
        return 0.1

    def found(self, alarm: Alarm) -> str:  # noqa: D102
        return ", ".join(self._get(alarm).groups)


def attribute(name: str) -> Field:
    """The field of one attribute; its name counts as it is written."""
    return Text(f"attribute {name}", lambda alarm: alarm.attributes.get(name), share=0.05)


# Values


def _several(value: object, accepted: str) -> list[object]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values:
        raise BadCondition("an empty list fits no alarm", accepted)
    if len(values) > MOST_VALUES:
        raise BadCondition(f"{len(values):,} values", f"at most {MOST_VALUES:,}")
    return values


def _texts(value: object, accepted: str) -> list[str]:
    found: list[str] = []
    for one in _several(value, accepted):
        if isinstance(one, bool) or not isinstance(one, str | int):
            raise BadCondition(f"{_brief(one)} is no text", accepted)
        text = str(one).strip()
        if not text or len(text) > LONGEST_VALUE or not text.isprintable():
            raise BadCondition(f"{_brief(one)} is empty, too long or not printable", accepted)
        found.append(text)
    return found


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004


def _folded(text: str) -> str:
    return text.strip().casefold()


def _host_name(text: str) -> str:
    return text.strip().casefold().removesuffix(".")


def _mac(text: str) -> str:
    return text.strip().lower().replace("-", ":")


# IANA protocol numbers, which some sensors write in place of names.
_PROTOCOLS = {
    "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "51": "ah",
    "58": "ipv6-icmp", "89": "ospf", "132": "sctp", "icmpv6": "ipv6-icmp", "icmp6": "ipv6-icmp",
}  # fmt: skip


def _protocol(text: str) -> str:
    name = text.strip().casefold()
    return _PROTOCOLS.get(name, name)


def _why_no_network(text: str, error: ValueError) -> str:
    if "has host bits set" in str(error):
        address, _, prefix = text.partition("/")
        from ipaddress import ip_interface

        return f"has bits set below its prefix; the network is {ip_interface(f'{address}/{prefix}').network}"
    return "is no address, network or host name"


def _network_share(key: NetworkKey) -> float:
    version, below, _ = key
    if version == 4:  # noqa: PLR2004
        return 0.01 if below == 0 else min(1.0, 0.02 * 4 ** max(0, (below - 8) / 4))
    return 0.01 if below <= 64 else min(1.0, 0.02 * 4 ** ((below - 64) / 8))  # noqa: PLR2004


# Words


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(_few(words))


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(_few(words))


def _few(words: tuple[str, ...], most: int = 5) -> tuple[str, ...]:
    if len(words) <= most:
        return words
    return (*words[:most], f"{len(words) - most} more")


def _near(word: str, known: Iterable[str]) -> str:
    by_folded = {_folded(one): one for one in known}
    near = difflib.get_close_matches(_folded(word), by_folded, 1)
    return f"; did you mean {by_folded[near[0]]}" if near else ""
