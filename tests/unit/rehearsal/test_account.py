"""What the account lets pass, and the replies that refuse the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.base.secret import Secret
from tocsin.rehearsal import words
from tocsin.rehearsal.account import Account
from tocsin.rehearsal.field import split_message
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.rehearsal.submission import Submission
from tocsin.ses.password import derive, derive_outdated

USER, SECRET = "AKIAIOSFODNN7EXAMPLE", Secret("some+secret+key")
SETTINGS = RehearsalSettings(region="us-east-1", identities=("example.com", "me@example.org"))


class HeldClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> int:
        return int(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.seconds


def mail(
    header: str = "From: alarm@example.com\r\nSubject: x\r\n",
    *,
    sender: str = "alarm@example.com",
    recipients: tuple[str, ...] = ("op@example.net",),
    outdated_password: bool = False,
) -> Submission:
    content = f"{header}\r\nbody\r\n".encode()
    return Submission(sender, recipients, content, len(content), USER, outdated_password)


def judge(settings: RehearsalSettings, submission: Submission) -> bytes | None:
    account = Account(settings, USER, SECRET)
    return account.judge(submission, split_message(submission.content)[0])


def test_a_mail_of_a_verified_domain_passes():
    """The plain case."""
    assert judge(SETTINGS, mail()) is None


@pytest.mark.parametrize(
    "address",
    ["a@example.com", "a@EXAMPLE.com", "a@deep.sub.example.com", "me@example.org"],
)
def test_verified_identities_cover(address):
    """A domain, its subdomains, and single addresses."""
    header = f"From: {address}\r\n"
    assert judge(SETTINGS, mail(header, sender=address)) is None


@pytest.mark.parametrize(
    "address",
    [
        "a@example.net",
        "a@notexample.com",
        "other@example.org",
        "ME@example.org",
        "me@sub.example.org",
        "a@com",
    ],
)
def test_other_addresses_are_not_verified(address):
    """The reply lists the address once, with the region in capitals."""
    refusal = judge(SETTINGS, mail(f"From: {address}\r\n", sender=address))
    assert (
        refusal
        == (
            "554 Message rejected: Email address is not verified. The following identities failed "
            f"the check in region US-EAST-1: {address}\r\n"
        ).encode()
    )


def test_every_failing_identity_is_listed():
    """Envelope, From with its name, Sender, and in the sandbox the recipients."""
    header = 'From: "SOC" <soc@example.net>\r\nSender: s@example.edu\r\nTo: b@example.com\r\n'
    submission = mail(
        header, sender="x@example.net", recipients=("op@example.net", "b@example.com")
    )
    refusal = judge(replace(SETTINGS, sandbox=True, region="eu-west-1"), submission)
    assert refusal == (
        b"554 Message rejected: Email address is not verified. The following identities failed "
        b'the check in region EU-WEST-1: x@example.net, "SOC" <soc@example.net>, s@example.edu, '
        b"op@example.net\r\n"
    )


def test_a_long_list_of_identities_is_cut():
    """With three dots, in one reply line."""
    recipients = tuple(f"recipient-{number}@example.net" for number in range(40))
    refusal = judge(replace(SETTINGS, sandbox=True), mail(recipients=recipients))
    assert refusal is not None
    assert len(refusal) == 512
    assert refusal.endswith(b"...\r\n")


def test_outside_the_sandbox_recipients_may_be_anybody():
    """Only senders must be verified."""
    assert judge(SETTINGS, mail(recipients=("who@example.edu",))) is None


def test_the_simulator_is_allowed_in_the_sandbox():
    """With labels too; but only its own mailboxes."""
    settings = replace(SETTINGS, sandbox=True)
    for name in ("success", "bounce+label", "ooto", "complaint", "suppressionlist"):
        assert judge(settings, mail(recipients=(f"{name}@simulator.amazonses.com",))) is None
    assert judge(settings, mail(recipients=("other@simulator.amazonses.com",))) is not None


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (
            {"sending_paused": True},
            (
                b"554 Message rejected: Sending paused for this account. For more information, "
                b"please check the inbox of the email address associated with your AWS "
                b"account.\r\n"
            ),
        ),
        (
            {"default_configuration_set": "alarms"},
            b"554 Configuration Set does not exist: Configuration set <alarms> does not exist.\r\n",
        ),
        (
            {"access_denied": True},
            (
                b"554 Access denied: User `arn:aws:iam::123456789012:user/rehearsal-smtp-user' is "
                b"not authorized to perform `ses:SendRawEmail' on resource "
                b"`arn:aws:ses:us-east-1:123456789012:identity/example.com'\r\n"
            ),
        ),
        (
            {"mail_from_broken": True},
            b"554 MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.\r\n",
        ),
        ({"service_available": False}, b"451 Temporary service failure\r\n"),
        ({"max_message_bytes": 10}, b"552 Message is too long.\r\n"),
        (
            {"max_send_rate": 0},
            b"454 Throttling failure: Maximum sending rate exceeded.\r\n",
        ),
        (
            {"max_24_hour_send": 0},
            b"454 Throttling failure: Daily message quota exceeded.\r\n",
        ),
    ],
)
def test_each_trouble_of_the_account_has_its_reply(change, refusal):
    """Word for word."""
    assert judge(replace(SETTINGS, **change), mail()) == refusal


def test_a_message_may_have_fifty_recipients():
    """One more refuses the whole message."""
    recipients = tuple(f"r{number}@example.net" for number in range(51))
    assert judge(SETTINGS, mail(recipients=recipients[:50])) is None
    assert judge(SETTINGS, mail(recipients=recipients)) == (
        b"554 Transaction failed: Recipient count exceeds 50.\r\n"
    )


def test_a_configuration_set_named_by_the_message_must_exist():
    """The header wins over the default."""
    settings = replace(SETTINGS, configuration_sets=("known",), default_configuration_set="gone")
    known = mail("From: a@example.com\r\nX-SES-CONFIGURATION-SET: known\r\n")
    assert judge(settings, known) is None
    other = mail("From: a@example.com\r\nX-SES-CONFIGURATION-SET: other\r\n")
    assert b"Configuration set <other> does not exist" in (judge(settings, other) or b"")


def test_an_outdated_password_signs_in_and_is_throttled():
    """The form before 2019."""
    account = Account(SETTINGS, USER, SECRET)
    old = account.sign_in(USER, derive_outdated(SECRET).reveal())
    assert old.granted
    assert old.outdated_password
    assert judge(SETTINGS, mail(outdated_password=True)) == (
        b"454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded.\r\n"
    )


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (USER, SECRET.reveal()),
        (USER, derive(SECRET, "eu-west-1").reveal()),
        (USER, ""),
        (USER.lower(), derive(SECRET, "us-east-1").reveal()),
        ("", derive(SECRET, "us-east-1").reveal()),
        ("ASIAIOSFODNN7EXAMPLE", derive(SECRET, "us-east-1").reveal()),
        ("\ud800", "\ud800"),
    ],
)
def test_wrong_credentials_cannot_be_told_apart(user, password):
    """Secret key, other region, other user: always the same words."""
    sign_in = Account(SETTINGS, USER, SECRET).sign_in(user, password)
    assert sign_in.reply == b"535 Authentication Credentials Invalid\r\n"
    assert not sign_in.granted


def test_the_derived_password_signs_in():
    """User and password of one region."""
    password = derive(SECRET, "us-east-1").reveal()
    assert Account(SETTINGS, USER, SECRET).sign_in(USER, password).reply == words.SIGNED_IN


@pytest.mark.parametrize(
    ("change", "reply"),
    [
        ({"subscribed": False}, b"535 Account not subscribed to SES\r\n"),
        ({"sign_in_available": False}, b"454 Temporary authentication failure\r\n"),
        ({"key_active": False}, b"535 Authentication Credentials Invalid\r\n"),
    ],
)
def test_each_trouble_of_the_sign_in_has_its_reply(change, reply):
    """Although user and password are right."""
    account = Account(replace(SETTINGS, **change), USER, SECRET)
    assert account.sign_in(USER, derive(SECRET, "us-east-1").reveal()).reply == reply


def judged(account: Account, submission: Submission) -> bytes | None:
    """Judge, and count when it passes."""
    refusal = account.judge(submission, split_message(submission.content)[0])
    if refusal is None:
        account.count(submission)
    return refusal


def test_the_rate_counts_recipients_and_comes_back_with_time():
    """A bucket of one second's worth."""
    clock = HeldClock()
    account = Account(replace(SETTINGS, max_send_rate=2), USER, SECRET, clock)
    assert judged(account, mail()) is None
    assert judged(account, mail()) is None
    assert judged(account, mail()) == words.RATE
    clock.seconds += 0.5
    assert judged(account, mail()) is None
    assert judged(account, mail()) == words.RATE


