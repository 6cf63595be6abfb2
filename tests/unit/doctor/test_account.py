"""What an account at Amazon SES means for one mail: asked of made-up answers, judged as it is."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.base.secret import Secret
from tocsin.doctor import account as looking
from tocsin.doctor.account import AccountLook
from tocsin.doctor.accountsights import mentions
from tocsin.doctor.diagnosis import diagnose
from tocsin.doctor.diary import Diary
from tocsin.doctor.errand import Errand
from tocsin.doctor.report import Diagnosed
from tocsin.doctor.seen import Seen
from tocsin.doctor.sight import Sight
from tocsin.doctor.step import Step
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding, Seriousness
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.ses.account import Account
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed
from tocsin.ses.wire import Wire

USER = "AKIAEXAMPLEEXAMPLE00"
SENDER = "alarms@example.org"
TO = ("soc@example.org", "night@example.net")
ACCOUNT: dict[str, Any] = {
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 14.0, "SentLast24Hours": 12.0},
    "SendingEnabled": True,
}
DETAIL: dict[str, Any] = {
    "VerifiedForSendingStatus": True,
    "VerificationStatus": "SUCCESS",
    "DkimAttributes": {"Status": "SUCCESS"},
}


def identity(name: str, status: str = "SUCCESS", *, on: bool = True) -> dict[str, Any]:
    """An entry of ListEmailIdentities."""
    kind = "EMAIL_ADDRESS" if "@" in name else "DOMAIN"
    return {
        "IdentityName": name,
        "IdentityType": kind,
        "SendingEnabled": on,
        "VerificationStatus": status,
    }


def suppressed(address: str) -> dict[str, Any]:
    """An entry of ListSuppressedDestinations."""
    return {
        "EmailAddress": address,
        "Reason": "BOUNCE",
        "LastUpdateTime": datetime(2026, 11, 1, tzinfo=UTC),
    }


@dataclass(frozen=True)
class Played(Aws):
    """Answers calls from a table; what stands there as an exception is raised."""

    answers: dict[str, Any] = field(default_factory=dict)

    def call(
        self, service: str, operation: str, *, read_s: float | None = None, **given: Any
    ) -> dict[str, Any]:
        """What the table says."""
        del service, read_s, given
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, threading.Event):
            answer.wait()
            return {}
        assert isinstance(answer, dict)
        return answer


def account(**changes: Any) -> Played:
    """An account where all is as it should be, but for these answers."""
    answers = {
        "GetAccount": ACCOUNT,
        "ListEmailIdentities": {"EmailIdentities": [identity("example.org")]},
        "GetEmailIdentity": DETAIL,
        "ListSuppressedDestinations": {"SuppressedDestinationSummaries": []},
        "GetAccessKeyLastUsed": {"UserName": "tocsin", "AccessKeyLastUsed": {}},
        "ListAccessKeys": {
            "AccessKeyMetadata": [
                {
                    "AccessKeyId": USER,
                    "UserName": "tocsin",
                    "Status": "Active",
                    "CreateDate": datetime(2026, 11, 1, tzinfo=UTC),
                }
            ]
        },
    }
    return Played(
        "eu-west-1", "AKIASOMEBODYSOMEBODY", Secret("s"), Wire(()), None, {}, {**answers, **changes}
    )


@dataclass(frozen=True)
class Looked:
    """What came of a look: its sights, those folded with the relay's, steps, what was left."""

    sights: list[Sight]
    steps: list[Step]
    seen: Seen

    def found(self, *by_wire: Sight) -> dict[str, Diagnosed]:
        """The findings by code."""
        return {one.finding.code: one for one in diagnose([*by_wire, *self.sights])}

    def verdicts(self) -> dict[str, list[bool | None]]:
        """Of each step."""
        names = dict.fromkeys(one.name for one in self.steps)
        return {name: [one.ok for one in self.steps if one.name == name] for name in names}


def look(
    aws: Aws,
    *,
    sender: str | None = SENDER,
    to: tuple[str, ...] = TO,
    user: str | None = USER,
    signed_in: bool = True,
    taken: bool = False,
) -> Looked:
    """Look at an account for one mail."""
    password = Secret("p") if user else None
    relay = RelaySettings(
        "smtp", "relay.example.com", 587, Encryption.STARTTLS, user=user, password=password
    )

    async def run() -> Looked:
        diary, seen = Diary(), Seen()
        one = AccountLook(aws, Errand(relay, sender, to, aws=aws), diary)
        await one.look()
        one.tell(seen)
        return Looked(one.sights(signed_in=signed_in, taken=taken), diary.steps, seen)

    return asyncio.run(run())


