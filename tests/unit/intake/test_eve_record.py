"""EVE records into reports."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tocsin.domain.alarm import Host, Report
from tocsin.domain.severity import Severity
from tocsin.intake.eve.record import BadRecord, report_of

RECORD: dict[str, Any] = {
    "timestamp": "2026-11-25T14:00:00.000001+0200",
    "flow_id": 531379834265215,
    "in_iface": "ens18",
    "event_type": "alert",
    "src_ip": "192.0.2.7",
    "src_port": 46370,
    "dest_ip": "198.51.100.22",
    "dest_port": 22,
    "proto": "TCP",
    "app_proto": "ssh",
    "community_id": "1:nHjI7ME4KG6EXCgwElyFWQQlifM=",
    "alert": {
        "action": "allowed",
        "gid": 1,
        "signature_id": 1000001,
        "rev": 3,
        "signature": "LOCAL SCAN Many connections to SSH",
        "category": "Attempted Information Leak",
        "severity": 2,
        "metadata": {
            "signature_severity": ["Major"],
            "mitre_technique_id": ["T1110"],
            "tag": ["a", "b"],
        },
    },
    "ssh": {"client": {"proto_version": "2.0", "software_version": "libssh_0.9"}, "server": {}},
    "flow": {"pkts_toserver": 5, "pkts_toclient": 4, "bytes_toserver": 900, "bytes_toclient": 450},
}
NOON = 1_795_608_000_000_000


def report(changes: dict[str, Any] | None = None, alert: dict[str, Any] | None = None) -> Report:
    """The report of the record with some fields changed."""
    record = copy.deepcopy(RECORD)
    record.update(changes or {})
    if alert is not None:
        record["alert"].update(alert)
    found = report_of(record, "ids-1")
    assert found is not None
    return found


def test_an_alert_becomes_a_report() -> None:
    """Who, whom, what, when and how grave it is are all taken over."""
    found = report()
    assert found.source == "ids-1"
    assert found.source_type == "eve"
    assert found.type == "LOCAL SCAN Many connections to SSH"
    assert found.category == "Recon"
    assert found.severity is Severity.MAJOR
    assert found.dedup_key is None
    assert found.started_at == found.last_seen_at == NOON + 1
    assert found.source_host == Host(ip="192.0.2.7", port=46370)
    assert found.target_host == Host(ip="198.51.100.22", port=22)
    assert found.protocol == "TCP"
    assert found.attributes == {
        "signature_id": "1000001",
        "gid": "1",
        "rev": "3",
        "action": "allowed",
        "class": "Attempted Information Leak",
        "priority": "2",
        "signature_severity": "Major",
        "mitre_technique_id": "T1110",
        "tag": "a, b",
        "flow_id": "531379834265215",
        "community_id": "1:nHjI7ME4KG6EXCgwElyFWQQlifM=",
        "in_iface": "ens18",
        "app_proto": "ssh",
        "ssh.client.software_version": "libssh_0.9",
        "flow.pkts_toserver": "5",
        "flow.pkts_toclient": "4",
        "flow.bytes_toserver": "900",
        "flow.bytes_toclient": "450",
    }


def test_details_are_sentences() -> None:
    """The details tell a person what was seen, without any field name."""
    assert report().details == (
        "LOCAL SCAN Many connections to SSH: 192.0.2.7:46370 to 198.51.100.22:22 over TCP (ssh).\n"
        "Rule 1:1000001:3, class Attempted Information Leak, priority 2.\n"
        "The sensor let it pass.\n"
        "SSH client libssh_0.9.\n"
        "Up to then 900 bytes had gone to the server and 450 to the client."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"http": {"hostname": "a.example", "url": "/x", "http_method": "GET", "status": 404}},
            "HTTP GET a.example/x, status 404.",
        ),
        (
            {"dns": {"rrname": "a.example", "rrtype": "TXT"}},
            "DNS question for the TXT of a.example",
        ),
        (
            {"dns": {"version": 2, "query": [{"rrname": "a.example", "rrtype": "A"}]}},
            "DNS question for the A of a.example.",
        ),
        (
            {"dns": {"version": 3, "queries": [{"rrname": "b.example", "rrtype": "MX"}]}},
            "DNS question for the MX of b.example.",
        ),
        ({"tls": {"sni": "a.example"}}, "TLS with a.example."),
        ({"tls": {"subject": "CN=a.example"}}, "TLS with CN=a.example."),
        ({"smtp": {"mail_from": "<a@example.com>"}}, "SMTP mail from <a@example.com>."),
    ],
)
def test_details_show_what_the_protocol_showed(changes: dict[str, Any], sentence: str) -> None:
    """The one fact that matters of each protocol stands in the details."""
    assert sentence in report({"ssh": None, **changes}).details


@pytest.mark.parametrize("event", ["flow", "dns", "stats", "anomaly", ""])
def test_other_records_are_no_alerts(event: str) -> None:
    """A record of another type is passed over without a word."""
    assert report_of({"event_type": event, "alert": RECORD["alert"]}, "ids-1") is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "no event_type"),
        ({"event_type": None}, "no event_type"),
        ({"event_type": ["alert"]}, "no event_type"),
        ({"event_type": "alert"}, "without an alert object"),
        ({"event_type": "alert", "alert": "text"}, "without an alert object"),
        ({"event_type": "alert", "alert": {}}, "without signature"),
        ({"event_type": "alert", "alert": {"signature": [5], "signature_id": "x"}}, "without sig"),
        ({"event_type": "alert", "alert": {"signature": " "}}, "without signature"),
    ],
)
def test_what_cannot_be_an_alert_is_refused_with_a_reason(
    record: dict[str, Any], reason: str
) -> None:
    """Only a record that tells of nothing is refused."""
    with pytest.raises(BadRecord, match=reason):
        report_of(record, "ids-1")


def test_the_least_that_is_an_alert() -> None:
    """An alert with a number alone is told of."""
    found = report_of({"event_type": "alert", "alert": {"signature_id": 7}}, "ids-1")
    assert found is not None
    assert found.type == "Signature 7"
    assert found.severity is Severity.INFORMATIONAL
    assert found.category == "Anomaly"
    assert found.started_at is None
    assert found.source_host == Host()
    assert "an unknown host to an unknown host" in found.details


@pytest.mark.parametrize("wrong", [None, 5, -1, 1.5, True, "x", "", [], [[]], {}, {"a": 1}])
def test_wrong_types_are_left_out(wrong: object) -> None:
    """Any field but the signature may hold anything."""
    record = {
        **dict.fromkeys([*RECORD, "http", "dns", "tls", "files", "ether", "host", "vlan"], wrong),
        "event_type": "alert",
        "alert": {**dict.fromkeys([*RECORD["alert"], "source", "target"], wrong), "signature": "s"},
    }
    found = report_of(record, "ids-1")
    assert found is not None
    assert found.type == "s"
    record["alert"]["metadata"] = dict.fromkeys(RECORD["alert"]["metadata"], wrong)
    for part in ("ssh", "flow", "http", "dns", "tls", "smtp", "email"):
        record[part] = dict.fromkeys(["client", "query", "queries", "ja3", "rrname", "url"], wrong)
    assert report_of(record, "ids-1") is not None


@pytest.mark.parametrize("port", [-1, 65_536, 22.0, "x", True, None, "99999999999999999999999"])
def test_impossible_ports_are_left_out(port: object) -> None:
    """A port that cannot be does not make an alert unreadable."""
    assert report({"dest_port": port}).target_host == Host(ip="198.51.100.22")


def test_numbers_written_as_text_are_numbers() -> None:
    """Some programs on the way write every value as text."""
    found = report({"dest_port": "22"}, {"severity": "1", "metadata": {}})
    assert found.target_host.port == 22
    assert found.severity is Severity.MAJOR


def test_a_time_without_offset_is_kept_as_text() -> None:
    """It is no moment, but evidence all the same."""
    found = report({"timestamp": "2026-11-25T14:00:00"})
    assert found.started_at is None
    assert found.attributes["timestamp"] == "2026-11-25T14:00:00"


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-0100", "0001-01-01T00:00:00+0000"])
def test_a_time_that_cannot_be_written_out_is_kept_as_text(time: str) -> None:
    """A sensor's broken clock does not break a page."""
    found = report({"timestamp": time})
    assert found.started_at is None
    assert found.attributes["timestamp"] == time


