"""What a rule may ask, and what is refused when it is saved."""

from __future__ import annotations

import pytest

from tocsin.domain.alarm import Alarm, AlarmState, Host
from tocsin.domain.severity import Severity
from tocsin.rules.condition import FIELDS, BadCondition, check_when, conditions

ALARM = Alarm(
    id="1",
    source="ids-1",
    source_type="eve",
    type="ET SCAN Potential SSH Scan",
    category="Recon",
    severity=Severity.MINOR,
    state=AlarmState.ACTIVE,
    dedup_key="k",
    received_at=0,
    source_host=Host(ip="192.0.2.7", port=4242, mac="00:00:5E:00:53:0A", user="Alice"),
    target_host=Host(ip="2001:db8::25", port=22, name="Mail.example.com", groups=("DMZ", "Mail")),
    protocol="TCP",
    attributes={"signature_id": "2001219"},
)


def holds(when) -> bool:
    return all(one.holds(ALARM) for one in conditions(when))


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"severity": "minor"},
        {"severity": "Informational"},
        {"severity": ["critical", "minor"]},
        {"type": "et scan potential ssh scan"},
        {"type": ["other", " ET SCAN Potential SSH Scan "]},
        {"category": "RECON"},
        {"source": "IDS-1"},
        {"source_type": "eve"},
        {"source_host": "192.0.2.7"},
        {"source_host": "192.0.2.0/24"},
        {"source_host": ["198.51.100.1", "192.0.2.0/29"]},
        {"source_host": "0.0.0.0/0"},
        {"target_host": "2001:DB8::/32"},
        {"target_host": "2001:db8:0:0:0:0:0:25"},
        {"target_host": "mail.EXAMPLE.com."},
        {"source_port": 4242},
        {"target_port": [23, "22"]},
        {"source_user": "alice"},
        {"source_mac": "00-00-5e-00-53-0a"},
        {"target_group": "dmz"},
        {"protocol": "tcp"},
        {"protocol": 6},
        {"attributes": {"signature_id": 2001219}},
        {"attributes": {"signature_id": ["1", "2001219"]}},
        {"severity": "minor", "target_port": 22, "target_group": ["dmz"]},
    ],
)
def test_condition_holds(when):
    """Each of these asks for something the alarm has."""
    assert check_when(when) == []
    assert holds(when)


@pytest.mark.parametrize(
    "when",
    [
        {"severity": "major"},
        {"severity": ["critical", "major"]},
        {"type": "ET SCAN"},
        {"source_host": "192.0.2.8"},
        {"source_host": "192.0.2.8/29"},
        {"source_host": "::/0"},
        {"target_host": "0.0.0.0/0"},
        {"target_host": "mail"},
        {"source_host": "mail.example.com"},
        {"source_port": 22},
        {"target_user": "alice"},
        {"target_group": "Servers"},
        {"protocol": 17},
        {"attributes": {"Signature_id": "2001219"}},
        {"severity": "minor", "target_port": 23},
    ],
)
def test_condition_does_not_hold(when):
    """Each of these asks for something the alarm has not, or of the other end."""
    assert check_when(when) == []
    assert not holds(when)


