"""Whether Amazon SES reports anything, read and set up over real connections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from django.test import Client

import awsserver
from awsfront import Front, front, reset
from tocsin.base.secret import Secret
from tocsin.cli.main import run
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration, feedbacklook, feedbackpoll, feedbacksetup
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.engine.feedbacksetup import NAME, Progress
from tocsin.ses import destination, sqs
from tocsin.ses.destination import Told
from tocsin.store import models
from tocsin.web.sesfeedback import SENTENCES

pytestmark = pytest.mark.django_db

TOPIC = f"arn:aws:sns:{awsserver.REGION}:123456789012:{NAME}"
OTHER = f"arn:aws:sns:{awsserver.REGION}:123456789012:somebody-elses"
SENDER = "tocsin@example.com"


@pytest.fixture(scope="module")
def server() -> Iterator[Front]:
    """One server for the tests of this file."""
    with front() as one:
        yield one


@pytest.fixture
def aws(server: Front, home: Path) -> Front:
    """AWS with one identity, the domain of the sender, and our document naming the key."""
    reset(server)
    client = awsserver.aws(server.url)
    client.call("sesv2", "CreateEmailIdentity", EmailIdentity="example.com")
    configure(server)
    server.asked.clear()
    return server


def configure(server: Front, **said: Any) -> None:
    """The From address, and the key with the server in place of AWS."""
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": "relay.example.com",
                "port": 587,
                "encryption": "starttls",
                "from": SENDER,
            },
            "ses": {
                "region": awsserver.REGION,
                "access_key": awsserver.KEY,
                "secret_key": Secret(awsserver.SECRET),
                "endpoint_url": server.url,
                **said,
            },
        },
    )


def look() -> destination.Reporting:
    """What is reported of the one sender."""
    (found,) = feedbacklook.look(access.LOCAL)
    return found


def topics(found: destination.Reporting) -> dict[str, list[str]]:
    """The targets of each sort of report."""
    return {told.value: [way.target for way in found.ways(told)] for told in Told}


def test_nothing_is_reported_of_a_new_identity(aws):
    """The domain covers the sender; bounces are mailed to it, and nobody else is told."""
    found = look()
    assert (found.identity, found.configuration_set) == ("example.com", None)
    assert topics(found) == {"BOUNCE": [], "COMPLAINT": [], "DELIVERY": []}
    assert found.forwarded
    assert not feedbacklook.reports_bounces(found)
    assert found.missing == ()


def test_notification_topics_are_read(aws):
    """Each sort has its own; what has none is reported to nobody."""
    aws.topics["example.com"] = {"Bounce": OTHER}
    aws.headers["example.com"] = {"Bounce"}
    found = look()
    assert topics(found) == {"BOUNCE": [OTHER], "COMPLAINT": [], "DELIVERY": []}
    assert not found.forwarded
    assert found.notifications is not None
    assert not found.notifications.headers


def test_event_destinations_of_the_default_set_are_read(aws):
    """Those that are switched on and match; the others report nothing."""
    aws.sets["example.com"] = "alarms"
    aws.destinations["alarms"] = [
        event_destination("ours", ["BOUNCE", "SEND"], SnsDestination={"TopicArn": OTHER}),
        event_destination("off", ["BOUNCE"], Enabled=False, SnsDestination={"TopicArn": TOPIC}),
        event_destination(
            "bus", ["COMPLAINT"], EventBridgeDestination={"EventBusArn": "arn:aws:events:bus"}
        ),
        event_destination("numbers", ["DELIVERY"], CloudWatchDestination=CLOUDWATCH),
    ]
    found = look()
    assert found.configuration_set == "alarms"
    assert topics(found) == {
        "BOUNCE": [OTHER],
        "COMPLAINT": ["arn:aws:events:bus"],
        "DELIVERY": [""],
    }
    assert [way.kind for way in found.ways(Told.DELIVERY)] == ["cloudwatch"]


CLOUDWATCH = {
    "DimensionConfigurations": [
        {
            "DimensionName": "site",
            "DimensionValueSource": "MESSAGE_TAG",
            "DefaultDimensionValue": "a",
        }
    ]
}


def event_destination(name: str, events: list[str], **said: Any) -> dict[str, Any]:
    """An event destination as SES describes it."""
    return {"Name": name, "Enabled": True, "MatchingEventTypes": events, **said}


def test_a_set_that_an_action_names_is_read_too(aws):
    """Its mails go by that one, whatever the identity's own is."""
    action = {
        "name": "A",
        "kind": "email",
        "to": ["soc@example.com"],
        "configuration_set": "special",
    }
    configuration.change(access.LOCAL, {"actions": [action]})
    by_default, special = feedbacklook.look(access.LOCAL)
    assert (by_default.configuration_set, special.configuration_set) == (None, "special")