def test_the_rule_says_who_attacks_whom() -> None:
    """An answer that betrays an attack comes from the target: the rule's keyword turns it."""
    found = report(
        alert={
            "source": {"ip": "198.51.100.22", "port": 22},
            "target": {"ip": "192.0.2.7", "port": 46370},
        }
    )
    assert found.source_host == Host(ip="198.51.100.22", port=22)
    assert found.target_host == Host(ip="192.0.2.7", port=46370)


def test_hardware_addresses_follow_their_hosts() -> None:
    """The packet's hardware addresses stay with their ends when the rule turns them."""
    ether = {"src_mac": "00:00:5E:00:53:01", "dest_mac": "bad"}
    turned = {
        "source": {"ip": "198.51.100.22", "port": 22},
        "target": {"ip": "192.0.2.7", "port": 46370},
    }
    assert report({"ether": ether}).source_host.mac == "00:00:5e:00:53:01"
    assert report({"ether": ether}, turned).target_host.mac == "00:00:5e:00:53:01"


def test_text_of_the_wire_is_made_harmless() -> None:
    """Line ends, NUL and marks that turn writing round do not get through, nor do floods."""
    evil = "a\r\nBcc: b@example.com\0\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m" + "x" * 100_000
    found = report(
        {"http": {"url": evil, "hostname": evil}, "host": evil, "proto": evil},
        {"signature": evil, "category": evil},
    )
    assert len(found.type) <= 300
    assert len(found.details) < 5000
    for text in (
        found.type,
        found.protocol,
        *found.attributes.values(),
        *found.details.split("\n"),
    ):
        assert text is not None
        assert text.isprintable()
        assert len(text) <= 1000


def test_both_ends_in_ipv6() -> None:
    """Addresses are canonical, and bracketed before a port."""
    found = report({"src_ip": "2001:DB8:0::7", "dest_ip": "::ffff:192.0.2.9"})
    assert found.source_host.ip == "2001:db8::7"
    assert found.target_host.ip == "192.0.2.9"
    assert "[2001:db8::7]:46370 to 192.0.2.9:22" in found.details