def changed(**changes: Any) -> dict[str, Any]:
    """GetAccount with other values."""
    return {**ACCOUNT, **changes}


def quota(sent: float, most: float = 200.0) -> dict[str, Any]:
    """GetAccount with so much of the quota used."""
    return changed(SendQuota={"Max24HourSend": most, "MaxSendRate": 14.0, "SentLast24Hours": sent})


IDENTITIES = {"EmailIdentities": [identity("other.example"), identity("example.org", "PENDING")]}


def mail_from(behaviour: str) -> dict[str, Any]:
    """GetEmailIdentity with a MAIL FROM domain whose MX is missing."""
    attributes = {
        "MailFromDomain": "bounce.example.org",
        "MailFromDomainStatus": "FAILED",
        "BehaviorOnMxFailure": behaviour,
    }
    return {**DETAIL, "MailFromAttributes": attributes}


def test_where_all_is_as_it_should_be_nothing_is_found():
    """Every question is a step that passed; what the remedies can use is left for them."""
    one = look(account())
    assert one.sights == []
    assert one.verdicts() == {
        "account": [True],
        "identity": [True, True],
        "suppression": [True],
        "key": [True],
    }
    assert (one.seen.identities, one.seen.max_send_rate) == (("example.org",), 14.0)
    assert "12 of 200 in 24 h" in next(x.answered for x in one.steps if x.name == "account")


@pytest.mark.parametrize(
    ("answers", "code", "step", "severity"),
    [
        ({"ListEmailIdentities": IDENTITIES}, "ses.identity-not-verified", "identity", "error"),
        ({"GetAccount": changed(SendingEnabled=False)}, "ses.sending-paused", "account", "error"),
        (
            {"GetAccount": changed(EnforcementStatus="PROBATION")},
            "ses.under-review",
            "account",
            "warning",
        ),
        ({"GetAccount": quota(200)}, "ses.daily-quota", "account", "error"),
        ({"GetAccount": quota(195)}, "ses.quota-near", "account", "warning"),
        (
            {"GetAccount": changed(ProductionAccessEnabled=False)},
            "ses.sandbox-recipient",
            "sandbox",
            "error",
        ),
        (
            {"ListSuppressedDestinations": {
                "SuppressedDestinationSummaries": [suppressed("Night@example.net")]
            }},
            "ses.suppressed", "suppression", "warning",
        ),
        (
            {"ListSuppressedDestinations": {
                "SuppressedDestinationSummaries": [suppressed(each) for each in TO]
            }},
            "ses.suppressed", "suppression", "error",
        ),
        (
            {"GetEmailIdentity": mail_from("REJECT_MESSAGE")},
            "ses.mail-from-domain", "identity", "error",
        ),
        (
            {"GetEmailIdentity": mail_from("USE_DEFAULT_VALUE")},
            "ses.mail-from-domain", "identity", "warning",
        ),
        (
            {"GetEmailIdentity": {**DETAIL, "DkimAttributes": {"Status": "FAILED"}}},
            "ses.dkim-failed", "identity", "warning",
        ),
    ],
)  # fmt: skip
def test_what_the_account_would_say_is_told_before_the_relay_does(answers, code, step, severity):
    """One finding with the code that the relay's own reply would have, and the call it is from."""
    found = look(account(**answers)).found()
    assert list(found) == [code]
    assert (found[code].step, found[code].severity.value) == (step, severity)
    assert "eu-west-1" in found[code].evidence["api"]


@pytest.mark.parametrize(("quota", "told"), [(200.0, "12 of 200 in 24 h"), (-1.0, ""), (0.0, "")])
def test_a_quota_that_is_none_is_not_told(quota, told):
    """The API says -1 where there is none."""
    account = Account(True, True, "HEALTHY", quota, None, 12.0, ())
    assert mentions(account) == (True, f"out of the sandbox, {told}".removesuffix(", "))


def test_an_identity_that_is_missing_is_told_with_those_that_exist():
    """Which are verified, and what the one that would cover the sender lacks."""
    one = look(account(ListEmailIdentities=IDENTITIES))
    facts = one.found()["ses.identity-not-verified"].finding.facts
    assert facts["identities"] == SENDER
    assert facts["verified"] == "other.example"
    assert facts["status"] == "example.org: PENDING"
    assert one.seen.identities == ("other.example",)
    assert one.verdicts()["identity"][0] is False