def test_rights_that_are_missing_are_named(aws):
    """What may not be seen is not claimed to be absent."""
    aws.sets["example.com"] = "alarms"
    aws.denied = {"GetConfigurationSetEventDestinations", "GetIdentityNotificationAttributes"}
    found = look()
    assert found.destinations is None
    assert found.notifications is None
    assert found.missing == (
        "ses:GetConfigurationSetEventDestinations",
        "ses:GetIdentityNotificationAttributes",
    )
    aws.denied = {"GetEmailIdentity"}
    assert look().missing == ("ses:GetEmailIdentity",)


def test_the_narrowest_identity_covers_a_sender():
    """The address, the address without its label, then the domain and those above it."""
    assert list(destination.candidates("soc+night@alarms.Example.COM")) == [
        "soc+night@alarms.example.com",
        "soc@alarms.example.com",
        "alarms.example.com",
        "example.com",
    ]


def test_an_address_of_its_own_is_found_before_its_domain(aws):
    """As SES takes them."""
    client = awsserver.aws(aws.url)
    client.call("sesv2", "CreateEmailIdentity", EmailIdentity=SENDER)
    assert look().identity == SENDER


def test_without_a_key_nothing_is_asked(db):
    """Said in words, by both uses; and only an administrator has AWS asked."""
    for use in (feedbacklook.look, feedbacksetup.create):
        with pytest.raises(NotFound):
            use(access.LOCAL)
        with pytest.raises(NotPermitted):
            use(Principal("r", Role.RESPONDER, "api"))


def test_a_server_that_cannot_be_asked_is_told(aws):
    """With mail's reason, and nothing is made."""
    configure(aws, endpoint_url="http://127.0.0.1:1")
    for use in (feedbacklook.look, feedbacksetup.create):
        with pytest.raises(Refused) as refused:
            use(access.LOCAL)
        assert refused.value.finding.code == "tcp.refused"


def test_the_whole_path_is_made_and_carries_an_event(aws):
    """What is published to the topic is fetched from the queue and stored, as SES writes it."""
    made = feedbacksetup.create(access.LOCAL)
    assert made.ok, made
    assert {one.progress for one in made.steps} == {Progress.DONE}
    ses = configuration.current().configuration.ses
    assert ses is not None
    assert ses.queue is not None
    assert ses.queue.endswith(f"/{NAME}")
    assert ses.secret_key is not None
    assert aws.topics["example.com"] == dict.fromkeys(("Bounce", "Complaint", "Delivery"), TOPIC)
    assert aws.headers["example.com"] == {"Bounce", "Complaint", "Delivery"}
    client = awsserver.aws(aws.url)
    event = awsserver.bounce("0102019d1d463523-617e8165", "soc@example.com")
    client.call("sns", "Publish", TopicArn=TOPIC, Message=json.dumps(event))
    (message,) = sqs.receive(client, ses.queue, wait_s=1)
    assert json.loads(message.body) == event
    feedbackpoll.store([message])
    assert models.FeedbackWaiting.objects.get().relay_id == "0102019d1d463523-617e8165"
    assert models.FeedbackChannel.objects.get().channel == "sqs"


def test_policies_let_in_nobody_else(aws):
    """SES of this account may publish, this topic may send; what stood there before stays."""
    feedbacksetup.create(access.LOCAL)
    client = awsserver.aws(aws.url)
    said = client.call("sns", "GetTopicAttributes", TopicArn=TOPIC)["Attributes"]["Policy"]
    by_default, ours = json.loads(said)["Statement"]
    assert by_default["Sid"] == "__default_statement_ID"
    assert ours["Principal"] == {"Service": "ses.amazonaws.com"}
    assert ours["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ses:{awsserver.REGION}:123456789012:*"},
    }
    queue = client.call("sqs", "GetQueueUrl", QueueName=NAME)["QueueUrl"]
    attributes = client.call("sqs", "GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])[
        "Attributes"
    ]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": TOPIC}}
    assert attributes["MessageRetentionPeriod"] == "1209600"


