"""A relay's refusals, word for word, and what each means."""

from __future__ import annotations

import pytest

from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Retry, Scope
from tocsin.faults.replies import recognise

# What the fault must do with the mail: "relay" keeps everything queued, "message" and
# "recipient" let only that one fail, "later" tries the same message again.
RELAY, MESSAGE, RECIPIENT, LATER = "relay", "message", "recipient", "later"

PAUSED = (
    "Message rejected: Sending paused for this account. For more information, please check the "
    "inbox of the email address associated with your AWS account."
)
DENIED = (
    "Access denied: User `arn:aws:iam::123456789012:user/ses-smtp-user' is not authorized to "
    "perform `ses:SendRawEmail' on resource "
    "`arn:aws:ses:us-east-1:123456789012:identity/example.com'"
)
NOT_VERIFIED = (
    "Message rejected: Email address is not verified. The following identities failed the check "
    "in region US-EAST-1: "
)
SESSION = "Connection closed by server. Maximum message count per session reached."
SIGV2 = "Throttling failure: Maximum SigV2 SMTP sending rate exceeded."
MISSING_SET = "Configuration Set does not exist: Configuration set <alarms> does not exist."
MAIL_FROM = "MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid."

SES = [
    ("greeting", 421, "Too many concurrent SMTP connections", "smtp.too-many-connections", RELAY),
    ("greeting", 421, "Too many connections, try again later", "smtp.too-many-connections", RELAY),
    ("mail", 421, SESSION, "smtp.temporary", LATER),
    ("mail", 451, "4.4.2 Timeout waiting for data from client.", "smtp.temporary", LATER),
    ("rcpt", 421, "Timeout waiting for data from client.", "smtp.temporary", LATER),
    ("body", 451, "Timeout waiting for data from client", "smtp.temporary", LATER),
    (
        "mail",
        421,
        "Service not available, closing transmission channel.",
        "smtp.temporary",
        LATER,
    ),
    (
        "greeting",
        421,
        "Service not available, closing transmission channel.",
        "smtp.temporary",
        LATER,
    ),
    (
        "data",
        421,
        "4.3.0 Mail system failure, closing transmission channel",
        "smtp.temporary",
        LATER,
    ),
    ("body", 451, "Temporary service failure", "smtp.temporary", LATER),
    ("body", 454, "Temporary service failure", "smtp.temporary", LATER),
    ("auth", 454, "Temporary authentication failure", "auth.temporary", RELAY),
    (
        "body",
        454,
        "Throttling failure: Maximum sending rate exceeded.",
        "ses.rate-exceeded",
        RELAY,
    ),
    ("body", 454, "Throttling failure: Daily message quota exceeded.", "ses.daily-quota", RELAY),
    ("body", 454, SIGV2, "ses.old-password", RELAY),
    ("starttls", 454, "TLS not supported", "smtp.starttls-refused", RELAY),
    (
        "starttls",
        454,
        "TLS not available due to temporary reason: TLS already active",
        "smtp.starttls-refused",
        RELAY,
    ),
    ("mail", 501, "Invalid MAIL FROM address provided", "smtp.sender-refused", RELAY),
    ("rcpt", 501, "Invalid RCPT TO address provided", "smtp.address-syntax", RECIPIENT),
    ("mail", 553, "<x> Invalid email address", "smtp.sender-refused", RELAY),
    ("mail", 553, "<x> Invalid email address.", "smtp.sender-refused", RELAY),
    ("rcpt", 553, "<x> address unknown", "smtp.address-syntax", RECIPIENT),
    ("rcpt", 553, "<x> address unknown.", "smtp.address-syntax", RECIPIENT),
    ("mail", 530, "Must issue a STARTTLS command first", "smtp.starttls-required", RELAY),
    ("auth", 530, "Must issue a STARTTLS command first", "smtp.starttls-required", RELAY),
    ("mail", 530, "Authentication required", "auth.required", RELAY),
    ("mail", 530, "5.7.0  Authentication required", "auth.required", RELAY),
    ("auth", 535, "Authentication Credentials Invalid", "auth.rejected", RELAY),
    ("auth", 535, "Account not subscribed to SES", "ses.not-subscribed", RELAY),
    ("body", 552, "Message is too long.", "smtp.message-too-large", MESSAGE),
    ("body", 552, "5.3.4 Message is too long.", "smtp.message-too-large", MESSAGE),
    ("rcpt", 452, "Error: too many recipients", "smtp.too-many-recipients", MESSAGE),
    (
        "body",
        554,
        "Transaction failed: Recipient count exceeds 50.",
        "smtp.too-many-recipients",
        MESSAGE,
    ),
    ("body", 554, DENIED, "ses.not-authorized", RELAY),
    ("body", 554, NOT_VERIFIED + "alarm@example.com", "ses.identity-not-verified", RELAY),
    ("body", 554, PAUSED, "ses.sending-paused", RELAY),
    ("body", 554, PAUSED.replace("paused", "suspended"), "ses.sending-paused", RELAY),
    (
        "body",
        554,
        "Message rejected: Sending paused for this configuration set.",
        "ses.sending-paused",
        RELAY,
    ),
    ("body", 554, MISSING_SET, "ses.configuration-set-missing", RELAY),
    ("body", 554, MAIL_FROM, "ses.mail-from-domain", RELAY),
    *(
        ("body", 554, f"Transaction failed: {problem}", "smtp.content-rejected", MESSAGE)
        for problem in (
            "Duplicate header 'DKIM-Signature'.",
            "Missing final '@domain'",
            "Domain contains illegal character",
            "Expected disposition, got =",
            "Expected '/', got ;",
            "Expected ';', got \":\"",
            "Local address contains control or whitespace",
            "Missing required header 'From'.",
            "Domain starts with dot",
        )
    ),
    ("body", 554, "Message rejected: Address blacklisted.", "ses.suppressed", RECIPIENT),
]

