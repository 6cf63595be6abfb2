"""The watch of an account over real connections: alarms that come and go, limits that arrive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

import awsserver
from apiclient import Client
from awsserver import IamKey, StandIn
from manager import Program, document_of, wait_until
from tocsin.base.clock import SECOND, now
from tocsin.base.secret import Secret
from tocsin.engine import access, configuration, sesaccount
from tocsin.engine.feedbackpoll import FeedbackPoll
from tocsin.engine.sesledger import EVERY
from tocsin.engine.seswatch import SesWatch
from tocsin.engine.storethread import StoreThread
from tocsin.ses import iam
from tocsin.ses.keys import KeySeen, KeyUse, look_at_keys
from tocsin.store.models import Alarm

SMTP_KEY = "AKIASMTPSMTPSMTP0000"


class MovedClock:
    """The machine's clock, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = 0

    def now(self) -> int:
        """The time, moved."""
        return now() + self.ahead

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.now() / SECOND


@pytest.fixture
def account() -> Iterator[StandIn]:
    """An account in production that is all right."""
    with StandIn() as server:
        server.account["ProductionAccessEnabled"] = True
        server.account["SendQuota"] = {
            "Max24HourSend": 50_000.0,
            "MaxSendRate": 14.0,
            "SentLast24Hours": 300.0,
        }
        server.statistics = [{"DeliveryAttempts": 500, "Bounces": 1, "Complaints": 0, "Rejects": 0}]
        server.identities["example.com"] = awsserver.identity()
        made = server.keys[awsserver.KEY].made
        server.keys[SMTP_KEY] = IamKey("tocsin-smtp", made, made)
        yield server


def parts(url: str, **ses: Any) -> dict[str, Any]:
    """A document whose relay is one of the account at this address."""
    return {
        "smtp": {
            "server": f"email-smtp.{awsserver.REGION}.amazonaws.com",
            "port": 587,
            "encryption": "starttls",
            "from": "tocsin@example.com",
            "user": SMTP_KEY,
            "password": Secret("p" * 44),
        },
        "ses": {
            "region": awsserver.REGION,
            "access_key": awsserver.KEY,
            "secret_key": Secret(awsserver.SECRET),
            "endpoint_url": url,
            **ses,
        },
        "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}],
    }


def active() -> set[str]:
    """Types of the alarms that go on."""
    found = Alarm.objects.filter(state="active", category="System")
    return set(found.values_list("type", flat=True))


def watch_once(clock: MovedClock) -> bool:
    """One round of a responder's watch; gives whether it looked."""

    async def look() -> bool:
        store = StoreThread()
        watch = SesWatch(store, clock=clock, settle=0)
        try:
            await watch.use(configuration.current().configuration)
            return await watch.look_if_due()
        finally:
            await store.close()

    return asyncio.run(look())


