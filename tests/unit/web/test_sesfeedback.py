"""Deliveries → Feedback, and what of it shows at actions, deliveries and alarms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

import awsserver
from tocsin.base.clock import HOUR, now
from tocsin.base.ids import uuid7
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration, feedback, sesalarm, systemalarm
from tocsin.faults.fault import Finding
from tocsin.ses.event import read_event
from tocsin.store import models

SES_ID = "0102019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
PAGE = "/ses/feedback"


@pytest.fixture
def text_of(markup) -> Callable[..., str]:
    """Gives the text of a page on one line."""

    def read(client: Client, path: str = PAGE) -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        return " ".join(markup(answer.content.decode()).text.split())

    return read


def tell(delivery: str, said: dict[str, object], channel: str = "sqs") -> None:
    """SES says something of a delivery."""
    models.RelayMessage.objects.get_or_create(relay_id=SES_ID, delivery_id=delivery)
    event = read_event(said)
    assert event is not None
    feedback.take([event], channel=channel)


def offer(topic: str = awsserver.TOPIC, **said: object) -> str:
    """A topic offered to send; gives the id."""
    id_ = uuid7()
    models.SnsSubscription.objects.create(
        id=id_, topic=topic, url="https://sns.eu-west-1.amazonaws.com/", received_at=now(), **said
    )
    return id_


@pytest.fixture
def bounced(scene) -> str:
    """The delivery of the scene came back."""
    models.Delivery.objects.filter(id=scene.delivery).update(state="delivered")
    tell(scene.delivery, awsserver.bounce(SES_ID, "soc@example.com"))
    return str(scene.delivery)


def test_without_feedback_the_page_teaches(admin: Client, text_of):
    """What it is for, what to do first, and the three ways with this manager's own address."""
    text = text_of(admin)
    assert "No feedback comes in yet" in text
    assert "First, in AWS: make an SNS topic" in text
    for words in ("queue: https://sqs.", "https://testserver/api/v1/ses/sns", "/api/v1/ses/events"):
        assert words in text
    assert "Kept aside" not in text


def test_the_own_address_is_the_configured_one(admin: Client, text_of):
    """Where people reach the pages, SNS does too."""
    page = {"outbox": {"page_address": "https://tocsin.example.com:8443"}}
    configuration.change(access.LOCAL, page)
    assert "https://tocsin.example.com:8443/api/v1/ses/sns" in text_of(admin)


def test_what_comes_in_is_told(bounced, admin: Client, text_of):
    """When the last event came, by which way, and what the mails of a day became."""
    text = text_of(admin)
    assert "Last event20" in text
    assert "By the queue1 event, the last at 20" in text
    assert "0 arrived, 1 bounced, 0 complained" in text
    assert "No feedback comes in yet" not in text


def test_trouble_fetching_leads_to_its_alarm(bounced, admin: Client, text_of, markup):
    """Since when, by which fault; the alarm says the rest. Once it is over nothing is said."""
    assert "could be fetched" not in text_of(admin)
    alarm = sesalarm.cannot_fetch("https://sqs.example.com/q", Finding("tcp.refused", REFUSED))
    systemalarm.tell([alarm])
    assert "Nothing could be fetched from the queue since 20" in text_of(admin)
    (row,) = models.Alarm.objects.filter(type=sesalarm.CANNOT_FETCH)
    page = markup(admin.get(PAGE).content.decode())
    assert f"/alarms/{row.id}" in {one.get("href") for one in page.all("a")}
    assert "tcp.refused" in page.text
    systemalarm.over([sesalarm.FEEDBACK_KEY])
    assert "could be fetched" not in text_of(admin)


REFUSED = {"host": "sqs.example.com", "port": "443", "address": "192.0.2.1", "reason": "refused"}


def test_mails_of_other_days_do_not_count(bounced, admin: Client, text_of):
    """The day goes by when a mail was queued, which its id tells."""
    old = uuid7().replace(bounced[:8], "01900000")
    row = models.RecipientReceipt.objects.get()
    models.Delivery.objects.create(
        **{**models.Delivery.objects.values().get(id=bounced), "id": old}
    )
    models.RecipientReceipt.objects.filter(pk=row.pk).update(delivery_id=old)
    assert "0 arrived, 0 bounced, 0 complained" in text_of(admin)