def test_one_large_mail_overdraws_the_rate_and_is_waited_back():
    """As SES does with more recipients than a second allows."""
    clock = HeldClock()
    account = Account(replace(SETTINGS, max_send_rate=1), USER, SECRET, clock)
    assert judged(account, mail(recipients=tuple(f"r{n}@example.net" for n in range(5)))) is None
    clock.seconds += 4
    assert judged(account, mail()) == words.RATE
    clock.seconds += 1
    assert judged(account, mail()) is None


def test_the_quota_moves_with_the_day():
    """Recipients of any 24 hours; the simulator's do not count."""
    clock = HeldClock()
    account = Account(replace(SETTINGS, max_24_hour_send=3), USER, SECRET, clock)
    assert judged(account, mail(recipients=("success@simulator.amazonses.com",))) is None
    assert judged(account, mail(recipients=("a@example.net", "b@example.net"))) is None
    clock.seconds += 3600
    assert judged(account, mail()) is None
    assert judged(account, mail()) == words.QUOTA
    clock.seconds += 23 * 3600 + 1
    assert judged(account, mail(recipients=("a@example.net", "b@example.net"))) is None
    assert judged(account, mail()) == words.QUOTA


def test_what_is_refused_counts_in_nothing():
    """A refused mail takes no room from the next."""
    account = Account(replace(SETTINGS, max_24_hour_send=1), USER, SECRET, HeldClock())
    assert judged(account, mail(recipients=("a@example.net", "b@example.net"))) == words.QUOTA
    assert judged(account, mail()) is None
