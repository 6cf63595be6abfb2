"""One EVE record into a report (Suricata user guide, "Eve JSON Format").

A sensor's log is read robustly: any value may be missing or of another type than
documented, and is then left out; only what cannot be an alert at all is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.base.clock import Instant
from tocsin.domain.alarm import UNKNOWN_HOST, Host, Report
from tocsin.intake.endpoint import HIGHEST_PORT, canonical_ip, canonical_mac
from tocsin.intake.eve.attribute import attributes_of
from tocsin.intake.eve.judgement import category_of, severity_of
from tocsin.intake.eve.sentence import details_of
from tocsin.intake.eve.value import fields_of, line_of, whole_number_of
from tocsin.intake.moment import moment_of

ALERT = "alert"

_LONGEST_SIGNATURE = 300
_LONGEST_PROTOCOL = 40
_LONGEST_ADDRESS = 64


class BadRecord(ValueError):
    """No record of an EVE log, or an alert that tells of nothing; the message says why."""


def report_of(record: Mapping[str, object], source: str) -> Report | None:
    """The report of an alert record; None for a record of another type.

    Raises:
        BadRecord: the record has no event type, or is an alert without a signature.
    """
    event = record.get("event_type")
    if not isinstance(event, str):
        raise BadRecord("no EVE record: it has no event_type")
    if event != ALERT:
        return None
    alert = record.get(ALERT)
    if not isinstance(alert, dict):
        raise BadRecord("an alert record without an alert object")
    signature = _signature(alert)
    source_host, target_host = _hosts(record, alert)
    protocol = line_of(record.get("proto"), _LONGEST_PROTOCOL) or None
    seen_at = _instant(record.get("timestamp"))
    attributes = attributes_of(record, alert)
    if seen_at is None and (said := line_of(record.get("timestamp"), _LONGEST_ADDRESS)):
        attributes["timestamp"] = said
    return Report(
        source=source,
        source_type="eve",
        type=signature,
        category=category_of(alert, signature),
        severity=severity_of(alert, signature),
        started_at=seen_at,
        last_seen_at=seen_at,
        source_host=source_host,
        target_host=target_host,
        protocol=protocol,
        details=details_of(signature, source_host, target_host, protocol, attributes),
        attributes=attributes,
    )


def _signature(alert: Mapping[str, object]) -> str:
    signature = line_of(alert.get("signature"), _LONGEST_SIGNATURE).strip()
    if signature:
        return signature
    number = whole_number_of(alert.get("signature_id"))
    if number is None:
        raise BadRecord("an alert without signature and signature_id")
    return f"Signature {number}"


def _instant(value: object) -> Instant | None:
    if not isinstance(value, str):
        return None
    try:
        return moment_of(value)
    except ValueError:
        return None


def _hosts(record: Mapping[str, object], alert: Mapping[str, object]) -> tuple[Host, Host]:
    """Source and target: the attack's where the rule's ``target`` says, else the packet's."""
    ether = fields_of(record.get("ether"))
    ends = [
        _host(record.get(f"{side}_ip"), record.get(f"{side}_port"), ether.get(f"{side}_mac"))
        for side in ("src", "dest")
    ]
    source, target = alert.get("source"), alert.get("target")
    return _named_end(source, ends, ends[0]), _named_end(target, ends, ends[1])


def _named_end(value: object, ends: list[Host], otherwise: Host) -> Host:
    """The end that the alert itself names, with what is known of it from the packet."""
    fields = fields_of(value)
    named = _host(fields.get("ip"), fields.get("port"), None)
    if named.ip is None:
        return otherwise
    known = next((one for one in ends if (one.ip, one.port) == (named.ip, named.port)), None)
    return named if known is None else known


def _host(ip: object, port: object, mac: object) -> Host:
    address = None
    if isinstance(ip, str) and len(ip) <= _LONGEST_ADDRESS:
        try:
            address = canonical_ip(ip)
        except ValueError:
            address = None
    number = whole_number_of(port)
    if number is not None and not 0 <= number <= HIGHEST_PORT:
        number = None
    hardware = _mac(mac)
    if address is None and number is None and hardware is None:
        return UNKNOWN_HOST
    return Host(ip=address, port=number, mac=hardware)


def _mac(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return canonical_mac(value)
    except ValueError:
        return None
