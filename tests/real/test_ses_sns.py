"""Messages of SNS over HTTPS: the genuine are taken, whatever else is sent is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

import awsserver
import chains
from awsserver import StandIn
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration, feedbacksns
from tocsin.engine.errors import Conflict, Refused
from tocsin.store import models
from tocsin.trust.context import server_context

pytestmark = pytest.mark.django_db

ID = "0102019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"
DELIVERY = "01930000-0000-7000-8000-000000000001"
HOUSE = chains.ladder("localhost")
SIGNER = chains.make("sns.amazonaws.com", issuer=HOUSE.intermediate, kind="rsa-2048")
CERT = "/SimpleNotificationService-0123456789abcdef.pem"


@pytest.fixture(scope="module")
def secured(tmp_path_factory) -> Iterator[StandIn]:
    """SNS: the certificate's file and the address of confirmations, over TLS."""
    files = chains.write_chain(tmp_path_factory.mktemp("sns"), [HOUSE.leaf, HOUSE.intermediate])
    with StandIn(server_context(*files)) as server:
        yield server


@pytest.fixture
def sns(secured) -> StandIn:
    """SNS as it was at first, trusted and configured, and a delivery that feedback is about."""
    secured.asked.clear()
    secured.redirects.clear()
    secured.files.clear()
    secured.files |= {CERT: SIGNER.pem, "/": b"<ConfirmSubscriptionResponse/>"}
    feedbacksns.certificates.clear()
    configure(secured)
    models.Delivery.objects.create(
        id=DELIVERY,
        action="Mail the SOC",
        kind="email",
        configuration=1,
        state="delivered",
        severity=4,
        message_id=f"<{DELIVERY}@example.com>",
        recipients='[{"address":"a@example.com","state":"accepted","reply":null,"receipt":"none"}]',
        queued_at=1,
        not_before=1,
        expires_at=2,
        attempts=1,
        maybe_twice=False,
    )
    models.RelayMessage.objects.create(relay_id=ID, delivery_id=DELIVERY)
    return secured


def configure(server: StandIn, **said: Any) -> None:
    """The document names the topic, and the stand-in in place of AWS."""
    configuration.change(
        access.LOCAL,
        {
            "trust": [{"name": "Example Root CA 1", "pem": HOUSE.root.pem.decode()}],
            "ses": {
                "region": awsserver.REGION,
                "topics": [awsserver.TOPIC],
                "endpoint_url": server.url,
                **said,
            },
        },
    )


