"""``POST /api/v1/messages/verify``."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from dkimkeys import Domain
from tocsin.domain.principal import Role
from tocsin.engine import messages
from tocsin.engine.recordlookup import FromRecords
from tocsin.mail.received.record import Answer

OWN = Domain("example.com")


@pytest.fixture(autouse=True)
def _dns(monkeypatch) -> None:
    """DNS holds one key."""
    records = {OWN.record_name: Answer((OWN.record(),))}
    monkeypatch.setattr(messages, "FromDns", lambda: FromRecords(records, "DNS"))


def test_a_message_as_json(api):
    """The same document as the command's."""
    answer = api.post("/messages/verify", {"message": OWN.sign().decode()}, role=Role.VIEWER)
    assert answer.status == 200
    assert answer.json["ok"] is True
    assert answer.json["dkim"][0]["result"] == "pass"
    assert answer.json["keys_from"] == "DNS"
    assert answer.json["delivery"] is None


def test_a_message_as_it_came(api):
    """Octets that are no UTF-8 stay what they are."""
    content = OWN.sign(b"From: a@example.com\r\nSubject: x\r\n\r\n\xff\xfe octets \xe9\r\n")
    answer = Client().generic(
        "POST",
        "/api/v1/messages/verify",
        content,
        content_type="message/rfc822",
        headers={"Authorization": f"Bearer {api.token(Role.VIEWER)}"},
    )
    assert answer.status_code == 200
    assert json.loads(answer.content)["ok"] is True


def test_a_delivery_of_ours_is_named(api, reported, delivery):
    """With the alarm that it tells."""
    alarm = reported()
    id_ = delivery(alarm, "delivered")
    content = f"From: a@example.com\r\nMessage-ID: <{id_}@example.com>\r\n\r\n"
    answer = api.post("/messages/verify", {"message": content}).json
    assert (answer["delivery"], answer["alarms"]) == (id_, [alarm])


def test_only_the_alarm_can_be_known(api, reported, delivery):
    """SES took the id away, and the reply is not kept: the mail still names its alarm."""
    alarm = reported()
    delivery(alarm, "delivered")
    content = f"From: a@example.com\r\nX-Tocsin-Alarm: {alarm}\r\n\r\n"
    answer = api.post("/messages/verify", {"message": content}).json
    assert (answer["delivery"], answer["alarms"], answer["matched_by"]) == (None, [alarm], "alarm")


@pytest.mark.parametrize(
    "body", [{}, {"message": ""}, {"message": 5}, {"message": "no message"}, {"text": "x"}, []]
)
def test_what_is_no_message_is_refused(api, body):
    """With words that say what is wanted."""
    api.post("/messages/verify", body).problem(422, "input.invalid")
