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


def _watch(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    severity: Seriousness = Seriousness.WARNING,
    **defaults: str,
) -> Fault:
    """Found by looking at the account, before mail meets it."""
    return Fault(code, title, cause, fix, severity, Retry.FINAL, Scope.ACTION, defaults)


_ENTER_KEY = (
    "Enter the new key: a relay's as User Name and Password, the password derived by tocsin ses "
    f"password, in {place.SMTP}; that of the account as access_key and secret_key_file under ses."
)

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
    _watch(
        "ses.quota-near",
        "The day's quota at Amazon SES is nearly used up",
        "{sent} of the {quota} recipients that the account may send to in 24 hours are used "
        "({percent} %). What comes beyond the quota waits.",
        "See what sends so much: everything that sends by this account in {region} counts, not "
        "Tocsin alone.",
        f"Group alarms in {place.ACTIONS}, so that fewer mails tell them.",
        "Ask Amazon for a higher quota: Service Quotas in the AWS console, Amazon SES.",
        sent="Most",
        quota="many",
        percent="80 or more",
        region="the region",
    ),
    _watch(
        "ses.under-review",
        "Amazon SES reviews the account",
        "Amazon put the account's sending in {region} under review. It may pause it.",
        "Read the mail that Amazon sent to the account's address, and answer it.",
        "Look at Reputation metrics in the Amazon SES console of {region}, and end what it names.",
        region="the region",
    ),
    _watch(
        "ses.bounce-rate",
        "Too much of the account's mail bounces",
        "{bounces} of {attempts} mails of the last two weeks bounced ({percent} %). Amazon SES "
        "reviews an account at 5 % and may pause it at 10 %. Where few mails go out, a single "
        "address that is gone is enough for that.",
        f"Correct the addresses that are marked in {place.ACTIONS}, or take them off.",
        "See in the Amazon SES console of {region} what else bounces: everything that sends by "
        "this account counts, not Tocsin alone.",
        bounces="Many",
        attempts="the",
        percent="5 or more",
        region="the region",
    ),
    _watch(
        "ses.complaint-rate",
        "Recipients complain about the account's mail",
        "{complaints} of {attempts} mails of the last two weeks were marked as unwanted by those "
        "who got them ({percent} %). Amazon SES reviews an account at 0.1 % and may pause it at "
        "0.5 %. Where few mails go out, a single complaint is enough for that.",
        "Ask those whom alarms are mailed to whether they want them, and not to mark them as spam.",
        f"Take who does not want them off To in {place.ACTIONS}.",
        "See in the Amazon SES console of {region} what else is complained about: everything "
        "that sends by this account counts, not Tocsin alone.",
        complaints="Many",
        attempts="the",
        percent="0.1 or more",
        region="the region",
    ),
    _watch(
        "ses.dkim-failed",
        "DKIM of the sender's identity is not in force",
        "The DKIM status of {identity} is {status}. Its mail goes out without a signature of its "
        "own domain, and receivers may take it for forged.",
        "Open {identity} in the Amazon SES console of {region} and compare the DKIM records that "
        "it shows with those in DNS.",
        "Publish the records that are missing or differ. Amazon SES finds them by itself, within "
        "72 hours.",
        identity="the identity",
        status="not SUCCESS",
        region="the region",
    ),
    _watch(
        "ses.key-old",
        "An access key is old",
        "The access key {key} was made {days} days ago; {limit} days are allowed.",
        "Make a second access key for the same IAM user.",
        _ENTER_KEY,
        "When it is in use, switch the old key off in the IAM console, and delete it some days "
        "later.",
        "Another age is set by key_age_days under ses; 0 allows any.",
        key="of the configuration",
        days="too many",
        limit="90",
    ),
    _watch(
        "ses.key-unused",
        "An access key has not been used for long",
        "AWS has seen no use of the access key {key} since {since}. Amazon SES may refuse it "
        "without Tocsin having noticed, as no mail went out by it.",
        f"Send a test by the relay that signs in with it: Test Action in {place.ACTIONS}.",
        "If it is not needed, take it out of the configuration and delete it in the IAM console.",
        key="of the configuration",
        since="more than 45 days ago",
    ),
    _watch(
        "ses.key-inactive",
        "An access key is switched off",
        "The access key {key} is inactive: AWS refuses it.",
        "Make it active in the IAM console, or make another one for its IAM user.",
        _ENTER_KEY,
        severity=Seriousness.ERROR,
        key="of the configuration",
    ),
    _watch(
        "ses.key-gone",
        "An access key does not exist in the account",
        "The account has no access key {key}: it was deleted, or belongs to another account.",
        "Make an access key for an IAM user of this account.",
        _ENTER_KEY,
        severity=Seriousness.ERROR,
        key="such as is configured",
    ),
)