@pytest.mark.parametrize(
    ("when", "field", "says"),
    [
        ({"sverity": "major"}, "sverity", "did you mean severity"),
        ({"Severity": "major"}, "Severity", "did you mean severity"),
        ({"source_ip": "192.0.2.1"}, "source_ip", "did you mean source_host"),
        ({"target_host.port": 22}, "target_host.port", "did you mean target_port"),
        ({"sensor": "ids-1"}, "sensor", "did you mean source"),
        ({"alarm_type_name": "x"}, "alarm_type_name", "did you mean type"),
        ({"state": "active"}, "state", "is no field of a rule"),
        ({5: "active"}, "5", "is no field of a rule"),
        ({"severity": "majr"}, "severity", "did you mean major; accepted: critical, major"),
        ({"severity": 4}, "severity", "is no severity"),
        ({"severity": None}, "severity", "None is no text"),
        ({"severity": []}, "severity", "empty list"),
        ({"category": "Reconn"}, "category", "did you mean Recon"),
        ({"source_type": "suricata"}, "source_type", "accepted: api, alertmanager"),
        ({"type": ""}, "type", "is empty"),
        ({"type": True}, "type", "True is no text"),
        ({"type": {"is": "x"}}, "type", "is no text"),
        ({"type": [["x"]]}, "type", "is no text"),
        ({"type": "a\nb"}, "type", "not printable"),
        ({"type": "x" * 501}, "type", "too long"),
        ({"type": 1.5}, "type", "1.5 is no text"),
        ({"source_host": "192.0.2.7/24"}, "source_host", "the network is 192.0.2.0/24"),
        ({"source_host": "192.0.2.300"}, "source_host", "no address, network or host name"),
        ({"source_host": "192.0.2.0/33"}, "source_host", "no address, network or host name"),
        ({"source_host": "10.20"}, "source_host", "no address, network or host name"),
        ({"source_host": "192.0.2.*"}, "source_host", "no address, network or host name"),
        ({"source_host": "192.0.2.1-100"}, "source_host", "no address, network or host name"),
        ({"source_host": "2001:db8::/200"}, "source_host", "no address, network or host name"),
        ({"source_host": "web example"}, "source_host", "no address, network or host name"),
        ({"source_host": "-web"}, "source_host", "no address, network or host name"),
        ({"source_host": {"ip": "192.0.2.1"}}, "source_host", "is no text"),
        ({"target_port": 65_536}, "target_port", "65536 is no port; accepted: 0 to 65535"),
        ({"target_port": -1}, "target_port", "-1 is no port"),
        ({"target_port": True}, "target_port", "True is no port"),
        ({"target_port": "ssh"}, "target_port", "'ssh' is no port"),
        ({"target_port": "²2"}, "target_port", "is no port"),
        ({"target_port": list(range(10_001))}, "target_port", "10,001 values"),
        ({"attributes": "x"}, "attributes", "is not a mapping"),
        ({"attributes": {}}, "attributes", "is not a mapping"),
        ({"attributes": {"a": None}}, "attributes.a", "None is no text"),
    ],
)
def test_wrong_condition_is_refused(when, field, says):
    """A wrong field or value is named, with what is accepted and the nearest word."""
    ((found, message),) = check_when(when)
    assert found == field
    assert says in message
    assert len(message) < 500
    with pytest.raises(BadCondition):
        conditions(when)


def test_every_problem_is_told():
    """All wrong fields of a rule are told at once, and the right ones are not."""
    problems = check_when({"severity": "x", "type": "fine", "nonsense": 1, "target_port": "y"})
    assert [field for field, _ in problems] == ["severity", "nonsense", "target_port"]


def test_unknown_field_lists_what_there_is():
    """Who writes a field that is none sees all that are."""
    ((_, message),) = check_when({"zzz": 1})
    assert all(name in message for name in (*FIELDS, "attributes"))


def test_mapped_address_is_ipv4():
    """A sensor that writes IPv4 addresses as IPv6 ones is met by IPv4 networks."""
    (condition,) = conditions({"source_host": "192.0.2.0/24"})
    mapped = Alarm(**{**_fields(ALARM), "source_host": Host(ip="::ffff:192.0.2.9")})
    assert condition.holds(mapped)


@pytest.mark.parametrize("ip", ["", "nonsense", "192.0.2", "1" * 10_000_000, "fe80::1%" + "x" * 99])
def test_address_that_is_none_meets_nothing(ip):
    """Whatever a sensor sends as an address is compared without an error."""
    (condition,) = conditions({"source_host": ["0.0.0.0/0", "::/128"]})
    assert not condition.holds(Alarm(**{**_fields(ALARM), "source_host": Host(ip=ip)}))


def _fields(alarm: Alarm) -> dict[str, object]:
    return {name: getattr(alarm, name) for name in alarm.__dataclass_fields__}
