"""What DNS says about the domain that mail is from. None of it stops mail at the relay."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_DOMAIN = {"domain": "the sender's domain"}


def _sender(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    severity: Seriousness = Seriousness.WARNING,
    **defaults: str,
) -> Fault:
    words = {**_DOMAIN, **defaults}
    return Fault(code, title, cause, fix, severity, Retry.FINAL, Scope.RELAY, words)


FAULTS = (
    _sender(
        "sender.domain-not-found",
        "The sender's domain does not exist",
        "The name server knows no domain {domain}; many receivers refuse mail from there.",
        f"Check the spelling of From Email in {place.SMTP}.",
        "If the domain is a new one, wait until its registration has come through.",
    ),
    _sender(
        "sender.spf-missing",
        "The sender's domain has no SPF record",
        "{domain} does not say in DNS which servers send its mail, so receivers cannot check it "
        "(RFC 7208).",
        "Publish a TXT record at {domain} that names the relay, such as: v=spf1 "
        "include:relay.example.com ~all",
        "With Amazon SES none is needed: its mail passes under its own domain, or under a custom "
        "MAIL FROM domain.",
    ),
    _sender(
        "sender.spf-invalid",
        "The sender's SPF record is broken",
        "Receivers take the SPF record of {domain} as an error: {problem}.",
        "Correct the TXT record; RFC 7208 allows one record a domain, and 10 lookups in all.",
        problem="it cannot be read",
    ),
    _sender(
        "sender.dmarc-missing",
        "The sender's domain has no DMARC record",
        "{domain} does not say in DNS what receivers do with mail that fails SPF and DKIM; large "
        "mailbox providers want it said.",
        "Publish a TXT record at _dmarc.{domain}, to begin with: v=DMARC1; p=none",
        severity=Seriousness.NOTE,
    ),
    _sender(
        "sender.dmarc-invalid",
        "The sender's DMARC record is broken",
        "Receivers pass over the DMARC record of {domain}: {problem}.",
        "Correct the TXT record at _dmarc.{domain}; v=DMARC1 stands first, then p=none, "
        "p=quarantine or p=reject.",
        problem="it cannot be read",
    ),
    _sender(
        "sender.no-return-path",
        "Nothing comes back to the sender's domain",
        "Notices about alarm mail that was not delivered cannot reach {domain}: {problem}.",
        "Publish an MX record for {domain}, or send from a domain that takes mail.",
        "With Amazon SES bounces are told through its notifications too.",
        severity=Seriousness.NOTE,
        problem="it takes no mail",
    ),
)