def test_an_offer_shows_whose_it_is_and_waits(admin: Client, text_of, markup):
    """Topic, account and region apart, what confirming means, and both buttons."""
    offer()
    text = text_of(admin)
    assert "1 topic waits for your word" in text
    assert "feedback123456789012eu-west-1" in text
    assert "only when the account number is yours" in text
    forms = markup(admin.get(PAGE).content.decode()).all("form")
    assert {f"{PAGE}/confirm", f"{PAGE}/remove"} <= {one.get("action") for one in forms}


def test_an_offer_is_removed(admin: Client, text_of):
    """It is forgotten, and the page says what is left to do in AWS."""
    id_ = offer()
    answer = admin.post(f"{PAGE}/remove", {"id": id_}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "End the subscription in AWS too" in answer.content.decode()
    assert models.SnsSubscription.objects.count() == 0


def test_an_address_of_confirming_that_is_none_is_refused_in_words(admin: Client):
    """What cannot be asked is a page with the reason, and the offer stays."""
    id_ = offer()
    models.SnsSubscription.objects.update(url="https://example.com/")
    assert admin.post(f"{PAGE}/confirm", {"id": id_}).status_code == 409
    assert models.SnsSubscription.objects.get().confirmed_at is None


def test_a_confirmed_topic_is_one_that_may_send(admin: Client, text_of):
    """Who confirmed it stands with it."""
    offer(confirmed_at=now() - HOUR, confirmed_by="administrator")
    text = text_of(admin)
    assert f"SNS topics{awsserver.TOPIC}" in text
    assert "1 topic that a person confirmed" in text
    assert "by administrator" in text


def test_a_flagged_address_says_why_and_where_it_is_used(bounced, admin: Client, text_of, markup):
    """The reason in plain words, the code, the action with its form, and the delivery."""
    text = text_of(admin)
    assert "soc@example.combouncesThe recipient's server refuses mail" in text
    assert "5.1.1" in text
    links = {one.get("href") for one in markup(admin.get(PAGE).content.decode()).all("a")}
    assert {"/response/actions/edit?name=Mail%20the%20SOC", f"/deliveries/{bounced}"} <= links


def test_clearing_a_flag_ends_the_alarm(bounced, admin: Client):
    """The address is right again."""
    alarm = models.Alarm.objects.get(category="System")
    assert alarm.state == "active"
    answer = admin.post(f"{PAGE}/clear", {"address": "soc@example.com"}, follow=True)
    assert "The flag of soc@example.com is cleared" in answer.content.decode()
    alarm.refresh_from_db()
    assert alarm.state == "inactive"
    assert models.RecipientFlag.objects.count() == 0


def keep_aside(count: int) -> None:
    """So much could not be read, a stranger's markup among it."""
    for number in range(count):
        models.FeedbackQuarantined.objects.create(
            received_at=now(), channel="sns", reason=f"reason {number}.", body="<b>x</b>"
        )


def test_what_was_kept_aside_is_shown_in_parts(admin: Client, text_of):
    """The latest first, the number of all, and the way to older ones; a body is text."""
    keep_aside(25)
    text = text_of(admin)
    assert "Kept aside 25" in text
    assert text.index("reason 24.") < text.index("reason 5.")
    assert "reason 4." not in text
    assert "<b>x</b>" in text
    rows = list(models.FeedbackQuarantined.objects.order_by("-id"))
    assert "reason 4." in text_of(admin, f"{PAGE}?cursor={rows[19].id}")


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "%C2%B2"])
def test_a_place_that_is_none(admin: Client, cursor):
    """Not found, whatever it is."""
    assert admin.get(f"{PAGE}?cursor={cursor}").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_who_may_change_nothing_sees_no_button(bounced, role, signed_in, markup):
    """They read the same."""
    offer()
    page = markup(signed_in(role).get(PAGE).content.decode())
    sent = {one.get("action") for one in page.all("form")}
    assert not any(one.startswith(PAGE) for one in sent if one)
    assert "soc@example.com" in page.text