def test_making_it_again_changes_nothing(aws):
    """One topic, one subscription, one statement in each policy, and no new version."""
    feedbacksetup.create(access.LOCAL)
    number = configuration.current_number()
    assert feedbacksetup.create(access.LOCAL).ok
    assert configuration.current_number() == number
    client = awsserver.aws(aws.url)
    assert len(client.call("sns", "ListTopics")["Topics"]) == 1
    (one,) = client.call("sns", "ListSubscriptions")["Subscriptions"]
    assert one["Endpoint"].endswith(f":{NAME}")
    policy = client.call("sns", "GetTopicAttributes", TopicArn=TOPIC)["Attributes"]["Policy"]
    assert [each["Sid"] for each in json.loads(policy)["Statement"]].count("TocsinFeedback") == 1


def test_a_default_set_publishes_instead(aws):
    """Its event destination is made, and made so again; the identity's topics stay."""
    aws.sets["example.com"] = "alarms"
    for _ in range(2):
        assert feedbacksetup.create(access.LOCAL).ok
    (one,) = aws.destinations["alarms"]
    assert (one["Name"], one["Enabled"]) == (NAME, True)
    assert set(one["MatchingEventTypes"]) == set(destination.PUBLISHED)
    assert one["SnsDestination"] == {"TopicArn": TOPIC}
    assert aws.topics == {}
    assert "UpdateConfigurationSetEventDestination" in aws.asked
    assert feedbacklook.reports_bounces(look())


def test_a_dry_run_changes_nothing(aws):
    """The same steps are said, and AWS is asked for nothing but what it says."""
    made = feedbacksetup.create(access.LOCAL, dry_run=True)
    assert made.ok
    assert {one.progress for one in made.steps} == {Progress.WOULD}
    assert {one.removeprefix("Get") for one in aws.asked} == {
        "EmailIdentity",
        "IdentityNotificationAttributes",
    }
    assert configuration.current().configuration.ses.queue is None
    assert [one.name for one in made.steps] == [
        one.name for one in feedbacksetup.create(access.LOCAL).steps
    ]


@pytest.mark.parametrize(
    ("denied", "left", "action"),
    [
        ("CreateTopic", ["topic", "publish", "send", "feed", "notify"], "sns:CreateTopic"),
        ("SetTopicAttributes", ["publish"], "sns:SetTopicAttributes"),
        ("CreateQueue", ["queue", "send", "feed", "configure"], "sqs:CreateQueue"),
        ("SetQueueAttributes", ["send"], "sqs:SetQueueAttributes"),
        ("Subscribe", ["feed"], "sns:Subscribe"),
        ("SetIdentityNotificationTopic", ["notify"], "ses:SetIdentityNotificationTopic"),
    ],
)
def test_a_missing_right_leaves_its_step_and_what_rests_on_it(aws, denied, left, action):
    """The right is named, and everything else is done."""
    aws.denied = {denied}
    made = feedbacksetup.create(access.LOCAL)
    assert [one.name for one in made.steps if one.progress is Progress.LEFT] == left
    assert [one.missing for one in made.steps if one.missing] == [action]
    assert not made.ok


def test_the_topic_of_somebody_else_is_not_taken_away(aws):
    """There is room for one alone: that is left to a person."""
    aws.topics["example.com"] = {"Bounce": OTHER}
    made = feedbacksetup.create(access.LOCAL)
    (left,) = [one for one in made.steps if one.progress is Progress.LEFT]
    assert (left.name, left.facts["topic"]) == ("other", OTHER)
    assert OTHER in left.words
    assert aws.topics["example.com"] == {"Bounce": OTHER}


def test_a_sender_of_no_identity_is_left_to_a_person(aws):
    """Topic and queue are made all the same."""
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": "relay.example.com",
                "port": 587,
                "encryption": "starttls",
                "from": "tocsin@example.net",
            }
        },
    )
    made = feedbacksetup.create(access.LOCAL)
    assert [one.name for one in made.steps if one.progress is Progress.LEFT] == ["sender"]


