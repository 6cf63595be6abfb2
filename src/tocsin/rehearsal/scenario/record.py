"""EVE records as Suricata writes them (user guide, "Eve JSON Format")."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import SECOND, Instant, to_datetime
from tocsin.rehearsal.scenario.rule import Rule

Record = dict[str, Any]

_PROTOCOLS = {"TCP": 6, "UDP": 17}
_INTERFACE = "eth1"


@dataclass(frozen=True, slots=True)
class Connection:
    """Who talks to whom. `began_at` is when its first packet was seen."""

    flow_id: int
    began_at: Instant
    source: str
    source_port: int
    target: str
    target_port: int
    proto: str
    app: str
    sent: int
    received: int

    def reversed(self) -> Connection:
        """The same, seen from a packet that the target sent."""
        return Connection(
            self.flow_id,
            self.began_at,
            self.target,
            self.target_port,
            self.source,
            self.source_port,
            self.proto,
            self.app,
            self.sent,
            self.received,
        )


def alert_record(at: Instant, rule: Rule, connection: Connection, *, answer: bool) -> Record:
    """An alert; with `answer` it was the target's packet that gave it away."""
    seen = connection.reversed() if answer else connection
    alert: Record = {
        "action": "allowed",
        "gid": 1,
        "signature_id": rule.number,
        "rev": 1,
        "signature": rule.signature,
        "category": rule.class_,
        "severity": rule.priority,
        "metadata": _metadata(rule),
    }
    if answer:
        alert["source"] = {"ip": _ip(connection.source), "port": connection.source_port}
        alert["target"] = {"ip": _ip(connection.target), "port": connection.target_port}
    record = _common(at, "alert", seen)
    record["alert"] = alert
    record.update(rule.shown)
    if rule.app:
        record["app_proto"] = rule.app
    record["flow"] = _counts(connection)
    return record


def flow_record(at: Instant, connection: Connection, *, alerted: bool) -> Record:
    """The end of a connection."""
    record = _common(at, "flow", connection)
    if connection.app:
        record["app_proto"] = connection.app
    record["flow"] = {
        **_counts(connection),
        "end": time_text(at),
        "age": (at - connection.began_at) // SECOND,
        "state": "closed" if connection.proto == "TCP" else "established",
        "reason": "timeout",
        "alerted": alerted,
    }
    return record


def protocol_record(at: Instant, kind: str, connection: Connection, said: Record) -> Record:
    """What the parser of an application protocol saw: ``ssh``, ``dns``."""
    record = _common(at, kind, connection)
    record["tx_id"] = 0
    record[kind] = said
    return record


def stats_record(at: Instant, uptime: int, packets: int, alerts: int) -> Record:
    """The sensor's own counters; `uptime` in seconds."""
    return {
        "timestamp": time_text(at),
        "event_type": "stats",
        "stats": {
            "uptime": uptime,
            "capture": {"kernel_packets": packets, "kernel_drops": 0, "errors": 0},
            "decoder": {"pkts": packets, "bytes": packets * 412, "invalid": 0},
            "flow": {"tcp": packets // 18, "udp": packets // 36, "memuse": 7_474_304},
            "detect": {"alert": alerts, "alert_queue_overflow": 0, "alerts_suppressed": 0},
        },
    }


def time_text(at: Instant) -> str:
    """A time as Suricata writes it, with an offset without colon."""
    return to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


def _common(at: Instant, kind: str, connection: Connection) -> Record:
    return {
        "timestamp": time_text(at),
        "flow_id": connection.flow_id,
        "in_iface": _INTERFACE,
        "event_type": kind,
        "src_ip": _ip(connection.source),
        "src_port": connection.source_port,
        "dest_ip": _ip(connection.target),
        "dest_port": connection.target_port,
        "proto": connection.proto,
        "community_id": community_id(connection),
    }


def _metadata(rule: Rule) -> Mapping[str, list[str]]:
    metadata = {"created_at": ["2026_11_24"], "updated_at": ["2026_11_24"]}
    if rule.technique:
        metadata["mitre_technique_id"] = [rule.technique]
    if rule.severity:
        metadata["signature_severity"] = [rule.severity]
    return metadata


def _counts(connection: Connection) -> Record:
    return {
        "pkts_toserver": connection.sent // 900 + 1,
        "pkts_toclient": connection.received // 900,
        "bytes_toserver": connection.sent,
        "bytes_toclient": connection.received,
        "start": time_text(connection.began_at),
    }


def _ip(address: str) -> str:
    """IPv6 is written out in full by Suricata."""
    return ipaddress.ip_address(address).exploded


def community_id(connection: Connection) -> str:
    """The name that all sensors give one flow (Community ID flow hashing, version 1)."""
    ends = sorted(
        (ipaddress.ip_address(address).packed, port)
        for address, port in (
            (connection.source, connection.source_port),
            (connection.target, connection.target_port),
        )
    )
    (low, low_port), (high, high_port) = ends
    numbers = struct.pack("!BBHH", _PROTOCOLS[connection.proto], 0, low_port, high_port)
    digest = hashlib.sha1(b"\0\0" + low + high + numbers, usedforsecurity=False).digest()
    return "1:" + base64.b64encode(digest).decode()
