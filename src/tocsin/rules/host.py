"""One end of what was seen, as a rule asks for it: by address, network or host name."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from ipaddress import ip_interface
from typing import Any

from tocsin.domain.alarm import Alarm, Host
from tocsin.rules.field import Asked, Field
from tocsin.rules.network import NetworkKey, key_finder, network_key
from tocsin.rules.value import BadCondition, listed, texts

ACCEPTED = "an address, a network such as 192.0.2.0/24, a host name, or a list of these"

_NAME = re.compile(r"(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?")
_MEANT_AS_ADDRESS = re.compile(r"[0-9.*-]+|.*[/:].*", re.DOTALL)


class Hosts(Field):
    """A host that one of the addresses, networks or names must hold."""

    several = True

    def __init__(self, label: str, get: Callable[[Alarm], Host]) -> None:
        super().__init__(label)
        self._get = get

    def asked(self, value: object) -> Asked:  # noqa: D102
        words = texts(value, ACCEPTED)
        return Asked(frozenset(_key(one) for one in words), tuple(words))

    def reader(self, keys: Iterable[Hashable]) -> Callable[[Alarm], Any]:  # noqa: D102
        find = key_finder(key for key in keys if isinstance(key, tuple))
        get = self._get

        def read(alarm: Alarm) -> tuple[Hashable, ...]:
            host = get(alarm)
            found: tuple[Hashable, ...] = find(host.ip) if host.ip is not None else ()
            return found if host.name is None else (_host_name(host.name), *found)

        return read

    def share(self, keys: Iterable[Hashable]) -> float:  # noqa: D102
        return max((_share(key) for key in keys if isinstance(key, tuple)), default=0.01)

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
            wanted = listed(tuple(_in(one) for one in asked.words), last="or")
            return f"{self.label} {found} is not {wanted}"
        met = set(self.reader(asked.keys)(alarm))
        word = next(one for one in asked.words if _key(one) in met)
        return f"{self.label} {found} is {_in(word)}"


def _in(word: str) -> str:
    return f"in {word}" if "/" in word else word


def _key(text: str) -> Hashable:
    try:
        return network_key(text)
    except ValueError:
        if _MEANT_AS_ADDRESS.fullmatch(text) or not _NAME.fullmatch(text):
            raise BadCondition(f"{text!r} {_why_no_network(text)}", ACCEPTED) from None
    return _host_name(text)


def _why_no_network(text: str) -> str:
    try:
        return f"has bits set below its prefix, the network is {ip_interface(text).network}"
    except ValueError:
        return "is no address, network or host name"


def _host_name(text: str) -> str:
    return text.strip().casefold().removesuffix(".")


def _share(key: NetworkKey) -> float:
    """An estimate: an address 1 in 100 alarms, a /24 (IPv6: a /64) 2, then more and more."""
    version, below, _ = key
    if below == 0:
        return 0.01
    beyond, step = (below - 8, 4) if version == 4 else (below - 64, 8)  # noqa: PLR2004
    return min(1.0, 0.02 * float(4 ** max(0.0, beyond / step)))
