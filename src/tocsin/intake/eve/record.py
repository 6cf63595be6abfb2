"""One EVE record into a report (Suricata user guide, "EVE JSON Format").

A sensor's log is read robustly: any value may be missing or of another type than
documented; only what cannot be an alert at all is refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.base.clock import Instant, parse_rfc3339
from tocsin.domain.alarm import UNKNOWN_HOST, Host, Report
from tocsin.domain.severity import Severity

_LONGEST_TYPE = 300
_LONGEST_ATTRIBUTE = 1000
_HIGHEST_PORT = 65_535


class BadRecord(ValueError):
    """An alert that is none: the message says what is missing."""


# Suricata's priorities: 1 is the gravest (user guide, "classification.config").
_BY_PRIORITY = {1: Severity.MAJOR, 2: Severity.MINOR, 3: Severity.TRIVIAL}
# What a rule's own metadata says, where it says something.
_BY_METADATA = {
    "critical": Severity.CRITICAL,
    "major": Severity.MAJOR,
    "minor": Severity.MINOR,
    "informational": Severity.INFORMATIONAL,
}

# Descriptions of Suricata's classification.config → alarm category.
_CATEGORIES = {
    "attempted information leak": "Recon",
    "information leak": "Recon",
    "large scale information leak": "Exfiltration",
    "detection of a network scan": "Recon",
    "device retrieving external ip address detected": "Recon",
    "attempted denial of service": "DDoS Target",
    "denial of service": "DDoS Target",
    "detection of a denial of service attack": "DDoS Target",
    "attempted user privilege gain": "Exploitation",
    "unsuccessful user privilege gain": "Exploitation",
    "successful user privilege gain": "Exploitation",
    "attempted administrator privilege gain": "Exploitation",
    "successful administrator privilege gain": "Exploitation",
    "web application attack": "Exploitation",
    "access to a potentially vulnerable web application": "Exploitation",
    "executable code was detected": "Exploitation",
    "exploit kit activity detected": "Exploitation",
    "attempt to login by a default username and password": "Exploitation",
    "an attempted login using a suspicious username was detected": "Exploitation",
    "successful credential theft detected": "Exfiltration",
    "a network trojan was detected": "C&C",
    "malware command and control activity detected": "C&C",
    "domain observed used for c2 detected": "C&C",
    "targeted malicious activity was detected": "C&C",
    "crypto currency mining activity detected": "Policy Violation",
    "potential corporate privacy violation": "Policy Violation",
    "inappropriate content was detected": "Policy Violation",
    "possibly unwanted program detected": "Policy Violation",
    "possible social engineering attempted": "Policy Violation",
}


def report_of(record: object, source: str) -> Report | None:
    """The report of an EVE record; None when it is no alert.

    Raises:
        BadRecord: the record is no object, or an alert without a signature.
    """
    if not isinstance(record, Mapping):
        raise BadRecord("the line is JSON, but no object")
    if record.get("event_type") != "alert":
        return None
    alert = record.get("alert")
    if not isinstance(alert, Mapping):
        raise BadRecord("an alert record without an alert")
    signature = _line(alert.get("signature"), _LONGEST_TYPE) or _by_number(alert)
    source_host, target_host = _host(record, "src"), _host(record, "dest")
    protocol = _line(record.get("proto"), 40)
    return Report(
        source=source,
        source_type="eve",
        type=signature,
        category=_category(alert),
        severity=_severity(alert),
        started_at=_time(record.get("timestamp")),
        last_seen_at=_time(record.get("timestamp")),
        source_host=source_host,
        target_host=target_host,
        protocol=protocol,
        details=_details(record, alert, signature, source_host, target_host),
        attributes=dict(_attributes(record, alert)),
    )


def _by_number(alert: Mapping[str, Any]) -> str:
    number = alert.get("signature_id")
    if isinstance(number, int):
        return f"Signature {number}"
    raise BadRecord("an alert without a signature")


def _category(alert: Mapping[str, Any]) -> str:
    said = alert.get("category")
    return _CATEGORIES.get(said.lower(), "Anomaly") if isinstance(said, str) else "Anomaly"


def _severity(alert: Mapping[str, Any]) -> Severity:
    metadata = alert.get("metadata")
    if isinstance(metadata, Mapping):
        for said in _list(metadata.get("signature_severity")):
            if isinstance(said, str) and said.lower() in _BY_METADATA:
                return _BY_METADATA[said.lower()]
    priority = alert.get("severity")
    if isinstance(priority, int):
        return _BY_PRIORITY.get(priority, Severity.INFORMATIONAL)
    return Severity.INFORMATIONAL


def _host(record: Mapping[str, Any], side: str) -> Host:
    ip, port = record.get(f"{side}_ip"), record.get(f"{side}_port")
    address = None
    if isinstance(ip, str):
        try:
            address = str(ipaddress.ip_address(ip))
        except ValueError:
            address = None
    valid = isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= _HIGHEST_PORT
    if address is None and not valid:
        return UNKNOWN_HOST
    return Host(ip=address, port=port if valid else None)


def _time(value: object) -> Instant | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_rfc3339(value)
    except ValueError:
        return None


def _details(
    record: Mapping[str, Any],
    alert: Mapping[str, Any],
    signature: str,
    source: Host,
    target: Host,
) -> str:
    said = _line(alert.get("category"), 200)
    sentence = f"{signature}" + (f" ({said})" if said else "")
    if source.ip and target.ip:
        sentence += f", from {_end(source)} to {_end(target)}"
    if alert.get("action") == "blocked":
        sentence += ", blocked by the sensor"
    lines = [sentence + "."]
    http = record.get("http")
    if isinstance(http, Mapping):
        url = f"{_line(http.get('hostname'), 255)}{_line(http.get('url'), 500)}"
        lines.append(f"HTTP {_line(http.get('http_method'), 20)} {url}".rstrip())
    return "\n".join(lines)


def _end(host: Host) -> str:
    if host.port is None:
        return host.ip or ""
    return f"[{host.ip}]:{host.port}" if ":" in (host.ip or "") else f"{host.ip}:{host.port}"


_PLAIN = ("flow_id", "community_id", "in_iface", "app_proto", "host")
_OF_ALERT = ("signature_id", "gid", "rev", "action", "category")
_OF_LAYERS = {
    "http": ("hostname", "url", "http_user_agent", "http_method", "status"),
    "tls": ("sni", "subject", "version", "ja3"),
    "dns": ("rrname", "rrtype"),
    "smtp": ("helo", "mail_from"),
}
_OF_METADATA = ("mitre_tactic_name", "mitre_technique_id", "cve", "tag")


def _attributes(record: Mapping[str, Any], alert: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _OF_ALERT:
        yield from _attribute(name, alert.get(name))
    for name in _PLAIN:
        yield from _attribute(name, record.get(name))
    metadata = alert.get("metadata")
    if isinstance(metadata, Mapping):
        for name in _OF_METADATA:
            yield from _attribute(name, metadata.get(name))
    for layer, names in _OF_LAYERS.items():
        fields = record.get(layer)
        if isinstance(fields, Mapping):
            for name in names:
                yield from _attribute(f"{layer}.{name}", fields.get(name))
    ssh = record.get("ssh")
    if isinstance(ssh, Mapping) and isinstance(ssh.get("client"), Mapping):
        yield from _attribute("ssh.client", ssh["client"].get("software_version"))


def _attribute(name: str, value: object) -> Iterator[tuple[str, str]]:
    parts = [part for part in (_line(one, _LONGEST_ATTRIBUTE) for one in _list(value)) if part]
    if parts:
        yield name, ", ".join(parts)[:_LONGEST_ATTRIBUTE]


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _line(value: object, longest: int) -> str:
    """A value as one line of printable text; what the wire carried may be anything."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)[: longest * 2]
    if not text.isprintable():
        text = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return text[:longest]
