"""Amazon SES: its SMTP replies word for word, and what its API and its events say.

From the SES developer guide ("Amazon SES SMTP issues", "SMTP response codes", "Contents of
event data") and public transcripts.
"""

from __future__ import annotations

from tocsin.faults.printed.said import of

_say = of("Amazon SES", anywhere=False)


PRINTED = (
    _say("smtp.too-many-connections", "", "421 Too many concurrent SMTP connections"),
    _say(
        "smtp.temporary",
        "",
        "421 Connection closed by server. Maximum message count per session reached.",
    ),
    _say("smtp.temporary", "", "451 4.4.2 Timeout waiting for data from client."),
    _say("smtp.temporary", "", "421 Service not available, closing transmission channel."),
    _say("smtp.temporary", "", "451 Temporary service failure"),
    _say("auth.temporary", "", "454 Temporary authentication failure"),
    _say("ses.rate-exceeded", "", "454 Throttling failure: Maximum sending rate exceeded."),
    _say("ses.daily-quota", "", "454 Throttling failure: Daily message quota exceeded."),
    _say(
        "ses.old-password", "", "454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded."
    ),
    _say(
        "smtp.starttls-refused",
        "",
        "454 TLS not available due to temporary reason: TLS already active",
    ),
    _say("smtp.sender-refused", "", "501 Invalid MAIL FROM address provided"),
    _say("smtp.address-syntax", "", "501 Invalid RCPT TO address provided"),
    _say("smtp.sender-refused", "", "553 <alarm@> Invalid email address"),
    _say("smtp.address-syntax", "", "553 <soc@> address unknown"),
    _say("smtp.starttls-required", "", "530 Must issue a STARTTLS command first"),
    _say("auth.required", "", "530 Authentication required"),
    _say("auth.rejected", "", "535 Authentication Credentials Invalid"),
    _say("ses.not-subscribed", "", "535 Account not subscribed to SES"),
    _say("smtp.message-too-large", "", "552 5.3.4 Message is too long."),
    _say("smtp.too-many-recipients", "", "554 Transaction failed: Recipient count exceeds 50."),
    _say(
        "ses.not-authorized",
        "",
        "554 Access denied: User `arn:aws:iam::123456789012:user/"
        "ses-smtp-user' is not authorized to perform `ses:SendRawEmail' on resource "
        "`arn:aws:ses:us-east-1:123456789012:identity/example.com'",
    ),
    _say(
        "ses.identity-not-verified",
        "",
        "554 Message rejected: Email address is not verified. "
        "The following identities failed the check in region US-EAST-1: alarm@example.org",
        "ses.sandbox-recipient",
    ),
    _say(
        "ses.sandbox-recipient",
        "",
        "postfix/smtp[2211]: 4F1c2D3e4F: to=<op@example.net>, "
        "relay=email-smtp.us-east-1.amazonaws.com[192.0.2.25]:587, dsn=5.0.0, status=bounced "
        "(host email-smtp.us-east-1.amazonaws.com[192.0.2.25] said: 554 Message rejected: Email "
        "address is not verified. The following identities failed the check in region "
        "US-EAST-1: op@example.net (in reply to end of DATA command))",
    ),
    _say(
        "ses.sending-paused",
        "",
        "554 Message rejected: Sending paused for this account. For "
        "more information, please check the inbox of the email address associated with your AWS "
        "account.",
    ),
    _say(
        "ses.configuration-set-missing",
        "",
        "554 Configuration Set does not exist: Configuration set <alarms> does not exist.",
    ),
    _say(
        "ses.mail-from-domain",
        "",
        "554 MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.",
    ),
    _say("smtp.content-rejected", "", "554 Transaction failed: Duplicate header 'DKIM-Signature'."),
    _say("ses.suppressed", "", "554 Message rejected: Address blacklisted."),
    # Its API, by the names of the exceptions
    _say("ses.sending-paused", "AccountSendingPausedException"),
    _say("ses.sending-paused", "AccountSuspendedException"),
    _say("ses.sending-paused", "ConfigurationSetSendingPausedException"),
    _say("ses.sending-paused", "SendingPausedException", "", vague=True),
    _say("ses.configuration-set-missing", "ConfigurationSetDoesNotExist"),
    _say("ses.mail-from-domain", "MailFromDomainNotVerifiedException"),
    # Its events
    _say(
        "ses.suppressed",
        '"bounceSubType":{}"OnAccountSuppressionList"',
        '{"notificationType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": '
        '"OnAccountSuppressionList"}}',
    ),
    _say(
        "ses.suppressed",
        '"bounceSubType":{}"Suppressed"',
        '{"notificationType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": '
        '"Suppressed"}}',
    ),
    _say(
        "ses.suppressed",
        "Amazon SES did not send the message to this address because it is on "
        "the suppression list for your account",
    ),
    _say("ses.suppressed", "Amazon SES has suppressed sending to this address"),
)