def post(said: object) -> tuple[int, dict[str, Any]]:
    """What SNS does, without any token."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    answer = Client(raise_request_exception=False).generic(
        "POST", "/api/v1/ses/sns", body, content_type="text/plain; charset=UTF-8"
    )
    return answer.status_code, json.loads(answer.content)


def message(sns: StandIn, **said: str) -> dict[str, Any]:
    """A genuine notification of a bounce, but for what is said."""
    unsigned = awsserver.notification(awsserver.bounce(ID, "a@example.com"), sns.url + CERT, **said)
    return awsserver.signed(unsigned, SIGNER.key)


def receipts() -> list[str]:
    """What is known of the delivery."""
    return list(models.RecipientReceipt.objects.values_list("standing", flat=True))


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_genuine_message_is_taken(sns, version):
    """Signed with SHA-1 as SNS does by default, or with SHA-256."""
    assert post(message(sns, SignatureVersion=version)) == (200, {"result": "taken"})
    assert receipts() == ["undeliverable"]


def test_a_message_with_a_subject_is_signed_with_it(sns):
    """The field is part of the signed text where it is there."""
    assert post(message(sns, Subject="Amazon SES Email Event"))[0] == 200


def test_the_certificate_is_fetched_once(sns):
    """The next messages are checked by what is known of it."""
    for number in range(3):
        assert post(message(sns, MessageId=f"id-{number}"))[0] == 200
    assert sns.asked == [CERT]


def test_a_replay_does_nothing(sns):
    """The same message again is answered, and stored only once."""
    said = message(sns)
    assert post(said)[1] == {"result": "taken"}
    models.RecipientReceipt.objects.all().delete()
    assert post(said) == (200, {"result": "repeated"})
    assert receipts() == []


@pytest.mark.parametrize(
    "field", ["Message", "MessageId", "TopicArn", "Timestamp", "Signature", "Subject"]
)
def test_nothing_signed_can_be_changed(sns, field):
    """Each field that the signature covers, and the signature itself."""
    other = {
        "Message": json.dumps(awsserver.delivered(ID, "a@example.com")),
        "MessageId": "another-id",
        "TopicArn": awsserver.TOPIC.replace("feedback", "other"),
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.999Z"),
        "Signature": "AAAA",
        "Subject": "new",
    }
    configure(sns, topics=[awsserver.TOPIC, other["TopicArn"]])
    assert post({**message(sns), field: other[field]})[0] == 403
    assert receipts() == []
    assert models.FeedbackSeen.objects.count() == 0


def test_another_key_is_refused(sns):
    """A message that is signed by somebody else, under the certificate of SNS."""
    unsigned = awsserver.notification(awsserver.bounce(ID, "a@example.com"), sns.url + CERT)
    assert post(awsserver.signed(unsigned, chains.key_of("rsa-3072")))[0] == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com" + CERT,
        "https://sns.eu-west-1.amazonaws.com.evil.example" + CERT,
        "https://evil.example/sns.eu-west-1.amazonaws.com" + CERT,
        "https://evil.example" + CERT,
        "https://sns.eu-west-1.amazonaws.com@evil.example" + CERT,
        "https://sns.eu-west-1.amazonaws.com:8443" + CERT,
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com/x/../SimpleNotificationService-00.pem",
        "https://bucket.s3.amazonaws.com" + CERT,
        "https://localhost:1" + CERT,
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
def test_a_certificate_of_elsewhere_is_never_fetched(sns, url):
    """Only the host and the path of SNS; the forged message makes no traffic."""
    unsigned = awsserver.notification(awsserver.bounce(ID, "a@example.com"), url)
    assert post(awsserver.signed(unsigned, SIGNER.key))[0] == 403
    assert sns.asked == []


def test_an_old_message_is_refused(sns):
    """Older than an hour, or of the future, whatever its signature says."""
    for shift in (timedelta(minutes=-61), timedelta(minutes=10)):
        at = (datetime.now(UTC) + shift).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert post(message(sns, Timestamp=at))[0] == 403
    at = (datetime.now(UTC) - timedelta(minutes=55)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert post(message(sns, Timestamp=at))[0] == 200


def test_a_topic_that_nobody_agreed_to_is_refused(sns):
    """However genuine: any customer of AWS can sign with SNS."""
    other = awsserver.TOPIC.replace("123456789012", "999999999999")
    assert post(message(sns, TopicArn=other))[0] == 403
    assert sns.asked == []


def test_without_ses_in_the_document_nothing_is_taken(sns):
    """The endpoint is closed until feedback is asked for."""
    configuration.change(access.LOCAL, {"ses": None})
    assert post(message(sns))[0] == 403


@pytest.mark.parametrize(
    "signer",
    [
        chains.make("sns.amazonaws.com", issuer=HOUSE.intermediate, kind="rsa-2048", ends=-0.5),
        chains.make("sns.amazonaws.com", kind="rsa-2048"),
        chains.make("other.example.com", issuer=HOUSE.intermediate, kind="rsa-2048"),
        chains.make("sns.amazonaws.com", issuer=HOUSE.intermediate, kind="rsa-1024"),
        chains.make("sns.amazonaws.com", issuer=HOUSE.intermediate),
    ],
    ids=["expired", "self-signed", "another name", "weak", "no RSA"],
)
def test_a_certificate_that_will_not_do_is_refused(sns, signer):
    """Though it came from the right host."""
    sns.files[CERT] = signer.pem
    assert post(message(sns))[0] == 403
    sns.files[CERT] = b"<html>not here</html>"
    assert post(message(sns))[0] == 403


def test_a_certificate_is_not_fetched_from_whom_we_do_not_trust(sns):
    """Without the root in the trust store: later, when somebody has added it."""
    configuration.change(access.LOCAL, {"trust": []})
    status, told = post(message(sns))
    assert told["code"].startswith("tls.")
    assert status == 503
    assert sns.asked == []


def test_a_redirected_certificate_is_not_followed(sns):
    """It lies where it lies."""
    del sns.files[CERT]
    sns.redirects[CERT] = "/other"
    assert post(message(sns))[0] == 503
    assert sns.asked == [CERT]


def test_forged_messages_make_little_traffic(sns):
    """So many certificates a minute, and no more."""
    for number in range(30):
        url = f"{sns.url}/SimpleNotificationService-{number:04x}.pem"
        unsigned = awsserver.notification("x", url)
        assert post(awsserver.signed(unsigned, SIGNER.key))[0] in {403, 503}
    assert len(sns.asked) == 10


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"no JSON", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"Type": "Notification"}', 400),
        (b'{"Type": ["Notification"]}', 400),
        (b" " * (256 * 1024 + 1), 413),
        (b"[" * 100_000, 400),
    ],
)
def test_what_is_no_message_is_refused(sns, body, status):
    """With a clear answer that repeats nothing of it."""
    assert post(body)[0] == status


def test_nothing_that_is_sent_is_repeated(sns):
    """A stranger's text stands in no answer."""
    said = {**message(sns), "Signature": "<script>", "MessageId": "reflected-here"}
    status, told = post(said)
    assert status == 403
    assert "reflected-here" not in json.dumps(told)
    assert "<script>" not in json.dumps(told)