@pytest.mark.django_db(transaction=True)
def test_each_trouble_is_an_alarm_and_over_with_it(account):
    """All of them at once, then none of them."""
    clock = MovedClock()
    configuration.change(access.LOCAL, parts(account.url))
    assert watch_once(clock)
    assert active() == set()
    assert not watch_once(clock)  # it is not due
    well = json.loads(json.dumps(account.account))
    account.account.update(SendingEnabled=False, EnforcementStatus="PROBATION")
    account.account["SendQuota"]["SentLast24Hours"] = 49_000.0
    account.statistics = [{"DeliveryAttempts": 100, "Bounces": 7, "Complaints": 2, "Rejects": 0}]
    account.suppressed.append(
        {"EmailAddress": "soc@example.com", "Reason": "BOUNCE", "LastUpdateTime": 1_790_000_000}
    )
    account.identities["example.com"] = awsserver.identity(
        status="FAILED",
        dkim="TEMPORARY_FAILURE",
        MailFromAttributes={
            "MailFromDomain": "bounce.example.com",
            "MailFromDomainStatus": "FAILED",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    )
    account.keys[awsserver.KEY].made = "2020-01-01T00:00:00Z"
    account.keys[SMTP_KEY].status = "Inactive"
    clock.ahead += EVERY
    assert watch_once(clock)
    assert active() == {
        "Amazon SES takes no mail",
        "Amazon SES reviews the account",
        "Amazon SES quota nearly used up",
        "Amazon SES bounce rate",
        "Amazon SES complaint rate",
        "Amazon SES identity not verified",
        "Amazon SES DKIM not in force",
        "Amazon SES MAIL FROM domain",
        "Recipient on the suppression list",
        "Access key old",
        "Access key does not work",
    }
    account.account.update(well)
    account.statistics.clear()
    account.suppressed.clear()
    account.identities["example.com"] = awsserver.identity()
    account.keys[awsserver.KEY].made = account.keys[SMTP_KEY].made
    account.keys[SMTP_KEY].status = "Active"
    clock.ahead += EVERY
    assert watch_once(clock)
    assert active() == set()


@pytest.mark.django_db(transaction=True)
def test_a_look_on_demand_sees_the_sandbox_and_a_key_that_is_gone(account):
    """At once, whether it is due or not."""
    configuration.change(access.LOCAL, parts(account.url))
    assert sesaccount.look_now(access.LOCAL).concerns == ()
    account.account["ProductionAccessEnabled"] = False
    account.identities["example.com"] = awsserver.identity(status="PENDING")
    account.identities["tocsin@example.com"] = awsserver.identity(
        kind="EMAIL_ADDRESS", dkim="NOT_STARTED"
    )
    del account.keys[SMTP_KEY]
    status = sesaccount.look_now(access.LOCAL)
    codes = [(one.explained.code, one.concern.subject) for one in status.concerns]
    assert codes == [("ses.key-gone", SMTP_KEY), ("ses.sandbox-recipient", "soc@example.com")]
    assert status.seen is not None
    (sender,) = status.seen.senders or ()
    assert sender.identity == "tocsin@example.com"
    assert status.seen.missing == ()


@pytest.mark.django_db(transaction=True)
def test_missing_rights_are_named_and_no_alarm(account):
    """The key may do nothing at all; that is no trouble of the account."""
    configuration.change(access.LOCAL, parts(account.url, access_key=awsserver.DENIED))
    status = sesaccount.look_now(access.LOCAL)
    assert status.concerns == ()
    assert status.failure is None
    assert status.seen is not None
    assert {"ses:GetAccount", "iam:GetAccessKeyLastUsed"} <= set(status.seen.missing)
    assert active() == set()


@pytest.mark.django_db(transaction=True)
def test_an_account_that_rejects_the_key_is_told_after_a_while(account):
    """And what was seen before stays until it answers again."""
    clock = MovedClock()
    configuration.change(access.LOCAL, parts(account.url))
    assert watch_once(clock)
    account.rejects = True
    for _ in range(2):
        clock.ahead += EVERY
        assert watch_once(clock)
    assert active() == {"Amazon SES cannot be asked"}
    status = sesaccount.status(access.LOCAL)
    assert status.failure is not None
    assert status.failure.code == "aws.credentials-rejected"
    assert status.seen is not None
    account.rejects = False
    clock.ahead += EVERY
    assert watch_once(clock)
    assert active() == set()


@pytest.mark.django_db(transaction=True)
def test_feedback_that_cannot_be_fetched_is_told_until_it_can(account):
    """By the loop of a responder: the queue is gone, then nobody wants it any more."""
    queue = f"{account.url}/123456789012/feedback"
    configuration.change(access.LOCAL, parts(account.url, queue=queue))
    kind = "Feedback of Amazon SES cannot be fetched"

    async def fetch_until(told: set[str]) -> None:
        store = StoreThread()
        poll = FeedbackPoll(store, tell_after=0)
        running = asyncio.create_task(poll.run())
        try:
            while await store.call(active) != told:  # noqa: ASYNC110 -- the store has no event
                await asyncio.sleep(0.02)
        finally:
            poll.stop()
            await running
            await store.close()

    asyncio.run(fetch_until({kind}))
    assert "What to do" in Alarm.objects.get().details
    configuration.change(access.LOCAL, {"ses": {**parts(account.url)["ses"], "queue": None}})
    asyncio.run(fetch_until(set()))


def test_limits_reach_a_running_sender_and_the_status_tells(program: Program, account: StandIn):
    """A whole manager: rate and quota of the account while it runs, and an alarm."""
    relay = program.rehearse()
    (program.folder / "ses.key").write_text(awsserver.SECRET + "\n")
    ses = {
        "region": awsserver.REGION,
        "access_key": awsserver.KEY,
        "secret_key_file": "ses.key",
        "endpoint_url": account.url,
        "relay": "smtp",
    }
    account.keys[relay["user"]] = account.keys[SMTP_KEY]
    program.apply(document_of(relay, ses=ses))
    account.account["SendQuota"] = {
        "Max24HourSend": 400.0,
        "MaxSendRate": 14.0,
        "SentLast24Hours": 390.0,
    }
    client = Client(program, program.up())

    def rate() -> float | None:
        (found,) = client.ask("relays")["items"]
        return found["observed"][0]["rate"] if found["observed"] else None

    client.ask("ses/account/look", {})
    wait_until(lambda: rate() == 14.0, "the rate of the account")
    (found,) = client.ask("relays")["items"]
    assert found["max_24_hour_send"] == 400
    assert found["max_24_hour_send_from"] == "amazon ses"
    assert found["sent_by_others_24_hours"] == 390
    assert [one["type"] for one in client.alarms()] == ["Amazon SES quota nearly used up"]
    account.account["SendQuota"]["SentLast24Hours"] = 320.0
    text = program.run("ses", "status", "--now").stdout
    assert "320 of 400 recipients" in text
    assert "minor: The day's quota at Amazon SES is nearly used up [ses.quota-near]" in text
    assert awsserver.SECRET not in text + program.log("up")


def test_keys_are_read_from_moto():
    """Whose a key is, that it is switched off, and that there is none such."""
    with awsserver.moto() as url:
        aws = awsserver.aws(url)
        made = iam.create_smtp_user(aws, "tocsin-smtp")
        wanted = tuple((one, KeyUse.SMTP, "smtp") for one in (made.access_key, SMTP_KEY))
        mine, none = look_at_keys(aws, wanted).keys
        assert (mine.exists, mine.active, mine.user) == (True, True, "tocsin-smtp")
        assert mine.created_at is not None
        assert none == KeySeen(SMTP_KEY, KeyUse.SMTP, "smtp", exists=False)
        aws.call(
            "iam",
            "UpdateAccessKey",
            UserName="tocsin-smtp",
            AccessKeyId=made.access_key,
            Status="Inactive",
        )
        (mine,) = look_at_keys(aws, wanted[:1]).keys
        assert (mine.exists, mine.active) == (True, False)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("GetEmailIdentity", awsserver.identity()),
        ("GetEmailIdentity", awsserver.identity(kind="EMAIL_ADDRESS", status="PENDING")),
        ("ListEmailIdentities", awsserver.identities_page({"example.com": awsserver.identity()})),
    ],
)
def test_identities_of_the_stand_in_are_as_the_model_says(operation, answer):
    """No field that SES does not have, and each of its type and among its values."""
    model = botocore.session.get_session().get_service_model("sesv2")
    shape = model.operation_model(operation).output_shape
    body = {"body": json.dumps(answer).encode(), "headers": {}, "status_code": 200}
    parsed = create_parser("rest-json").parse(body, shape)
    del parsed["ResponseMetadata"]
    assert parsed == answer
    assert not ParamValidator().validate(parsed, shape).has_errors()
    one = answer.get("EmailIdentities", [answer])[0]
    members = model.shape_for("GetEmailIdentityResponse").members
    for name in ("IdentityType", "VerificationStatus"):
        assert one[name] in members[name].enum
    assert answer.get("DkimAttributes", {"Status": "SUCCESS"})["Status"] in (
        members["DkimAttributes"].members["Status"].enum
    )


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("GetAccessKeyLastUsed", {"AccessKeyId": [SMTP_KEY]}),
        ("ListAccessKeys", {"UserName": ["tocsin-smtp"]}),
    ],
)
def test_keys_of_the_stand_in_are_as_the_model_says(action, form):
    """Parsed by the model, every required field is there."""
    key = IamKey("tocsin-smtp", "2026-01-01T00:00:00Z", "2026-11-01T00:00:00Z")
    text = awsserver.keys_xml({SMTP_KEY: key}, {"Action": [action], **form}, "")
    assert text is not None
    model = botocore.session.get_session().get_service_model("iam")
    shape = model.operation_model(action).output_shape
    body = {"body": text.encode(), "headers": {}, "status_code": 200}
    parsed = create_parser("query").parse(body, shape)
    del parsed["ResponseMetadata"]
    assert not ParamValidator().validate(parsed, shape).has_errors()
    assert set(parsed) <= set(shape.members)
    assert parsed
