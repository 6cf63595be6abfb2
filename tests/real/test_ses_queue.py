"""Feedback through a real queue: SNS hands it to SQS, Tocsin fetches, stores and deletes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from django.db import DatabaseError

import awsserver
from tocsin.engine import access, configuration, feedback, feedbackpoll
from tocsin.engine.feedbackpoll import FeedbackPoll
from tocsin.engine.storethread import StoreThread
from tocsin.ses import sqs
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.store import models

pytestmark = pytest.mark.django_db(transaction=True)

ID = "0102019d1d463523-617e8165-a084-4d91-aa5e-13778264d5d4-000000"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """One moto server for the tests of this file."""
    with awsserver.moto() as url:
        yield url


@pytest.fixture
def queue(moto, request) -> tuple[Aws, str, str]:
    """A client, a queue of the test's own, and a topic that feeds it."""
    aws = awsserver.aws(moto)
    name = request.node.name[:60].replace("[", "-").replace("]", "")
    url = aws.call("sqs", "CreateQueue", QueueName=name)["QueueUrl"]
    arn = aws.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])
    topic = aws.call("sns", "CreateTopic", Name=name)["TopicArn"]
    aws.call(
        "sns",
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn["Attributes"]["QueueArn"],
    )
    return aws, url, topic


@pytest.fixture
def delivery() -> str:
    """A delivery that SES took; gives its id."""
    models.Delivery.objects.create(
        id="01930000-0000-7000-8000-000000000001",
        action="Mail the SOC",
        kind="email",
        configuration=1,
        state="delivered",
        severity=4,
        message_id="<01930000-0000-7000-8000-000000000001@example.com>",
        recipients='[{"address":"a@example.com","state":"accepted","reply":null,"receipt":"none"}]',
        queued_at=1,
        not_before=1,
        expires_at=2,
        attempts=1,
        maybe_twice=False,
    )
    models.RelayMessage.objects.create(
        relay_id=ID, delivery_id="01930000-0000-7000-8000-000000000001"
    )
    return "01930000-0000-7000-8000-000000000001"


def publish(aws: Aws, topic: str, said: object) -> None:
    """SES publishes to a topic."""
    message = said if isinstance(said, str) else json.dumps(said)
    aws.call("sns", "Publish", TopicArn=topic, Message=message)


def left(aws: Aws, url: str) -> int:
    """Messages of the queue, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    said = aws.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in said["Attributes"].values())


async def fetch(aws: Aws, url: str) -> int:
    """One round of the responder's fetching."""
    store = StoreThread()
    try:
        return await FeedbackPoll(store, wait_s=0).fetch(aws, url)
    finally:
        await store.close()


def test_what_is_published_becomes_a_receipt(queue, delivery):
    """Through SNS's envelope; the queue is empty afterwards, the malformed one kept aside."""
    aws, url, topic = queue
    publish(aws, topic, awsserver.delivered(ID, "a@example.com"))
    publish(aws, topic, "no event at all")
    publish(aws, topic, awsserver.bounce(ID, "a@example.com"))
    count = 0
    while count < 3:
        count += asyncio.run(fetch(aws, url))
    assert models.RecipientReceipt.objects.get(delivery=delivery).standing == "undeliverable"
    assert left(aws, url) == 0
    assert "is not JSON" in models.FeedbackQuarantined.objects.get().reason


def test_nothing_is_deleted_before_it_is_stored(queue, delivery, monkeypatch):
    """While the store does not answer, the queue keeps everything."""
    aws, url, topic = queue
    publish(aws, topic, awsserver.delivered(ID, "a@example.com"))
    seen: list[int] = []
    real = feedback.take_within

    def failing_once(events, **how):
        seen.append(left(aws, url))
        if len(seen) == 1:
            raise DatabaseError("the disk is full")
        return real(events, **how)

    monkeypatch.setattr(feedbackpoll.feedback, "take_within", failing_once)
    assert asyncio.run(fetch(aws, url)) == 1
    assert seen == [1, 1]
    assert left(aws, url) == 0
    assert models.RecipientReceipt.objects.get(delivery=delivery).standing == "arrived"


def test_a_message_that_comes_twice_changes_nothing(queue, delivery):
    """Stored, but not deleted: it is given again, and says nothing new."""
    aws, url, topic = queue
    publish(aws, topic, awsserver.bounce(ID, "a@example.com"))
    feedbackpoll.store(sqs.receive(aws, url, wait_s=0))
    before = list(models.RecipientReceipt.objects.values())
    assert models.Alarm.objects.count() == 1
    body = json.dumps(awsserver.bounce(ID, "a@example.com"))
    feedbackpoll.store([sqs.QueueMessage("again", "h", body)])
    assert list(models.RecipientReceipt.objects.values()) == before
    assert models.Alarm.objects.get().count == 1


def test_the_loop_takes_up_the_queue_of_the_document(queue, moto, delivery, home):
    """Configured while it runs; stopped, it ends without waiting for the long poll."""
    aws, url, topic = queue

    async def scene() -> None:
        store = StoreThread()
        poll = FeedbackPoll(store)
        running = asyncio.create_task(poll.run())
        try:
            publish(aws, topic, awsserver.delivered(ID, "a@example.com"))
            while await store.call(models.RecipientReceipt.objects.count) == 0:
                assert not running.done()
                await asyncio.sleep(0.05)
            poll.stop()
            async with asyncio.timeout(10):  # the long poll itself lasts 20 s
                await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await store.close()

    key = home / "key"
    key.write_text(awsserver.SECRET)
    configuration.change(
        access.LOCAL,
        {
            "ses": {
                "region": awsserver.REGION,
                "access_key": awsserver.KEY,
                "secret_key_file": "key",
                "queue": url,
                "endpoint_url": moto,
            }
        },
        read_file=lambda _: key.read_bytes(),
    )
    shown = configuration.show_document(access.LOCAL)["ses"]
    assert shown["secret_key_file"] == "set"
    asyncio.run(scene())


def test_a_queue_that_is_not_there_is_told(moto):
    """The finding says what SQS said."""
    aws = awsserver.aws(moto)
    with pytest.raises(AwsFailure) as refused:
        sqs.receive(aws, f"{moto}/123456789012/none-such", wait_s=0)
    assert refused.value.finding.code == "aws.refused"
    assert refused.value.finding.facts["action"] == "sqs:ReceiveMessage"