OTHERS = [
    # Before the envelope
    ("greeting", 554, "5.7.1 No SMTP service here", "smtp.greeting-refused", RELAY),
    ("greeting", 421, "4.7.0 Try again later", "smtp.too-many-connections", RELAY),
    ("greeting", 421, "4.3.2 System shutting down", "smtp.temporary", LATER),
    ("greeting", 450, "4.3.2 please wait", "smtp.temporary", LATER),
    ("ehlo", 550, "5.7.1 HELO name does not resolve", "smtp.greeting-refused", RELAY),
    ("ehlo", 421, "4.3.2 closing", "smtp.temporary", LATER),
    ("ehlo", 421, "4.7.0 Too many connections", "smtp.too-many-connections", RELAY),
    ("ehlo", 500, "Command not recognised", "unknown", LATER),
    ("starttls", 501, "5.5.4 Syntax error", "smtp.starttls-refused", RELAY),
    # Sign-in
    ("auth", 504, "Unrecognized authentication type", "auth.no-mechanism", RELAY),
    ("auth", 534, "5.7.9 Mechanism too weak", "auth.no-mechanism", RELAY),
    (
        "auth",
        534,
        "5.7.9 Application-specific password required",
        "auth.rejected",
        RELAY,
    ),
    ("auth", 538, "5.7.11 Encryption required", "smtp.starttls-required", RELAY),
    ("auth", 503, "5.5.1 Error: authentication not enabled", "auth.not-offered", RELAY),
    ("auth", 535, "5.7.8 Error: authentication failed", "auth.rejected", RELAY),
    ("auth", 421, "4.7.0 Too many errors", "auth.temporary", RELAY),
    ("mail", 530, "5.7.57 Client not authenticated to send mail", "auth.required", RELAY),
    ("mail", 550, "5.7.1 Authentication required", "auth.required", RELAY),
    ("mail", 451, "4.7.0 Must issue STARTTLS first", "smtp.starttls-required", RELAY),
    # Sender
    ("mail", 550, "5.7.1 not your domain", "smtp.sender-refused", RELAY),
    (
        "rcpt",
        553,
        "5.7.1 <a@example.com>: Sender address rejected: not owned by user",
        "smtp.sender-refused",
        RELAY,
    ),
    (
        "body",
        550,
        "5.7.60 Client does not have permissions to send as this sender",
        "smtp.sender-refused",
        RELAY,
    ),
    ("body", 550, "5.7.26 This mail has been blocked", "smtp.sender-refused", RELAY),
    ("mail", 452, "4.3.1 Insufficient system storage", "smtp.temporary", LATER),
    ("mail", 552, "5.3.4 size", "smtp.message-too-large", MESSAGE),
    ("mail", 555, "5.5.4 Unsupported option: SIZE", "unknown", LATER),
    # Recipients
    ("rcpt", 450, "4.2.0 Greylisted", "smtp.greylisted", LATER),
    ("rcpt", 451, "4.7.1 Graylisting in action", "smtp.greylisted", LATER),
    ("rcpt", 450, "4.2.1 Mailbox busy", "smtp.temporary", LATER),
    ("rcpt", 550, "5.1.1 User unknown", "smtp.recipient-refused", RECIPIENT),
    ("rcpt", 552, "5.2.2 Mailbox full", "smtp.recipient-refused", RECIPIENT),
    ("rcpt", 501, "5.1.3 Bad recipient address syntax", "smtp.address-syntax", RECIPIENT),
    ("rcpt", 554, "5.7.1 <a@example.org>: Relay access denied", "smtp.relay-denied", RELAY),
    ("rcpt", 454, "4.7.1 <a@example.org>: Relay access denied", "smtp.relay-denied", RELAY),
    ("rcpt", 550, "relay not permitted", "smtp.relay-denied", RELAY),
    ("rcpt", 550, "5.7.1 Unable to relay", "smtp.relay-denied", RELAY),
    (
        "rcpt",
        553,
        "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        "smtp.relay-denied",
        RELAY,
    ),
    (
        "rcpt",
        554,
        "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using dnsbl.example.net",
        "smtp.greeting-refused",
        RELAY,
    ),
    ("rcpt", 452, "4.5.3 Error: too many recipients", "smtp.too-many-recipients", MESSAGE),
    ("data", 554, "5.5.1 Error: no valid recipients", "smtp.no-recipients", MESSAGE),
    ("data", 503, "Error: need RCPT command", "smtp.no-recipients", MESSAGE),
    # The message
    ("body", 554, "5.7.1 Message looks like spam", "smtp.content-rejected", MESSAGE),
    ("body", 554, "5.7.1 URL in body is on a blacklist", "smtp.content-rejected", MESSAGE),
    ("body", 500, "5.5.2 Line too long", "smtp.content-rejected", MESSAGE),
    ("body", 550, "5.1.1 no such user", "smtp.content-rejected", MESSAGE),
    ("body", 451, "4.3.0 queue full", "smtp.temporary", LATER),
    ("body", 400, "", "smtp.temporary", LATER),
    ("body", 599, "", "smtp.content-rejected", MESSAGE),
    ("quit", 500, "what", "unknown", LATER),
    ("rset", 502, "not implemented", "unknown", LATER),
]


