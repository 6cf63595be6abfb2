"""What else a record tells, as attributes: text to text, bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tocsin.intake.eve.value import fields_of, first_of, lines_of

LONGEST = 1000

_OF_ALERT = {
    "signature_id": "signature_id",
    "gid": "gid",
    "rev": "rev",
    "action": "action",
    "category": "class",
    "severity": "priority",
}
_OF_METADATA = (
    "signature_severity",
    "confidence",
    "attack_target",
    "affected_product",
    "malware_family",
    "deployment",
    "tag",
    "cve",
    "mitre_tactic_id",
    "mitre_tactic_name",
    "mitre_technique_id",
    "mitre_technique_name",
)
_OF_RECORD = (
    "flow_id",
    "community_id",
    "in_iface",
    "app_proto",
    "direction",
    "vlan",
    "icmp_type",
    "icmp_code",
    "host",
    "pcap_filename",
)
# (part of the record, path inside it)
_OF_PARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "flow": (("pkts_toserver",), ("pkts_toclient",), ("bytes_toserver",), ("bytes_toclient",)),
    "http": (
        ("hostname",),
        ("http_method",),
        ("url",),
        ("status",),
        ("http_user_agent",),
        ("http_refer",),
        ("http_content_type",),
        ("xff",),
    ),
    "tls": (
        ("sni",),
        ("version",),
        ("subject",),
        ("issuerdn",),
        ("fingerprint",),
        ("ja3", "hash"),
        ("ja3s", "hash"),
        ("ja4",),
    ),
    "ssh": (("client", "software_version"), ("server", "software_version")),
    "smtp": (("helo",), ("mail_from",), ("rcpt_to",)),
    "email": (("from",), ("to",), ("subject",), ("attachment",)),
    "smb": (("command",), ("share",), ("filename",), ("status",)),
    "ftp": (("command",), ("command_data",)),
    "sip": (("method",), ("uri",)),
    "rdp": (("cookie",),),
    "krb5": (("cname",), ("sname",), ("realm",)),
    "tftp": (("file",),),
    "fileinfo": (("filename",), ("size",), ("sha256",), ("magic",)),
}


def attributes_of(record: Mapping[str, object], alert: Mapping[str, object]) -> dict[str, str]:
    """All that is known by name; what is missing or of a wrong type is left out."""
    found: dict[str, str] = {}
    for name, value in _values(record, alert):
        text = lines_of(value, LONGEST)
        if text:
            found[name] = text
    return found


def _values(
    record: Mapping[str, object], alert: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    for field, name in _OF_ALERT.items():
        if field in alert:
            yield name, alert[field]
    yield from _named(fields_of(alert.get("metadata")), _OF_METADATA)
    yield from _named(record, _OF_RECORD)
    for part, paths in _OF_PARTS.items():
        if part in record:
            yield from _inside(part, fields_of(record[part]), paths)
    if "dns" in record:
        yield from _dns(fields_of(record["dns"]))
    if "files" in record:
        yield "files", _file_names(record["files"])


def _named(fields: Mapping[str, object], names: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for name in names:
        if name in fields:
            yield name, fields[name]


def _inside(
    part: str, fields: Mapping[str, object], paths: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[str, object]]:
    for path in paths:
        value = fields.get(path[0])
        for step in path[1:]:
            value = fields_of(value).get(step)
        if value is not None:
            yield f"{part}.{'.'.join(path)}", value


def _dns(fields: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The first question; format 1 has it in place, 2 under ``query``, 3 under ``queries``."""
    question = fields
    for name in ("queries", "query"):
        inner = fields_of(first_of(fields.get(name)))
        if inner:
            question = inner
            break
    for name in ("rrname", "rrtype"):
        if name in question:
            yield f"dns.{name}", question[name]
    if "rcode" in fields:
        yield "dns.rcode", fields["rcode"]


def _file_names(value: object) -> list[object]:
    files = value[:20] if isinstance(value, list) else []
    return [fields_of(one).get("filename") for one in files]