def test_in_the_sandbox_each_recipient_that_is_not_verified_is_named():
    """A verified domain covers its own; the simulator takes mail from everybody."""
    to = (*TO, "b@example.net", "success@simulator.amazonses.com")
    one = look(account(GetAccount=changed(ProductionAccessEnabled=False)), to=to)
    (found,) = one.found().values()
    assert found.evidence["recipients"] == ["night@example.net", "b@example.net"]
    assert "night@example.net, b@example.net" in explain(found.finding).cause


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (
            {"GetAccessKeyLastUsed": AwsFailure(
                Finding("aws.refused", {"error": "NoSuchEntity"})
            )},
            "ses.key-gone",
        ),
        (
            {"ListAccessKeys": {"AccessKeyMetadata": [{
                "AccessKeyId": USER, "UserName": "tocsin", "Status": "Inactive",
                "CreateDate": datetime(2026, 11, 1, tzinfo=UTC),
            }]}},
            "ses.key-inactive",
        ),
    ],
)  # fmt: skip
def test_a_key_that_is_gone_or_off_is_why_nobody_is_let_in(answers, code):
    """The relay says 535 alone; the account says why, and that is the cause."""
    rejected = Sight(Finding("auth.rejected", {"reply": "535"}), "auth", "192.0.2.1")
    found = look(account(**answers), signed_in=False).found(rejected)
    assert list(found) == [code, "auth.rejected"]
    assert found[code].severity is Seriousness.ERROR
    assert found["auth.rejected"].consequence_of == code


def test_what_relay_and_account_both_say_is_told_once():
    """The relay's words and the account's stand as evidence of one finding."""
    said = Finding("ses.identity-not-verified", {"identities": SENDER, "stage": "body"})
    wire = Sight(said, "body", "192.0.2.1", {"transcript": ["554"]})
    found = look(account(ListEmailIdentities=IDENTITIES)).found(wire)
    (one,) = found.values()
    assert (one.step, one.evidence["transcript"]) == ("body", ["554"])
    assert "ListEmailIdentities" in one.evidence["api"]
    assert one.finding.facts["verified"] == "other.example"
    assert one.finding.facts["stage"] == "body"


@pytest.mark.parametrize(
    ("answers", "said", "at"),
    [
        ({"ListEmailIdentities": IDENTITIES}, "smtp.sender-refused", "mail"),
        ({"GetAccount": changed(SendingEnabled=False)}, "smtp.content-rejected", "body"),
        ({"GetAccount": changed(ProductionAccessEnabled=False)}, "smtp.recipient-refused", "rcpt"),
        ({"GetAccount": quota(200)}, "smtp.temporary", "body"),
    ],
)
def test_a_refusal_without_a_reason_follows_from_what_the_account_says(answers, said, at):
    """The account's word is the root cause."""
    first, second = look(account(**answers)).found(Sight(Finding(said, {}), at)).values()
    assert first.step in {"account", "identity", "sandbox"}
    assert second.consequence_of == first.finding.code


def test_a_relay_that_takes_the_mail_knows_better():
    """Its mail goes into another account, say: then nothing of this one is an error."""
    answers = {"GetAccount": changed(SendingEnabled=False), "ListEmailIdentities": IDENTITIES}
    found = look(account(**answers), taken=True).found()
    assert {one.severity for one in found.values()} == {Seriousness.WARNING}
    assert all("another account" in one.evidence["doubt"] for one in found.values())
    gone = AwsFailure(Finding("aws.refused", {"error": "NoSuchEntity"}))
    found = look(account(GetAccessKeyLastUsed=gone, **answers), signed_in=True).found()
    assert Seriousness.ERROR not in {one.severity for one in found.values()}


ACTIONS = ("GetAccount", "ListEmailIdentities", "ListSuppressedDestinations")


def test_what_the_key_may_not_see_is_named_and_nothing_is_made_of_it():
    """One note names the rights; the steps have no verdict."""
    refusals = {one: NotAllowed("h", f"ses:{one}") for one in ACTIONS}
    one = look(account(GetAccessKeyLastUsed=NotAllowed("h", "iam:x"), **refusals))
    (found,) = one.found().values()
    assert (found.finding.code, found.severity) == ("aws.not-permitted", Seriousness.NOTE)
    assert found.evidence["missing"] == [f"ses:{each}" for each in ACTIONS]
    assert {each for verdicts in one.verdicts().values() for each in verdicts} == {None}