def test_a_flag_shows_at_the_action(bounced, admin: Client, text_of):
    """In the list, above its form and above its preview, with the way to all flags."""
    for path in (
        "/response/actions",
        "/response/actions/edit?name=Mail+the+SOC",
        "/response/actions/preview?name=Mail+the+SOC",
    ):
        text = text_of(admin, path)
        assert "bounces The recipient's server refuses mail to this address for good" in text, path
        assert "Flagged addresses" in text, path
    assert "Flagged addresses" not in text_of(admin, "/response/actions/edit")


def test_a_flag_shows_at_an_address_as_it_is_typed(bounced, admin: Client):
    """Also as a copy, in another case, and before anything is saved."""
    form = {"name": "B", "to": "b@example.com", "cc": "a@example.com\r\nSOC@example.com"}
    answer = admin.post("/response/actions/edit", {**form, "preview": "1"})
    assert "Flagged addresses" in answer.content.decode()


def test_the_list_of_actions_asks_for_flags_once(
    bounced, admin: Client, django_assert_max_num_queries
):
    """Twenty actions cost as many queries as one."""
    admin.get("/response/actions")
    with django_assert_max_num_queries(100) as one:
        admin.get("/response/actions")
    count = len(one)
    action = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}
    more = [{**action, "name": f"Copy {number}"} for number in range(19)]
    configuration.change(access.LOCAL, {"actions": [action, *more]})
    admin.get("/response/actions")
    with django_assert_max_num_queries(count):
        answer = admin.get("/response/actions")
    assert answer.content.decode().count("refuses mail to this address") == 20


def test_a_receipt_shows_in_the_list_of_deliveries(bounced, admin: Client, text_of):
    """Beside the state, and in the delivery and the alarm."""
    assert "Delivered bounced" in text_of(admin, "/deliveries")
    assert "Delivered bounced" in text_of(admin, f"/deliveries/{bounced}")
    alarm = models.Telling.objects.get(delivery=bounced).transition.alarm_id
    text = text_of(admin, f"/alarms/{alarm}")
    assert "Delivered bounced Mail the SOC soc@example.com" in text
    assert "5.1.1: the mailbox does not exist." in text


def test_a_receipt_is_news_to_a_list_that_lives(scene, admin: Client):
    """The mark of the list changes with it, and does not by the same event again."""
    said = awsserver.delivered(SES_ID, "soc@example.com")
    mark = admin.get("/deliveries")["ETag"]
    tell(scene.delivery, said)
    assert admin.get("/deliveries", headers={"If-None-Match": mark}).status_code == 200
    mark = admin.get("/deliveries")["ETag"]
    tell(scene.delivery, said)
    assert admin.get("/deliveries", headers={"If-None-Match": mark}).status_code == 304


def test_receipts_of_several_recipients_are_counted(scene, admin: Client, text_of):
    """The worst first; who was not spoken of is not counted."""
    to = ",".join(
        f'{{"address": "{one}@example.com", "state": "accepted", "reply": null, "receipt": "none"}}'
        for one in "abcd"
    )
    models.Delivery.objects.filter(id=scene.delivery).update(
        state="delivered", recipients=f"[{to}]"
    )
    tell(scene.delivery, awsserver.delivered(SES_ID, "a@example.com", "b@example.com"))
    tell(scene.delivery, awsserver.complaint(SES_ID, "c@example.com"))
    assert "1 of 4 complained 2 of 4 arrived" in text_of(admin, "/deliveries")


@pytest.mark.parametrize(
    ("receipt", "shown"), [("bounced", 1), ("arrived", 0), ("none", 1), ("odd", 2)]
)
def test_deliveries_are_filtered_by_their_receipt(
    bounced, delivery, reported, admin: Client, text_of, receipt, shown
):
    """Bounced and not known apart; a word that there is not filters nothing."""
    delivery(reported(), state="delivered")
    path = f"/deliveries?receipt={receipt}"
    found = admin.get(path).content.decode().count('<tr id="row-')
    # The alarm about the address has no delivery: no responder runs.
    assert found == shown


def test_receipts_cost_no_query_for_each_delivery(
    bounced, delivery, reported, admin: Client, django_assert_max_num_queries
):
    """However many deliveries a page shows."""
    admin.get("/deliveries")
    with django_assert_max_num_queries(100) as one:
        admin.get("/deliveries?since=24h")
    count = len(one)
    for _ in range(5):
        delivery(reported(), state="delivered")
    with django_assert_max_num_queries(count):
        admin.get("/deliveries?since=24h")
