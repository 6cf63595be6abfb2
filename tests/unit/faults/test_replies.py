"""A relay's refusals, word for word, and what each means."""

from __future__ import annotations

import pytest

from tocsin.faults.catalogue import FAULTS
from tocsin.faults.replies import recognise

SES = [
    ("greeting", 421, "Too many concurrent SMTP connections", "smtp.too-many-connections"),
    ("greeting", 421, "Too many connections, try again later", "smtp.too-many-connections"),
    (
        "mail",
        421,
        "Connection closed by server. Maximum message count per session reached.",
        "smtp.temporary",
    ),
    ("mail", 451, "4.4.2 Timeout waiting for data from client.", "smtp.temporary"),
    ("body", 451, "Temporary service failure", "smtp.temporary"),
    ("body", 454, "Temporary service failure", "smtp.temporary"),
    ("auth", 454, "Temporary authentication failure", "auth.temporary"),
    (
        "body",
        454,
        "Throttling failure: Maximum sending rate exceeded.",
        "ses.rate-exceeded",
    ),
    ("body", 454, "Throttling failure: Daily message quota exceeded.", "ses.daily-quota"),
    (
        "body",
        454,
        "Throttling failure: Maximum SigV2 SMTP sending rate exceeded.",
        "ses.old-password",
    ),
    ("mail", 501, "Invalid MAIL FROM address provided", "smtp.sender-refused"),
    ("rcpt", 501, "Invalid RCPT TO address provided", "smtp.address-syntax"),
    ("rcpt", 553, "<x> address unknown", "smtp.address-syntax"),
    ("mail", 530, "Must issue a STARTTLS command first", "smtp.starttls-required"),
    ("mail", 530, "Authentication required", "auth.required"),
    ("auth", 535, "Authentication Credentials Invalid", "auth.rejected"),
    ("auth", 535, "Account not subscribed to SES", "ses.not-subscribed"),
    ("body", 552, "Message is too long.", "smtp.message-too-large"),
    (
        "body",
        554,
        "Transaction failed: Recipient count exceeds 50.",
        "smtp.too-many-recipients",
    ),
    (
        "body",
        554,
        "Message rejected: Sending paused for this account. For more information, please check "
        "the inbox of the email address associated with your AWS account.",
        "ses.sending-paused",
    ),
    (
        "body",
        554,
        "Configuration Set does not exist: Configuration set <alarms> does not exist.",
        "ses.configuration-set-missing",
    ),
    (
        "body",
        554,
        "MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.",
        "ses.mail-from-domain",
    ),
    ("body", 554, "Transaction failed: Duplicate header 'Date'.", "smtp.content-rejected"),
    ("body", 554, "Message rejected: Address blacklisted.", "ses.suppressed"),
]

OTHERS = [
    ("greeting", 554, "5.7.1 No SMTP service here", "smtp.greeting-refused"),
    ("starttls", 454, "TLS not available", "smtp.starttls-refused"),
    ("auth", 504, "Unrecognized authentication type", "auth.no-mechanism"),
    ("auth", 535, "5.7.8 bad", "auth.rejected"),
    ("mail", 550, "5.7.1 not your domain", "smtp.sender-refused"),
    ("mail", 552, "5.3.4 size", "smtp.message-too-large"),
    ("rcpt", 450, "4.2.0 Greylisted", "smtp.greylisted"),
    ("rcpt", 550, "5.1.1 User unknown", "smtp.recipient-refused"),
    ("rcpt", 554, "5.7.1 <a@example.org>: Relay access denied", "smtp.relay-denied"),
    ("body", 554, "5.7.1 Message looks like spam", "smtp.content-rejected"),
    ("body", 451, "4.3.0 queue full", "smtp.temporary"),
]


@pytest.mark.parametrize(("stage", "code", "text", "fault"), SES + OTHERS)
def test_a_reply_is_recognised(stage: str, code: int, text: str, fault: str) -> None:
    """Each known refusal gives its fault, with the reply among the facts."""
    finding = recognise(stage, code, None, text)
    assert finding.code == fault
    assert finding.code in FAULTS
    assert finding.facts["reply"].startswith(str(code))


NOT_VERIFIED = (
    "Message rejected: Email address is not verified. The following identities failed the check "
    "in region US-EAST-1: "
)


@pytest.mark.parametrize(
    ("identities", "fault"),
    [
        ("alarm@example.com", "ses.identity-not-verified"),
        ("op@example.net, alarm@example.com", "ses.identity-not-verified"),
        ('"Alarm, the" <alarm@example.com>', "ses.identity-not-verified"),
        ("ALARM@example.com", "ses.identity-not-verified"),
        ("op@example.net", "ses.sandbox-recipient"),
        ("op@example.net, other@exam...", "ses.identity-not-verified"),
    ],
)
def test_own_sender_is_told_from_a_recipient(identities: str, fault: str) -> None:
    """An unverified From concerns the relay; an unverified recipient only that recipient."""
    finding = recognise(
        "body", 554, None, NOT_VERIFIED + identities, sender="alarm@example.com"
    )
    assert finding.code == fault
    assert finding.facts["region"] == "us-east-1"


def test_the_missing_permission_is_drawn_out() -> None:
    """The IAM user and the resource stand in the refusal and become facts."""
    finding = recognise(
        "body",
        554,
        None,
        "Access denied: User `arn:aws:iam::123456789012:user/ses-smtp-user' is not authorized to "
        "perform `ses:SendRawEmail' on resource "
        "`arn:aws:ses:us-east-1:123456789012:identity/example.com'",
    )
    assert finding.code == "ses.not-authorized"
    assert finding.facts["resource"].endswith("identity/example.com")
