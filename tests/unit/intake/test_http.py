"""Reading the alarms that programs send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.domain.alarm import CATEGORIES, SOURCE_TYPES, AlarmState, Host, Report
from tocsin.domain.severity import Severity
from tocsin.intake.http import MOST_IN_A_BATCH, AlarmFields, FieldError, Problem, read_reports

NOON = 1_795_608_000_000_000  # 2026-11-25T12:00:00Z


def read_one(**fields: Any) -> Report | Problem:
    """The one result of one alarm."""
    (found,) = read_reports({"type": "Suspect Data Loss", **fields}, default_source="token-1")
    return found


def report_of(**fields: Any) -> Report:
    """The report, of fields that must fit."""
    found = read_one(**fields)
    assert isinstance(found, Report), found
    return found


def error_of(**fields: Any) -> FieldError:
    """The one error of fields of which one must not fit."""
    found = read_one(**fields)
    assert isinstance(found, Problem), found
    (error,) = found.errors
    return error


def test_every_field_arrives() -> None:
    """Each field of the contract is taken over into the report."""
    found = report_of(
        source="ids-1",
        source_type="zeek",
        category="Exfiltration",
        severity="critical",
        state="inactive",
        dedup_key="case 7",
        started_at="2026-11-25T12:00:00Z",
        last_seen_at="2026-11-25T14:00:00.000001+02:00",
        ended_at="2026-11-25T07:00:00-0500",
        source_host={
            "ip": "192.0.2.7",
            "port": 0,
            "name": "a.example.net",
            "mac": "00-00-5E-00-53-01",
            "user": "u",
            "groups": ["Servers", "DMZ"],
        },
        target_host={"ip": "2001:DB8::0007", "port": 65_535},
        protocol="TCP",
        details="First line\n\tsecond",
        url="https://ids.example.net/event?id=7#top",
        attributes={"flow_id": "1", "note": ""},
    )
    assert found == Report(
        source="ids-1",
        source_type="zeek",
        type="Suspect Data Loss",
        category="Exfiltration",
        severity=Severity.CRITICAL,
        state=AlarmState.INACTIVE,
        dedup_key="case 7",
        started_at=NOON,
        last_seen_at=NOON + 1,
        ended_at=NOON,
        source_host=Host(
            "192.0.2.7", 0, "a.example.net", "00:00:5e:00:53:01", "u", ("Servers", "DMZ")
        ),
        target_host=Host("2001:db8::7", 65_535),
        protocol="TCP",
        details="First line\n\tsecond",
        url="https://ids.example.net/event?id=7#top",
        attributes={"flow_id": "1", "note": ""},
    )


def test_a_type_alone_is_an_alarm() -> None:
    """All but the type may be missing; the source is then the caller's name."""
    assert read_one() == Report(source="token-1", source_type="api", type="Suspect Data Loss")


def test_null_is_a_field_not_given() -> None:
    """Programs that write null for what they do not know are understood."""
    nothing = dict.fromkeys(AlarmFields.model_fields)
    assert report_of(**{**nothing, "type": "Suspect Data Loss"}) == report_of()
    assert report_of(source_host={"ip": None, "name": "a"}).source_host == Host(name="a")


def test_null_is_no_type() -> None:
    """The one field that must be there must be there."""
    assert error_of(type=None).path == "type"
    assert error_of(type=None).message == "is missing"


