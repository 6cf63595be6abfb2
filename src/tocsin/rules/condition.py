"""What a rule's ``when`` can ask of an alarm.

All conditions of a rule must hold; each gives one value or several, of which one must
fit. Text is compared without regard to case: people write what they read on a page.
"""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tocsin.domain.alarm import Alarm, Host
from tocsin.domain.severity import Severity

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadCondition(ValueError):
    """A value that a field cannot be compared with; `accepted` says what can stand there."""

    def __init__(self, message: str, accepted: str = "") -> None:
        super().__init__(f"{message}; accepted: {accepted}" if accepted else message)


@dataclass(frozen=True, slots=True)
class Condition:
    """One field's condition, ready to be asked."""

    field: str
    holds: Callable[[Alarm], bool]
    equals: frozenset[str] | None = None
    """The values, folded, when it is plain equality of one text: what rules are indexed by."""
    asked: str = ""
    """What is asked for, in words."""
    found: Callable[[Alarm], str] = lambda _: ""
    """What the alarm has there, in words."""


def compile_condition(field: str, value: object) -> Condition:
    """The condition of one field.

    Raises:
        BadCondition: the field is not known, or the value does not suit it.
    """
    maker = FIELDS.get(field)
    if maker is None:
        near = difflib.get_close_matches(field, FIELDS, 1)
        hint = f"; did you mean {near[0]}" if near else ""
        raise BadCondition(f"is no field of an alarm{hint}", ", ".join(FIELDS))
    return maker(field, value)


def check_when(when: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every problem of a rule's conditions, as (field, message)."""
    problems: list[tuple[str, str]] = []
    for field, value in when.items():
        try:
            compile_condition(str(field), value)
        except BadCondition as error:
            problems.append((str(field), str(error)))
    return problems


def _several(value: object) -> list[object]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values:
        raise BadCondition("is an empty list, which nothing can fit", "one value or several")
    return values


def _texts(value: object) -> list[str]:
    found = []
    for one in _several(value):
        if isinstance(one, bool) or not isinstance(one, str | int) or one == "":
            raise BadCondition(f"{one!r} is no text", "a text or a list of texts")
        found.append(str(one))
    return found


def _words(values: list[str]) -> str:
    return " or ".join(values)


def _severity(field: str, value: object) -> Condition:
    known = ", ".join(Severity)
    if not isinstance(value, str) or value not in list(Severity):
        raise BadCondition(f"{value!r} is no severity", known)
    least = Severity(value)
    rank = least.rank
    return Condition(
        field,
        lambda alarm: alarm.severity.rank >= rank,
        asked=f"at least {least}",
        found=lambda alarm: alarm.severity.value,
    )


def _text(get: Callable[[Alarm], str | None]) -> Callable[[str, object], Condition]:
    def make(field: str, value: object) -> Condition:
        asked = _texts(value)
        folded = frozenset(one.casefold() for one in asked)
        return Condition(
            field,
            lambda alarm: (get(alarm) or "").casefold() in folded,
            equals=folded if field in INDEXED else None,
            asked=_words(asked),
            found=lambda alarm: get(alarm) or "unknown",
        )

    return make


def _host(get: Callable[[Alarm], Host]) -> Callable[[str, object], Condition]:
    def make(field: str, value: object) -> Condition:
        asked = _texts(value)
        networks: list[Network] = []
        names: set[str] = set()
        for one in asked:
            network = _network(one)
            if network is not None:
                networks.append(network)
            else:
                names.add(one.casefold())
        by_length = _by_length(networks)

        def holds(alarm: Alarm) -> bool:
            host = get(alarm)
            if host.name is not None and host.name.casefold() in names:
                return True
            return host.ip is not None and _inside(host.ip, by_length)

        return Condition(
            field,
            holds,
            asked=_words(asked),
            found=lambda alarm: get(alarm).ip or get(alarm).name or "unknown",
        )

    return make


def _network(text: str) -> Network | None:
    """The network that a text means; None when it is a host name."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        if "/" in text or text.replace(".", "").isdigit() or ":" in text:
            raise BadCondition(
                f"{text!r} is no address and no network ({error})",
                "192.0.2.7, 192.0.2.0/24, 2001:db8::/32 or a host name",
            ) from None
        return None


_ByLength = Mapping[int, tuple[tuple[int, frozenset[int]], ...]]


def _by_length(networks: list[Network]) -> _ByLength:
    """IP version → ((shift, network numbers), …): one set look-up for each prefix length."""
    found: dict[int, dict[int, set[int]]] = {}
    for network in networks:
        shift = network.max_prefixlen - network.prefixlen
        lengths = found.setdefault(network.version, {})
        lengths.setdefault(shift, set()).add(int(network.network_address) >> shift)
    return {
        version: tuple((shift, frozenset(numbers)) for shift, numbers in lengths.items())
        for version, lengths in found.items()
    }


@lru_cache(maxsize=65_536)
def _number(ip: str) -> tuple[int, int]:
    address = ipaddress.ip_address(ip)
    return address.version, int(address)


def _inside(ip: str, by_length: _ByLength) -> bool:
    version, number = _number(ip)
    return any((number >> shift) in numbers for shift, numbers in by_length.get(version, ()))


def _port(get: Callable[[Alarm], int | None]) -> Callable[[str, object], Condition]:
    def make(field: str, value: object) -> Condition:
        ports: set[int] = set()
        for one in _several(value):
            if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= 65_535:  # noqa: PLR2004
                raise BadCondition(f"{one!r} is no port", "0 to 65535, or a list of these")
            ports.add(one)
        frozen = frozenset(ports)
        return Condition(
            field,
            lambda alarm: get(alarm) in frozen,
            asked=_words([str(one) for one in sorted(frozen)]),
            found=lambda alarm: str(get(alarm)) if get(alarm) is not None else "unknown",
        )

    return make


INDEXED = ("type", "category", "source", "source_type")
"""Fields that rules are found by before anything else is asked."""

FIELDS: Mapping[str, Callable[[str, object], Condition]] = {
    "severity": _severity,
    "type": _text(lambda alarm: alarm.type),
    "category": _text(lambda alarm: alarm.category),
    "source": _text(lambda alarm: alarm.source),
    "source_type": _text(lambda alarm: alarm.source_type),
    "source_host": _host(lambda alarm: alarm.source_host),
    "target_host": _host(lambda alarm: alarm.target_host),
    "source_port": _port(lambda alarm: alarm.source_host.port),
    "target_port": _port(lambda alarm: alarm.target_host.port),
    "source_user": _text(lambda alarm: alarm.source_host.user),
    "target_user": _text(lambda alarm: alarm.target_host.user),
    "protocol": _text(lambda alarm: alarm.protocol),
}
"""Every field that a rule can ask about."""


def field_value(alarm: Alarm, field: str) -> str:
    """The folded text of an indexed field."""
    value: str = getattr(alarm, field)
    return value.casefold()
