"""Properties of making reports: whatever comes in, what goes on is fit to be stored."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.base.clock import rfc3339
from tocsin.domain.alarm import CATEGORIES, SOURCE_TYPES, AlarmState, Host, Report
from tocsin.domain.severity import Severity
from tocsin.intake.endpoint import canonical_ip, canonical_mac
from tocsin.intake.eve.record import BadRecord, report_of
from tocsin.intake.http import Problem, read_reports

TEXT = st.text(st.characters(codec=None), max_size=30)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=5,
)
FITTING = {
    "source": st.sampled_from(["ids-1", "x" * 200, "x" * 201]),
    "category": st.sampled_from([*CATEGORIES, "recon"]),
    "severity": st.sampled_from([*[one.value for one in Severity], "high"]),
    "state": st.sampled_from(["active", "inactive", "ended"]),
    "dedup_key": TEXT,
    "started_at": st.datetimes().map(lambda moment: moment.isoformat() + "+01:00"),
    "source_host": st.fixed_dictionaries(
        {},
        optional={
            "ip": st.one_of(st.ip_addresses().map(str), TEXT),
            "port": st.integers(-1, 65_536),
            "mac": st.one_of(st.just("00:00:5E:00:53:01"), TEXT),
            "groups": st.lists(TEXT, max_size=3),
        },
    ),
    "protocol": st.just("TCP"),
    "details": TEXT,
    "url": st.one_of(st.just("https://example.net/x"), TEXT),
    "attributes": st.dictionaries(TEXT, TEXT, max_size=3),
}
ALARM = st.fixed_dictionaries(
    {"type": st.just("Suspect Data Loss")},
    optional={name: st.one_of(fitting, JSON) for name, fitting in FITTING.items()},
)
ALERT_FIELDS = ("action", "gid", "signature_id", "rev", "category", "severity")
RECORD_FIELDS = (
    "timestamp",
    "flow_id",
    "in_iface",
    "src_ip",
    "src_port",
    "dest_ip",
    "dest_port",
    "proto",
    "app_proto",
    "community_id",
    "http",
    "dns",
    "tls",
    "ssh",
    "smtp",
    "email",
    "smb",
    "files",
    "fileinfo",
    "flow",
    "ether",
    "host",
    "vlan",
)
METADATA_FIELDS = ("signature_severity", "tag", "cve", "mitre_tactic_id")
ALERT = st.fixed_dictionaries(
    {"signature": st.one_of(st.just("LOCAL SCAN a"), JSON)},
    optional={
        **{name: st.one_of(JSON, st.integers(0, 4)) for name in ALERT_FIELDS},
        "metadata": st.dictionaries(st.sampled_from(METADATA_FIELDS), JSON),
        "source": st.fixed_dictionaries({"ip": st.one_of(st.ip_addresses().map(str), JSON)}),
        "target": JSON,
    },
)
PART = st.dictionaries(
    st.sampled_from(
        [
            "url",
            "hostname",
            "rrname",
            "query",
            "queries",
            "client",
            "sni",
            "ja3",
            "mail_from",
            "status",
        ]
    ),
    JSON,
)
RECORD = st.fixed_dictionaries(
    {"event_type": st.just("alert"), "alert": ALERT},
    optional={name: st.one_of(JSON, PART) for name in RECORD_FIELDS},
)


def assert_storable(report: Report) -> None:
    """What any database takes, and what the rest of the manager counts on."""
    assert report.source_type in SOURCE_TYPES
    assert report.source_type != "system"
    assert 0 < len(report.source) <= 200
    assert 0 < len(report.type) <= 300
    assert report.category in CATEGORIES
    assert type(report.severity) is Severity
    assert type(report.state) is AlarmState
    assert len(report.key().encode()) < 2700
    for moment in (report.started_at, report.last_seen_at, report.ended_at):
        assert moment is None or rfc3339(moment)
    for host in (report.source_host, report.target_host):
        assert_host(host)
    lines = (report.source, report.type, report.dedup_key, report.protocol, report.url)
    texts = (report.details, *report.attributes, *report.attributes.values())
    for text in (*lines, *texts):
        if text is not None:
            assert "\0" not in text
            text.encode()
    for line in lines:
        assert line is None or not set(line) & {"\r", "\n", "\x1b", "\x7f"}
    assert len(report.details) <= 65_536
    assert len(report.attributes) <= 100


def assert_host(host: Host) -> None:
    """An end has canonical addresses or none."""
    if host.ip is not None:
        assert canonical_ip(host.ip) == host.ip
        ipaddress.ip_address(host.ip)
    if host.mac is not None:
        assert canonical_mac(host.mac) == host.mac
    assert host.port is None or 0 <= host.port <= 65_535
    assert isinstance(host.groups, tuple)


@settings(max_examples=150, deadline=None)
@given(payload=st.one_of(JSON, ALARM, st.lists(st.one_of(ALARM, JSON), max_size=5)))
def test_any_body_is_answered(payload: object) -> None:
    """Any JSON gives a report fit to be stored, or a problem that names fields, in each place."""
    found = read_reports(payload, default_source="token-1")
    assert len(found) == (max(1, len(payload)) if isinstance(payload, list) else 1)
    for one in found:
        if isinstance(one, Problem):
            assert one.errors
            for error in one.errors:
                assert error.path
                assert error.message.isascii()
                json.dumps([error.path, error.message, error.accepted]).encode()
        else:
            assert_storable(one)


@settings(max_examples=150, deadline=None)
@given(alarm=ALARM)
def test_a_report_written_out_is_taken_again(alarm: dict[str, object]) -> None:
    """What was taken, by the names of the contract and with nulls, gives the same report."""
    (found,) = read_reports(alarm, default_source="token-1")
    if isinstance(found, Report):
        again = asdict(found)
        for name in ("started_at", "last_seen_at", "ended_at"):
            if again[name] is not None:
                again[name] = rfc3339(again[name])
        assert read_reports(json.loads(json.dumps(again)), default_source="other") == [found]


@settings(max_examples=150, deadline=None)
@given(record=st.one_of(RECORD, st.dictionaries(TEXT, JSON)))
def test_any_record_is_a_report_or_says_why_not(record: dict[str, object]) -> None:
    """Whatever types the fields of a record have, nothing but BadRecord is raised."""
    try:
        found = report_of(record, "ids-1")
    except BadRecord:
        return
    if found is not None:
        assert_storable(found)
        assert all(text.isprintable() for text in found.attributes.values())
        assert found.type.isprintable()