def test_only_posting_is_possible():
    """405 with what is right."""
    answer = Client().get("/api/v1/ses/sns")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_what_is_signed_and_unreadable_is_kept_aside(sns):
    """It is answered, or SNS would send it again and again."""
    said = awsserver.signed(awsserver.notification('{"eventType": 1}', sns.url + CERT), SIGNER.key)
    assert post(said) == (200, {"result": "ignored"})
    assert models.FeedbackQuarantined.objects.get().channel == "sns"


NEW = awsserver.TOPIC.replace("feedback", "new")


def offer(sns: StandIn, **said: str) -> dict[str, Any]:
    """The first message of a topic that the document does not name."""
    unsigned = awsserver.confirmation(
        sns.url + CERT, f"{sns.url}/?Action=ConfirmSubscription&Token=2336", TopicArn=NEW
    )
    return awsserver.signed({**unsigned, **said}, SIGNER.key)


def test_a_subscription_waits_for_a_persons_word(sns):
    """Nothing is fetched and nothing taken of the topic until an administrator agrees."""
    assert post(offer(sns)) == (200, {"result": "pending"})
    assert sns.asked == [CERT]
    assert post(message(sns, TopicArn=NEW))[0] == 403
    (one,) = feedbacksns.list_subscriptions(access.LOCAL)
    assert (one.topic, one.confirmed_at) == (NEW, None)
    with pytest.raises(NotPermitted):
        feedbacksns.confirm_subscription(Principal("r", Role.RESPONDER, "page"), one.id)
    confirmed = feedbacksns.confirm_subscription(access.LOCAL, one.id)
    assert confirmed.confirmed_by == access.LOCAL.name
    assert sns.asked == [CERT, "/?Action=ConfirmSubscription&Token=2336"]
    assert post(message(sns, TopicArn=NEW))[1] == {"result": "taken"}
    with pytest.raises(Conflict):
        feedbacksns.confirm_subscription(access.LOCAL, one.id)
    feedbacksns.remove_subscription(access.LOCAL, one.id)
    assert post(message(sns, TopicArn=NEW, MessageId="later"))[0] == 403


def test_a_confirmation_that_sns_refuses_stays_open(sns):
    """The token was old, say: the offer waits on, and the finding says so."""
    del sns.files["/"]
    post(offer(sns))
    (one,) = feedbacksns.list_subscriptions(access.LOCAL)
    with pytest.raises(Refused) as refused:
        feedbacksns.confirm_subscription(access.LOCAL, one.id)
    assert refused.value.finding.code == "aws.refused"
    assert feedbacksns.list_subscriptions(access.LOCAL)[0].confirmed_at is None


@pytest.mark.parametrize(
    "said",
    [
        {"SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"},
        {"SubscribeURL": "http://169.254.169.254/latest/meta-data"},
        {"TopicArn": NEW.replace("eu-west-1", "us-east-1")},
    ],
)
def test_an_offer_of_elsewhere_is_refused(sns, said):
    """Another host would be fetched from here, another region is none of ours."""
    assert post(offer(sns, **said))[0] == 403
    assert sns.asked == []
    assert feedbacksns.list_subscriptions(access.LOCAL) == []


def test_only_so_many_offers_wait(sns):
    """Anybody with an account at AWS can make one."""
    for number in range(feedbacksns.MOST_PENDING + 3):
        post(offer(sns, TopicArn=f"{NEW}{number}", MessageId=f"id-{number}"))
    assert len(feedbacksns.list_subscriptions(access.LOCAL)) == feedbacksns.MOST_PENDING
