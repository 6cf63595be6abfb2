"""Evidence that goes along with a mail as a file."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
from dataclasses import replace

import pytest

from tocsin.channels.email.evidence import MOST_OCTETS, TooLarge, evidence
from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import EmailSettings
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.domain.alarm import Host, TransitionKind
from tocsin.domain.telling import Telling
from tocsin.mail.message import Mail, compose

EMAIL = Email()
ALARM = sample_alarm(1_700_000_000_000_000)


def telling(**changes) -> Telling:
    return Telling(replace(ALARM, **changes), TransitionKind.ACTIVE)


def rows(*tellings: Telling) -> list[dict[str, str]]:
    content = evidence(tellings).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def told(tellings: list[Telling], number: int) -> Mail:
    settings = EmailSettings.model_validate(
        {"name": "x", "kind": "email", "to": ["soc@example.com"], "attach_evidence": True}
    )
    return EMAIL.render(
        settings,
        tellings,
        told=number,
        sender="sna@example.com",
        message_id="<1@example.com>",
        date=0,
    )


def test_one_alarm_is_json():
    """Every field and attribute of the alarm, by the names of the API."""
    found = evidence([telling(details="a\nb\0c", attributes={"站点": "实验室"})])
    assert found.name == f"alarm-{ALARM.id}.json"
    assert json.loads(found.content) == {
        "id": ALARM.id,
        "source": "Tocsin",
        "source_type": "system",
        "type": "Test alarm (Test Action)",
        "category": "System",
        "severity": "informational",
        "state": "active",
        "dedup_key": "test alarm",
        "received_at": "2023-11-14T22:13:20.000000Z",
        "started_at": "2023-11-14T22:13:20.000000Z",
        "last_seen_at": "2023-11-14T22:13:20.000000Z",
        "ended_at": None,
        "count": 1,
        "source_host": {
            "ip": "192.0.2.10",
            "port": 51515,
            "name": "source.example.com",
            "mac": "00:00:5e:00:53:0a",
            "user": "test",
            "groups": ["Test hosts"],
        },
        "target_host": {
            "ip": "198.51.100.20",
            "port": 443,
            "name": "target.example.com",
            "mac": None,
            "user": None,
            "groups": [],
        },
        "protocol": "TCP",
        "details": "a\nb\0c",
        "url": "https://www.example.com/test-alarm",
        "attributes": {"站点": "实验室"},
        "transition": "active",
    }


def test_json_of_any_text():
    """Halves of characters, which no encoding has, arrive as they were."""
    assert json.loads(evidence([telling(type="\ud800x")]).content)["type"] == "\ud800x"


def test_several_alarms_are_csv():
    """A row each, every field in a column of its own, attributes as JSON in one."""
    found = rows(telling(attributes={"a": "1"}), Telling(BARE_ALARM, TransitionKind.INACTIVE))
    assert [one["transition"] for one in found] == ["active", "inactive"]
    assert found[0]["source_host.ip"] == "192.0.2.10"
    assert found[0]["source_host.groups"] == "Test hosts"
    assert json.loads(found[0]["attributes"]) == {"a": "1"}
    assert found[1]["id"] == BARE_ALARM.id
    assert found[1]["source_host.ip"] == found[1]["attributes"] == ""


@pytest.mark.parametrize(
    "value",
    ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", " =1+1", "＝1"],  # noqa: RUF001
)
def test_no_cell_is_a_formula(value):
    """What a spreadsheet would take for a formula is text there."""
    found = rows(
        telling(
            type=value, details=value, source_host=Host(name=value, groups=(value,)), protocol=value
        ),
        telling(),
    )
    cells = ("type", "details", "source_host.name", "source_host.groups", "protocol")
    assert {found[0][cell] for cell in cells} == {f"'{value}"}


def test_cells_stay_cells():
    """Quotes, commas and line ends within a value make no further cells or rows."""
    evil = 'a","b\r\n=1+1\rx,\ny'
    found = rows(telling(type=evil, details=evil), telling())
    assert len(found) == 2
    assert None not in found[0]
    assert "\n" not in found[0]["type"]
    assert found[0]["details"].startswith('a","b\n')


def test_thousand_rows_at_most():
    """Of more alarms than a thousand, the first thousand have rows."""
    assert len(rows(*[telling()] * 1_001)) == 1_000


def test_too_large_is_not_sent():
    """Evidence larger than mails may be is left out; the alarm is told, and that it is."""
    large = telling(attributes={"x": "y" * MOST_OCTETS})
    with pytest.raises(TooLarge):
        evidence([large])
    mail = told([large], 1)
    assert mail.attachments == ()
    assert "The evidence is not attached: it has 3,00" in mail.text
    assert "The evidence is not attached: it has 3,00" in mail.html


def test_evidence_in_the_mail():
    """The file arrives; an action that does not ask for it sends none."""
    message = email.message_from_bytes(compose(told([telling()], 1)), policy=email.policy.default)
    (file,) = message.iter_attachments()
    assert file.get_filename() == f"alarm-{ALARM.id}.json"
    assert json.loads(file.get_content())["id"] == ALARM.id
    many = told([telling()] * 1_000, 4_214)
    message = email.message_from_bytes(compose(many), policy=email.policy.default)
    (file,) = message.iter_attachments()
    assert file.get_filename() == "alarms.csv"
    assert len(list(csv.DictReader(io.StringIO(file.get_content())))) == 1_000
    assert "and 4,114 more" in many.text