@pytest.mark.parametrize(
    ("fields", "path", "accepted"),
    [
        ({"type": ""}, "type", "1 to 300"),
        ({"type": "x" * 301}, "type", "1 to 300"),
        ({"type": "a\r\nBcc: b@example.com"}, "type", "on one line"),
        ({"type": "a\0b"}, "type", "on one line"),
        ({"type": 7}, "type", "1 to 300"),
        ({"type": "half \ud800"}, "type", "1 to 300"),
        ({"source": "x" * 201}, "source", "1 to 200"),
        ({"source_type": "system"}, "source_type", "api, alertmanager, eve"),
        ({"category": "recon"}, "category", "Recon, Exploitation, C&C"),
        ({"severity": "high"}, "severity", "critical, major, minor, trivial, informational"),
        ({"severity": 1}, "severity", "critical, major"),
        ({"state": "closed"}, "state", "active, inactive"),
        ({"dedup_key": ""}, "dedup_key", "1 to 512"),
        ({"dedup_key": "x" * 513}, "dedup_key", "1 to 512"),
        ({"started_at": 1_700_000_000}, "started_at", "RFC 3339"),
        ({"started_at": "2026-11-25T12:00:00"}, "started_at", "with offset"),
        ({"started_at": "2026-11-25"}, "started_at", "RFC 3339"),
        ({"started_at": "2026-W48-3T12:00:00Z"}, "started_at", "RFC 3339"),
        ({"started_at": "2026-02-30T12:00:00Z"}, "started_at", "RFC 3339"),
        ({"ended_at": "2026-11-25T12:00:00+99:00"}, "ended_at", "RFC 3339"),
        ({"ended_at": "9999-12-31T23:59:59-01:00"}, "ended_at", "RFC 3339"),
        ({"ended_at": "1970-01-01T00:00:00+00:01"}, "ended_at", "RFC 3339"),
        ({"last_seen_at": "٢٠٢٦-11-25T12:00:00Z"}, "last_seen_at", "RFC 3339"),
        ({"source_host": "192.0.2.7"}, "source_host", "an object with any of: ip, port"),
        ({"source_host": {"ip": "192.0.2.300"}}, "source_host.ip", "192.0.2.7"),
        ({"target_host": {"ip": "fe80::1%eth0"}}, "target_host.ip", "without a zone"),
        ({"target_host": {"port": 65_536}}, "target_host.port", "0 to 65535"),
        ({"target_host": {"port": -1}}, "target_host.port", "0 to 65535"),
        ({"target_host": {"port": "22"}}, "target_host.port", "a whole number"),
        ({"target_host": {"port": True}}, "target_host.port", "a whole number"),
        ({"target_host": {"port": 22.5}}, "target_host.port", "a whole number"),
        ({"target_host": {"port": 10**30}}, "target_host.port", "a whole number"),
        ({"source_host": {"mac": "00:00"}}, "source_host.mac", "six octets"),
        ({"source_host": {"name": "x" * 256}}, "source_host.name", "1 to 255"),
        ({"source_host": {"groups": "DMZ"}}, "source_host.groups", "at most 100 names"),
        ({"source_host": {"groups": ["a", 5]}}, "source_host.groups[1]", "1 to 255"),
        ({"source_host": {"groups": ["a"] * 101}}, "source_host.groups", "at most 100"),
        ({"source_host": {"hostname": "a"}}, "source_host.hostname", "ip, port, name, mac"),
        ({"protocol": "x" * 41}, "protocol", "1 to 40"),
        ({"details": "x" * 65_537}, "details", "65536"),
        ({"details": "a\0b"}, "details", "without NUL"),
        ({"url": "javascript:alert(1)"}, "url", "http or https"),
        ({"url": "http://"}, "url", "http or https"),
        ({"url": "https://user:secret@example.net/"}, "url", "without a user name"),
        ({"url": "https://example.net/a b"}, "url", "http or https"),
        ({"url": 'https://example.net/"><script>'}, "url", "http or https"),
        ({"url": "https://example.net/\N{RIGHT-TO-LEFT OVERRIDE}"}, "url", "ASCII"),
        ({"url": "https://example.net/" + "x" * 2048}, "url", "2048"),
        ({"attributes": []}, "attributes", "an object"),
        ({"attributes": {"a": 1}}, "attributes.a", "text"),
        ({"attributes": {"a": "x" * 4097}}, "attributes.a", "4096"),
        ({"attributes": {"": "x"}}, 'attributes.""', "names of 1 to 128"),
        ({"attributes": {"x" * 129: "x"}}, "attributes." + "x" * 129, "names of 1 to 128"),
        ({"attributes": {f"a{n}": "" for n in range(101)}}, "attributes", "at most 100"),
        ({"Severity": "major"}, "Severity", "severity"),
        ({"received_at": "2026-11-25T12:00:00Z"}, "received_at", "started_at"),
        ({"id": "x"}, "id", "dedup_key"),
    ],
)
def test_what_does_not_fit_is_named_with_what_does(
    fields: dict[str, Any], path: str, accepted: str
) -> None:
    """Each wrong value is one error that names its field and says what is accepted."""
    error = error_of(**fields)
    assert error.path == path
    assert accepted in error.accepted
    assert error.message


