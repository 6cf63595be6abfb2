"""Feedback and flags over the API; the endpoint of SNS has tests of its own."""

from __future__ import annotations

import json

import awsserver
from tocsin.base.ids import uuid7
from tocsin.domain.principal import Role
from tocsin.store import models


def test_events_become_receipts_and_flags(api, configured, reported, delivery):
    """Sent as EventBridge does, shown at the delivery, told with the action, and cleared."""
    id_ = delivery(reported(), state="delivered")
    models.RelayMessage.objects.create(relay_id="0102-the-id", delivery_id=id_)
    bridged = {
        "id": uuid7(),
        "source": "aws.ses",
        "detail-type": "Email Bounced",
        "detail": awsserver.bounce("0102-the-id", "soc@example.com"),
    }
    answer = api.post("/ses/events", [bridged, {"odd": 1}], role=Role.ANALYST)
    assert answer.status == 202
    first, second = answer.json
    assert first == {"ok": True}
    assert second["ok"] is False
    assert "neither an event" in second["problem"]["detail"]
    (recipient,) = api.get(f"/deliveries/{id_}").json["recipients"]
    assert recipient["receipt"] == "bounced"
    assert recipient["receipt_at"] == "2026-11-24T10:00:00.000000Z"
    assert "mailbox does not exist" in recipient["receipt_words"]
    (flag,) = api.get("/ses/flags", role=Role.VIEWER).json["items"]
    assert (flag["address"], flag["actions"]) == ("soc@example.com", ["Mail the SOC"])
    assert api.ask("DELETE", "/ses/flags/soc@example.com").status == 204
    assert api.get("/ses/flags").json["items"] == []


def test_nothing_but_bad_events_is_an_error(api):
    """Each is named with what is wrong."""
    document = api.post("/ses/events", [{"odd": 1}, 7]).problem(422, "input.invalid")
    assert [one["field"] for one in document["errors"]] == ["[0]", "[1]"]
    api.post("/ses/events", []).problem(422, "input.invalid")


def test_the_key_of_aws_is_never_given_back(api):
    """Sent as it is over the API, shown as set, and kept when the document comes back."""
    ses = {"region": "eu-west-1", "access_key": awsserver.KEY, "secret_key": awsserver.SECRET}
    answer = api.post("/configuration", {"ses": ses})
    assert answer.status == 200, answer.text
    assert awsserver.SECRET not in answer.text
    shown = api.get("/configuration").json
    assert shown["document"]["ses"]["secret_key_file"] == "set"
    assert awsserver.SECRET not in json.dumps(shown)
    again = api.post("/configuration", {"ses": shown["document"]["ses"]})
    assert again.json["changed"] is False
    assert awsserver.SECRET not in str(list(models.ConfigurationVersion.objects.values()))
    sealed = models.StoredSecret.objects.get()
    assert sealed.field == "ses.secret_key"
    assert awsserver.SECRET.encode() not in bytes(sealed.ciphertext)


def bounce(api, id_: str) -> None:
    """The mail of that delivery came back for good."""
    models.RelayMessage.objects.create(relay_id="0102-the-id", delivery_id=id_)
    said = awsserver.bounce("0102-the-id", "soc@example.com")
    assert api.post("/ses/events", said, role=Role.ANALYST).status == 202


def test_a_flag_stands_at_the_action_and_may_come_back_with_it(api, configured, reported, delivery):
    """Beside the fields of the document; sent back with them it changes nothing."""
    assert api.get("/actions/Mail the SOC").json["flagged"] == []
    bounce(api, delivery(reported(), state="delivered"))
    (listed,) = [one for one in api.get("/actions").json["items"] if one["name"] == "Mail the SOC"]
    one = api.get("/actions/Mail the SOC").json
    assert one == listed
    assert [flag["address"] for flag in one["flagged"]] == ["soc@example.com"]
    number = api.get("/configuration").json["version"]
    answer = api.ask("PUT", "/actions/Mail the SOC", one)
    assert answer.json == one
    assert api.get("/configuration").json["version"] == number


def test_deliveries_are_filtered_by_their_receipt(api, configured, reported, delivery):
    """By each word; one that there is not is refused."""
    back = delivery(reported(), state="delivered")
    silent = delivery(reported(), state="delivered")
    bounce(api, back)

    def ids(receipt: str) -> list[str]:
        return [one["id"] for one in api.get(f"/deliveries?receipt={receipt}").json["items"]]

    assert (ids("bounced"), ids("none")) == ([back], [silent])
    assert ids("arrived") == ids("complained") == []
    assert api.get("/deliveries?receipt=odd").status == 422


def test_what_cannot_be_read_is_listed_in_parts(api):
    """The latest first, with its body, and a cursor for the rest."""
    for number in range(3):
        models.FeedbackQuarantined.objects.create(
            received_at=number, channel="sqs", reason=f"reason {number}", body="{}"
        )
    first = api.get("/ses/quarantine?limit=2", role=Role.VIEWER).json
    assert [one["reason"] for one in first["items"]] == ["reason 2", "reason 1"]
    assert (first["total"], first["items"][0]["body"]) == (3, "{}")
    rest = api.get(f"/ses/quarantine?limit=2&cursor={first['next']}").json
    assert ([one["reason"] for one in rest["items"]], rest["next"]) == (["reason 0"], None)
    api.get("/ses/quarantine?cursor=x").problem(404, "input.not-found")