@pytest.mark.parametrize(("stage", "code", "text", "fault", "consequence"), SES + OTHERS)
def test_a_reply_is_recognised(
    stage: str, code: int, text: str, fault: str, consequence: str
) -> None:
    """Each known refusal gives its fault, and the fault does to the mail what it must."""
    finding = recognise(stage, code, *split(text))
    assert finding.code == fault
    assert finding.facts["reply"].startswith(str(code))
    assert finding.facts["stage"] == stage
    known = FAULTS[fault]
    if consequence == LATER:
        assert known.retry is Retry.TRANSIENT
        assert known.scope in {Scope.MESSAGE, Scope.RECIPIENT}
    else:
        assert known.scope.value == consequence


def split(text: str) -> tuple[str | None, str]:
    """An enhanced status code apart from the words, as the conversation hands them over."""
    first, _, rest = text.partition(" ")
    is_enhanced = first[1:2] == "." and first.replace(".", "").isdigit()
    return (first, rest) if is_enhanced else (None, text)


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "auth", "mail", "rcpt", "data", "body"])
def test_every_reply_means_something(stage: str) -> None:
    """No code at any stage is without a fault; a 4yz never gives mail up by itself."""
    for code in range(400, 600):
        finding = recognise(stage, code, None, "no words that anybody knows")
        assert finding.code in FAULTS
        assert code >= 500 or FAULTS[finding.code].retry is Retry.TRANSIENT


SENDER = "alarm@example.com"
TO = ("op@example.net", "other@example.org")


@pytest.mark.parametrize(
    ("identities", "fault", "refused"),
    [
        ("alarm@example.com", "ses.identity-not-verified", None),
        ("example.com", "ses.identity-not-verified", None),
        ("op@example.net, alarm@example.com", "ses.identity-not-verified", None),
        ('"Alarm, the" <alarm@example.com>', "ses.identity-not-verified", None),
        ("ALARM@example.com", "ses.identity-not-verified", None),
        ("bounce@example.com", "ses.identity-not-verified", None),
        ("", "ses.identity-not-verified", None),
        ("op@example.net", "ses.sandbox-recipient", "op@example.net"),
        ("Op@Example.net", "ses.sandbox-recipient", "op@example.net"),
        ("example.net", "ses.sandbox-recipient", "op@example.net"),
        ('"Op, on duty" <op@example.net>', "ses.sandbox-recipient", "op@example.net"),
        (
            "other@example.org, op@example.net",
            "ses.sandbox-recipient",
            "op@example.net, other@example.org",
        ),
        ("op@example.net, other@exam...", "ses.identity-not-verified", None),
    ],
)
def test_own_sender_is_told_from_a_recipient(
    identities: str, fault: str, refused: str | None
) -> None:
    """An unverified From concerns the relay; only recipients listed concern only these."""
    finding = recognise("body", 554, None, NOT_VERIFIED + identities, sender=SENDER, recipients=TO)
    assert finding.code == fault
    assert finding.facts["region"] == "us-east-1"
    assert finding.facts.get("recipients") == refused