def test_another_queue_is_not_replaced(aws):
    """Feedback comes in by it."""
    configure(aws, queue=f"{aws.url}/123456789012/another")
    with pytest.raises(Conflict, match="another"):
        feedbacksetup.create(access.LOCAL)
    assert aws.asked == []


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., tuple[int, str]]:
    """Runs a command on the same store; gives its exit status and what it printed."""
    monkeypatch.setattr("tocsin.engine.logs.set_up_logging", lambda *_: None)

    def call(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = run(("ses", "feedback", *arguments))
        return status, capsys.readouterr().out

    return call


def test_the_commands_look_and_make(aws, command):
    """1 while a bounce is reported to nobody, and while a step is left; else 0."""
    status, out = command("look")
    assert status == 1
    assert "tocsin@example.com, covered by the identity example.com" in out
    assert "bounce     is reported to nobody" in out
    assert "bounces are mailed to the sender" in out
    status, out = command("create", "--dry-run", "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)
    aws.denied = {"Subscribe"}
    status, out = command("create")
    assert status == 1
    assert "BY HAND  Let the topic feed the queue" in out
    assert "the key may not sns:Subscribe" in out
    aws.denied = set()
    assert command("create")[0] == 0
    status, out = command("look", "--json")
    (one,) = json.loads(out)
    assert (status, one["reports"]["bounce"][0]["target"]) == (0, TOPIC)


def test_the_page_looks_and_makes(aws):
    """What is missing is said with the button that makes it, then what was done."""
    person = models.Person.objects.create(
        name="ann", role="administrator", one_time=False, created_at=1, created_by="a test"
    )
    client = Client()
    client.force_login(person)
    text = client.post("/ses/feedback/look").content.decode()
    assert "no bounce is reported to anybody" in text
    assert "Make all of it in AWS" in text
    aws.denied = {"Subscribe"}
    text = client.post("/ses/feedback/create").content.decode()
    assert "Some steps are left to be done by hand" in text
    assert "the key may not sns:Subscribe" in text
    aws.denied = set()
    assert "Feedback is set up" in client.post("/ses/feedback/create").content.decode()
    assert f"are sent to the topic {TOPIC}" in client.post("/ses/feedback/look").content.decode()


def test_every_step_is_offered_for_translation():
    """The page knows exactly the sentences that the engine says."""
    assert set(SENTENCES) == set(feedbacksetup.STEPS.values())


def shape_of(service: str, operation: str) -> Any:
    """The model of what a call answers."""
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).output_shape


def test_the_front_answers_as_the_models_say():
    """Event destinations and notification topics, parsed by botocore's own models."""
    made = Front("http://127.0.0.1:1")
    made.destinations["s"] = [
        event_destination("a", list(destination.PUBLISHED), SnsDestination={"TopicArn": TOPIC}),
        event_destination("b", ["SEND"], EventBridgeDestination={"EventBusArn": TOPIC}),
        event_destination("c", ["SEND"], CloudWatchDestination=CLOUDWATCH),
    ]
    shape = shape_of("sesv2", "GetConfigurationSetEventDestinations")
    body = {
        "body": json.dumps(made.destinations_json("s")).encode(),
        "headers": {},
        "status_code": 200,
    }
    parsed = create_parser("rest-json").parse(body, shape)
    del parsed["ResponseMetadata"]
    assert parsed == made.destinations_json("s")
    assert not ParamValidator().validate(parsed, shape).has_errors()
    known = shape.members["EventDestinations"].member.members["MatchingEventTypes"].member.enum
    assert set(destination.PUBLISHED) <= set(known)
    made.topics["example.com"] = dict.fromkeys(("Bounce", "Complaint", "Delivery"), TOPIC)
    shape = shape_of("ses", "GetIdentityNotificationAttributes")
    body = {
        "body": made.attributes_xml(["example.com"]).encode(),
        "headers": {},
        "status_code": 200,
    }
    parsed = create_parser("query").parse(body, shape)
    (one,) = parsed["NotificationAttributes"].values()
    assert set(one) == set(shape.members["NotificationAttributes"].value.members)