def test_rights_that_are_missing_stand_in_the_evidence_of_what_was_seen():
    """So that nobody takes what was not looked at for good."""
    refused = NotAllowed("h", "ses:ListSuppressedDestinations")
    found = look(
        account(GetAccount=changed(SendingEnabled=False), ListSuppressedDestinations=refused)
    ).found()
    paused = found["ses.sending-paused"]
    assert paused.evidence["missing"] == ["ses:ListSuppressedDestinations"]


@pytest.mark.parametrize(
    ("finding", "code", "severity"),
    [
        (Finding("aws.credentials-rejected", {"host": "h"}), "aws.credentials-rejected", "warning"),
        (Finding("aws.throttled", {"host": "h"}), "aws.throttled", "note"),
        (Finding("tcp.timeout", {"host": "h", "address": "h"}), "aws.unavailable", "note"),
        (Finding("tls.untrusted-issuer", {"host": "h"}), "aws.unavailable", "note"),
    ],
)
def test_an_api_that_cannot_be_asked_stops_no_mail(finding, code, severity):
    """It is told under a code of the API alone: a relay that times out is something else."""
    every = dict.fromkeys((*ACTIONS, "GetAccessKeyLastUsed"), AwsFailure(finding))
    wire = Sight(Finding("tcp.timeout", {}), "tcp", "192.0.2.1")
    found = look(account(**every)).found(wire)
    assert found.keys() == {code, "tcp.timeout"}
    assert found[code].severity.value == severity
    assert "addresses" not in found[code].evidence
    assert found["tcp.timeout"].evidence == {"addresses": ["192.0.2.1"]}
    assert explain(found[code].finding).cause.startswith("h ")


def test_a_wrong_clock_is_why_the_key_is_refused():
    """The signature of a call holds the time."""
    finding = Finding("aws.credentials-rejected", {"reason": "the clocks are too far apart"})
    every = dict.fromkeys((*ACTIONS, "GetAccessKeyLastUsed"), AwsFailure(finding))
    clock = Sight(Finding("clock.skew", {}), "clock", at_most=Seriousness.WARNING)
    found = look(account(**every)).found(clock)
    assert found["aws.credentials-rejected"].consequence_of == "clock.skew"


def test_an_answer_that_nobody_understands_ends_no_walk():
    """A portal that answers in the place of AWS, say."""
    one = look(account(GetAccount=KeyError("x"), ListEmailIdentities={"EmailIdentities": [{}]}))
    (found,) = one.found().values()
    assert (found.finding.code, found.severity) == ("aws.unavailable", Seriousness.NOTE)
    assert one.verdicts()["suppression"] == [True]


def test_nobody_waits_for_an_api_that_is_silent(monkeypatch):
    """What did come counts; the question without an answer says so."""
    monkeypatch.setattr(looking, "LIMIT_S", 1.0)
    silent = threading.Event()
    try:
        one = look(account(GetAccount=quota(200), ListSuppressedDestinations=silent))
    finally:
        silent.set()
    assert one.found().keys() == {"ses.daily-quota", "aws.unavailable"}
    assert one.verdicts()["suppression"] == [None]


def test_a_walk_that_is_over_waits_for_nothing_more():
    """The look is cancelled: its steps end without a verdict, and nothing is found."""
    silent = threading.Event()
    aws = account(**dict.fromkeys((*ACTIONS, "GetAccessKeyLastUsed"), silent))

    async def run() -> tuple[list[Sight], list[Step]]:
        diary = Diary()
        relay = RelaySettings("smtp", "relay.example.com", 587, Encryption.STARTTLS)
        one = AccountLook(aws, Errand(relay, SENDER, TO, aws=aws), diary)
        task = asyncio.create_task(one.look())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return one.sights(signed_in=False, taken=False), diary.steps

    try:
        sights, steps = asyncio.run(run())
    finally:
        silent.set()
    assert sights == []
    assert {one.ok for one in steps} == {None}
    assert all("the walk is over" in one.answered for one in steps)


@pytest.mark.parametrize(
    ("sender", "to", "user", "steps"),
    [
        (None, (), None, {"account"}),
        (SENDER, (), "somebody", {"account", "identity"}),
        (None, (), USER, {"account", "key"}),
    ],
)
def test_only_what_concerns_the_mail_is_asked(sender, to, user, steps):
    """Without addresses nothing about them; of a user that is no access key nothing of IAM."""
    one = look(account(), sender=sender, to=to, user=user)
    assert one.verdicts().keys() == steps
    assert one.sights == []