def test_a_sender_alone_tells_a_recipient() -> None:
    """Without the recipients at hand, what is not the sender is taken for one."""
    finding = recognise("body", 554, None, NOT_VERIFIED + "op@example.net", sender=SENDER)
    assert finding.code == "ses.sandbox-recipient"
    assert finding.facts["recipient"] == "op@example.net"


def test_without_sender_and_recipients_nothing_is_given_up() -> None:
    """What cannot be told apart counts as our own sender: the mail is kept."""
    finding = recognise("body", 554, None, NOT_VERIFIED + "op@example.net")
    assert finding.code == "ses.identity-not-verified"


def test_the_missing_permission_is_drawn_out() -> None:
    """The IAM user and the resource stand in the refusal and become facts."""
    facts = recognise("body", 554, None, DENIED).facts
    assert facts["user"] == "arn:aws:iam::123456789012:user/ses-smtp-user"
    assert facts["action"] == "ses:SendRawEmail"
    assert facts["resource"] == "arn:aws:ses:us-east-1:123456789012:identity/example.com"


@pytest.mark.parametrize(
    ("stage", "code", "text", "name", "value"),
    [
        ("body", 554, MISSING_SET, "name", "alarms"),
        ("body", 554, "Transaction failed: Recipient count exceeds 50.", "limit", "50"),
        ("mail", 553, "<root@localhost> Invalid email address", "sender", "root@localhost"),
        ("rcpt", 553, "<a b@example.com> address unknown", "recipient", "a b@example.com"),
        (
            "body",
            554,
            "Transaction failed: Domain starts with dot",
            "problem",
            "Domain starts with dot",
        ),
    ],
)
def test_facts_are_drawn_out(stage: str, code: int, text: str, name: str, value: str) -> None:
    """What a refusal names becomes a fact."""
    assert recognise(stage, code, None, text).facts[name] == value


def test_a_refusal_at_the_end_names_its_recipient() -> None:
    """A dead mailbox told only after the message is that recipient's, when it can be told."""
    alone = recognise("body", 550, "5.1.1", "User unknown", recipients=("a@example.com",))
    assert (alone.code, alone.facts["recipients"]) == ("smtp.recipient-refused", "a@example.com")
    named = recognise("body", 550, "5.1.1", "<OP@example.net>: unknown", recipients=TO)
    assert (named.code, named.facts["recipients"]) == ("smtp.recipient-refused", "op@example.net")
    unclear = recognise("body", 550, "5.1.1", "User unknown", recipients=TO)
    assert unclear.code == "smtp.content-rejected"


def test_an_enhanced_code_stands_once() -> None:
    """The reply reads the same whether the words still begin with the enhanced code or not."""
    apart = recognise("rcpt", 550, "5.1.1", "User unknown.")
    together = recognise("rcpt", 550, "5.1.1", "5.1.1 User unknown.")
    assert apart.facts["reply"] == together.facts["reply"] == "550 5.1.1 User unknown"


def test_several_lines_are_read_as_one() -> None:
    """A refusal that SES or a relay in between wraps is recognised all the same."""
    text = "Throttling failure:\r\n Maximum sending\r\n rate exceeded."
    assert recognise("body", 454, None, text).code == "ses.rate-exceeded"


@pytest.mark.parametrize(
    "text", ["x" * 5_000_000, "User `" * 200_000, 'identities failed the check: "' * 50_000]
)
def test_a_huge_reply_is_looked_at_only_so_far(text: str) -> None:
    """A hostile relay's megabytes neither stall the recogniser nor fill the facts."""
    finding = recognise("body", 554, None, text)
    assert finding.code == "smtp.content-rejected"
    assert len(finding.facts["reply"]) < 5_000


def test_a_list_cut_by_us_counts_as_cut() -> None:
    """A list so long that we stop reading may hide our own sender behind the end."""
    many = ", ".join(f"op{n}@example.net" for n in range(1_000))
    finding = recognise("body", 554, None, NOT_VERIFIED + many, sender=SENDER)
    assert finding.code == "ses.identity-not-verified"
