"""Faults that Amazon SES names in its replies."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness


def _ses(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    retry: Retry = Retry.FINAL,
    scope: Scope = Scope.RELAY,
    **defaults: str,
) -> Fault:
    return Fault(code, title, cause, fix, Seriousness.ERROR, retry, scope, defaults)


FAULTS = (
    _ses(
        "ses.identity-not-verified",
        "The sender is not verified in Amazon SES",
        "{identities} is not a verified identity in {region}.",
        f"Set From Email in {place.SMTP} to an address of a verified domain.",
        "Or verify the identity in the Amazon SES console of {region}: identities and SMTP "
        "Server belong to one region.",
        identities="The sender's address",
        region="the region of SMTP Server",
    ),
    _ses(
        "ses.sandbox-recipient",
        "The recipient is not verified, and the account is in the sandbox",
        "The account is in the Amazon SES sandbox of {region}, where mail goes only to verified "
        "identities; {identities} is none.",
        "Verify the recipient's address or domain in the Amazon SES console, or take it off To in "
        f"{place.ACTIONS}.",
        "Or request production access in the Amazon SES console.",
        scope=Scope.RECIPIENT,
        identities="a recipient",
        region="the region of SMTP Server",
    ),
    _ses(
        "ses.not-authorized",
        "The IAM user may not send this mail",
        "The policy of {user} does not allow ses:SendRawEmail on {resource}.",
        'Give the IAM user a policy that allows ses:SendRawEmail on resource "*".',
        user="the IAM user",
        resource="this identity",
    ),
    _ses(
        "ses.rate-exceeded",
        "Mail goes out faster than Amazon SES allows",
        "The account's sending rate was exceeded: {reply}.",
        "Nothing: the mail waits and goes out more slowly.",
        "If alarms come faster for long, ask Amazon for a higher sending rate.",
        retry=Retry.TRANSIENT,
        reply="454 Throttling failure",
    ),
    _ses(
        "ses.daily-quota",
        "The day's quota at Amazon SES is used up",
        "The account has sent as many messages in 24 hours as it may: {reply}.",
        "The mail waits and goes out as the quota frees up.",
        "Ask Amazon for a higher quota, or tell fewer alarms by mail.",
        retry=Retry.TRANSIENT,
        reply="454 Throttling failure",
    ),
    _ses(
        "ses.sending-paused",
        "Amazon SES has paused sending",
        "Amazon SES takes no mail from this account, or with this configuration set, now: {reply}.",
        "If it is the account: read the mail that Amazon sent to the account's address, and "
        "answer it.",
        "If it is the configuration set: turn sending on for it in the Amazon SES console.",
        reply="sending paused",
    ),
    _ses(
        "ses.configuration-set-missing",
        "The configuration set does not exist",
        "The message, or the identity's default, names the configuration set {name}, which does "
        "not exist in this region.",
        "Create it in the Amazon SES console, or remove it from the identity's defaults.",
        name="that is missing",
    ),
    _ses(
        "ses.mail-from-domain",
        "The custom MAIL FROM domain is not set up",
        "The MX record of the identity's custom MAIL FROM domain is missing or wrong.",
        "Set the MX and TXT records that the Amazon SES console shows for the identity, or turn "
        "its custom MAIL FROM off.",
    ),
    _ses(
        "ses.not-subscribed",
        "The account has not opened Amazon SES",
        "The AWS account is not subscribed to Amazon SES: {reply}.",
        "Open Amazon SES once in the AWS console of this region, then create SMTP credentials.",
        reply="535",
    ),
    _ses(
        "ses.old-password",
        "The SMTP password is of an outdated kind",
        "The SMTP password was made before January 2019 and is throttled: {reply}.",
        f"Create new SMTP credentials and enter them in {place.SMTP}.",
        reply="454",
    ),
    _ses(
        "ses.suppressed",
        "The recipient is on a suppression list",
        "{recipient} is on the suppression list: mail to it is not delivered.",
        "Find out why it bounced, then take it off the list in the Amazon SES console.",
        scope=Scope.RECIPIENT,
        recipient="The recipient",
    ),
    _ses(
        "ses.wrong-host",
        "That is another service of Amazon's than the SMTP endpoint",
        "{host} is {service}; it takes no mail over SMTP from here.",
        f"Set SMTP Server in {place.SMTP} to {{endpoint}}.",
        host="The server that is configured",
        service="no SMTP endpoint",
        endpoint="email-smtp.REGION.amazonaws.com",
    ),
    _ses(
        "ses.region-without-smtp",
        "Amazon SES has no SMTP endpoint in this region",
        "SES can be used in {region} over its API only.",
        "Choose a region with an SMTP endpoint: tocsin ses endpoints",
        "Verified identities and SMTP credentials belong to one region: make them there.",
        region="this region",
    ),
)