def test_every_wrong_field_is_named() -> None:
    """One answer is enough to mend an alarm."""
    found = read_one(severity="high", url="ftp://example.net", source_host={"ip": "a", "port": "b"})
    assert isinstance(found, Problem)
    assert [one.path for one in found.errors] == [
        "severity",
        "source_host.ip",
        "source_host.port",
        "url",
    ]


def test_the_answer_to_a_flood_of_wrong_fields_is_bounded() -> None:
    """A hostile alarm of a hundred thousand unknown fields gets a short answer."""
    found = read_one(**{f"field{n}": "x" * 1000 for n in range(100_000)})
    assert isinstance(found, Problem)
    assert len(found.errors) == 21
    assert "99980 more" in found.errors[-1].message
    assert len(json.dumps([one.message + one.path + one.accepted for one in found.errors])) < 20_000


def test_wrong_values_are_shown_harmlessly() -> None:
    """What is quoted back has no control characters and is short."""
    found = read_one(
        severity="\x1b[31m\r\n" + "x" * 10_000_000,
        source_host={"a\nb\N{RIGHT-TO-LEFT OVERRIDE}": 1},
    )
    assert isinstance(found, Problem)
    for error in found.errors:
        assert error.message.isascii()
        assert error.message.isprintable()
        assert error.path.isascii()
        assert error.path.isprintable()
        assert len(error.message) < 200


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "alarm", [], [[]], float("nan")])
def test_what_is_no_object_is_no_alarm(value: object) -> None:
    """Whatever stands in an array in the place of an alarm is refused in its place."""
    first, second = read_reports([value, {"type": "a"}], default_source="x")
    assert isinstance(first, Problem)
    assert first.errors[0].accepted == "an object with the fields of an alarm"
    assert isinstance(second, Report)


def test_a_batch_is_answered_in_order() -> None:
    """Good and bad ones keep their places."""
    found = read_reports([{"type": "a"}, {}, {"type": "b"}, 5], default_source="x")
    assert [type(one) for one in found] == [Report, Problem, Report, Problem]
    assert [one.type for one in found if isinstance(one, Report)] == ["a", "b"]


def test_the_largest_batch() -> None:
    """Ten thousand alarms are a batch; one more is one problem, and nothing is read."""
    alarms = [{"type": "a"}] * MOST_IN_A_BATCH
    assert len(read_reports(alarms, default_source="x")) == MOST_IN_A_BATCH
    (found,) = read_reports([*alarms, {"type": "a"}], default_source="x")
    assert isinstance(found, Problem)
    assert found.errors == (FieldError("batch", "holds 10001 alarms", "at most 10000 at once"),)


def test_an_empty_batch_is_a_problem() -> None:
    """Who sends no alarm is told so."""
    (found,) = read_reports([], default_source="x")
    assert isinstance(found, Problem)


def test_the_words_of_the_domain_are_the_words_accepted() -> None:
    """All categories and source types but the manager's own can be reported."""
    for category in CATEGORIES:
        assert report_of(category=category).category == category
    for source_type in set(SOURCE_TYPES) - {"system"}:
        assert report_of(source_type=source_type).source_type == source_type


def test_the_schema_names_every_field_and_limit() -> None:
    """What describes the API is what checks the alarms."""
    schema = AlarmFields.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["type"]
    assert schema["properties"]["type"]["maxLength"] == 300
    assert set(schema["properties"]) == set(Report.__dataclass_fields__)
    assert schema["$defs"]["HostFields"]["additionalProperties"] is False
    json.dumps(schema)
