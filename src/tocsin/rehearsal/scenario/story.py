"""What happens: a scan, password guessing, a break-in, spreading, and data going out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from random import Random

from tocsin.base.clock import SECOND, Instant
from tocsin.rehearsal.scenario.record import (
    Connection,
    Record,
    alert_record,
    flow_record,
    protocol_record,
    stats_record,
)
from tocsin.rehearsal.scenario.rule import RULES, Act, Rule

LENGTH_S = 3600.0
"""Seconds from the first record to the last."""

# Addresses for documentation (RFC 5737, RFC 3849): 198.51.100.0/24 is the network that is
# watched, the others are the world outside.
_OUTSIDE = [f"203.0.113.{number}" for number in range(50, 74)] + [
    f"2001:db8:66::{number}" for number in range(1, 5)
]
_INTRUDER = "203.0.113.66"
_GUESSERS = [_INTRUDER, *_OUTSIDE[:5], *_OUTSIDE[-2:]]
_COMMAND = "192.0.2.77"
_DROP = "192.0.2.200"
_GATE = "198.51.100.22"
_DATABASE = "198.51.100.54"
_FILES = "198.51.100.45"
_WEB = "198.51.100.80"
_RESOLVER = "198.51.100.53"
_SERVERS = [_GATE, _WEB, _DATABASE, _FILES]
_PEOPLE = [f"198.51.100.{number}" for number in range(101, 109)]

_WINDOWS = {
    Act.NOISE: (20.0, 3500.0),
    Act.SCAN: (5.0, 1500.0),
    Act.GUESSING: (900.0, 2250.0),
    Act.BREAK_IN: (2100.0, 2650.0),
    Act.SPREADING: (2620.0, 3250.0),
    Act.LEAVING: (3200.0, 3560.0),
}
# In these acts one thing leads to the next; in the others they come as they may.
_IN_ORDER = frozenset({Act.BREAK_IN, Act.LEAVING})
_STATS_EVERY_S = 30
_QUESTIONS = 60
_NAMES = ("www.example.com", "mail.example.com", "printer.example.com", "time.example.net")


def scenario(seed: int, start: Instant) -> Iterator[tuple[float, Record]]:
    """The sensor's records with their place in time: seconds after `start`, ascending.

    200 alerts of 30 signatures from 40 hosts, and the flow, ssh, dns and stats records that
    a sensor writes beside them. The same seed gives the same story.
    """
    cast = _Cast(Random(seed), start)  # noqa: S311 -- a story, not a secret
    told = [record for act in Act for record in cast.act(act)]
    told += cast.questions()
    told.sort(key=lambda one: one[0])
    yield from cast.with_stats(told)


class _Cast:
    """Makes the records; everything random comes from one generator."""

    def __init__(self, chance: Random, start: Instant) -> None:
        self._chance = chance
        self._start = start
        outside, inside = list(_OUTSIDE), [*_PEOPLE, _WEB]
        chance.shuffle(outside)
        chance.shuffle(inside)
        self._outside = itertools.cycle(outside)
        self._inside = itertools.cycle(inside)

    def act(self, act: Act) -> list[tuple[float, Record]]:
        """The alerts of one act and what belongs to them."""
        rules = [rule for rule in RULES if rule.act is act for _ in range(rule.times)]
        if act not in _IN_ORDER:
            self._chance.shuffle(rules)
        first, last = _WINDOWS[act]
        times = sorted(round(self._chance.uniform(first, last), 6) for _ in rules)
        return [
            record
            for offset, rule in zip(times, rules, strict=True)
            for record in self._alert(offset, rule)
        ]

    def _alert(self, offset: float, rule: Rule) -> Iterator[tuple[float, Record]]:
        connection = self._connection(offset, rule)
        if rule.app == "ssh":
            said = {**rule.shown["ssh"], "server": {"software_version": "OpenSSH_9.2p1"}}
            yield offset, protocol_record(self._at(offset), "ssh", connection, said)
        answer = "ATTACK_RESPONSE" in rule.signature
        yield offset, alert_record(self._at(offset), rule, connection, answer=answer)
        end = min(offset + round(self._chance.uniform(5, 60), 6), LENGTH_S)
        yield end, flow_record(self._at(end), connection, alerted=True)

    def _connection(self, offset: float, rule: Rule) -> Connection:
        source, target = self._ends(rule)
        sent, received = self._chance.randrange(74, 2400), self._chance.randrange(0, 3000)
        if rule.class_ in {"Data Hoarding", "Exfiltration"}:
            much = 200_000 if rule.proto == "UDP" else 900_000_000
            sent, received = self._chance.randrange(much // 20, much), sent * 40
        return Connection(
            flow_id=self._chance.randrange(10**14, 2**51),
            began_at=self._at(offset) - self._chance.randrange(SECOND),
            source=source,
            source_port=self._chance.randrange(32_768, 61_000),
            target=target,
            target_port=rule.port,
            proto=rule.proto,
            app=rule.app,
            sent=sent,
            received=received,
        )

    def _ends(self, rule: Rule) -> tuple[str, str]:
        match rule.act:
            case Act.SCAN:
                return self._facing(next(self._outside))
            case Act.GUESSING:
                hard = self._chance.random() < 0.4  # noqa: PLR2004 -- the intruder's share
                source = _INTRUDER if hard else self._chance.choice(_GUESSERS)
                return source, _GATE if rule.port == 22 else _WEB  # noqa: PLR2004 -- SSH
            case Act.BREAK_IN:
                return self._break_in(rule)
            case Act.SPREADING:
                return self._spreading(rule)
            case Act.LEAVING:
                return _FILES, _RESOLVER if rule.app == "dns" else _DROP
            case _:
                return self._noise(rule)

    def _facing(self, source: str) -> tuple[str, str]:
        if ":" in source:
            return source, f"2001:db8:51::{self._chance.choice((22, 80))}"
        return source, self._chance.choice(_SERVERS)

    def _break_in(self, rule: Rule) -> tuple[str, str]:
        if "fetched" in rule.signature:
            return _GATE, _COMMAND
        return _INTRUDER, _WEB if rule.app == "http" else _GATE

    def _spreading(self, rule: Rule) -> tuple[str, str]:
        match rule.app, rule.port:
            case "dns", _:
                return _GATE, _RESOLVER
            case "tls", _:
                return _GATE, _COMMAND
            case "ssh", _:
                return _GATE, _DATABASE
            case _, 5432:
                return _DATABASE, _FILES
            case _:
                return _GATE, self._chance.choice([*_PEOPLE, *_SERVERS[1:]])

    def _noise(self, rule: Rule) -> tuple[str, str]:
        if "list of bad addresses" in rule.signature:
            return self._facing(next(self._outside))
        source = next(self._inside)
        return source, _RESOLVER if rule.app == "dns" else "192.0.2.10"

    def questions(self) -> list[tuple[float, Record]]:
        """What people's machines ask the resolver."""
        found = []
        for _ in range(_QUESTIONS):
            offset = round(self._chance.uniform(1, LENGTH_S - 1), 6)
            connection = Connection(
                flow_id=self._chance.randrange(10**14, 2**51),
                began_at=self._at(offset),
                source=self._chance.choice(_PEOPLE),
                source_port=self._chance.randrange(32_768, 61_000),
                target=_RESOLVER,
                target_port=53,
                proto="UDP",
                app="dns",
                sent=78,
                received=110,
            )
            said = {
                "type": "query",
                "id": self._chance.randrange(65_536),
                "rrname": self._chance.choice(_NAMES),
                "rrtype": "A",
                "tx_id": 0,
            }
            found.append((offset, protocol_record(self._at(offset), "dns", connection, said)))
        return found

    def with_stats(self, told: Sequence[tuple[float, Record]]) -> Iterator[tuple[float, Record]]:
        """The records with the sensor's counters between them."""
        following, alerts, packets = 0, 0, 9000
        for offset, record in told:
            while following <= offset:
                packets += self._chance.randrange(300, 900)
                at = self._at(float(following))
                yield float(following), stats_record(at, 7200 + following, packets, alerts)
                following += _STATS_EVERY_S
            alerts += record["event_type"] == "alert"
            yield offset, record

    def _at(self, offset: float) -> Instant:
        return self._start + round(offset * SECOND)
