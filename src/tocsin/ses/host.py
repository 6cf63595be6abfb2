"""Hosts of Amazon's that are entered in the place of the SES SMTP endpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.faults.fault import Finding
from tocsin.ses.endpoint import ENDPOINTS, Endpoint, Offer, has_no_smtp
from tocsin.ses.region import NAME, plain_name, region_of_host

_REGION = rf"(?P<region>{NAME})"


@dataclass(frozen=True, slots=True)
class _Service:
    """Another service: how its hosts are called, what it is, and whose sign-in it takes."""

    host: re.Pattern[str]
    words: str
    own_user: re.Pattern[str] | None = None


_SERVICES = (
    _Service(
        re.compile(rf"email(?:-fips)?\.{_REGION}\.(?:amazonaws\.(?:com|eu)|api\.aws)"),
        "the HTTPS API of Amazon SES",
    ),
    _Service(
        re.compile(rf"inbound-smtp\.{_REGION}\.amazonaws\.com"),
        "where Amazon SES receives mail for its customers",
    ),
    _Service(
        re.compile(rf"(?:.+\.)?mail-manager-smtp\.(?:{_REGION}\.)?amazonaws\.com"),
        "an ingress endpoint of SES Mail Manager, which has users of its own",
        re.compile(r"inp-[A-Za-z0-9]+"),
    ),
    _Service(
        re.compile(rf"feedback-smtp\.{_REGION}\.amazonses\.com"),
        "where Amazon SES takes bounces, the MX of a MAIL FROM domain",
    ),
    _Service(
        re.compile(rf"smtp\.mail\.{_REGION}\.awsapps\.com"),
        "the server of Amazon WorkMail, which takes mail from its own mailboxes only",
        re.compile(r"[^@\s]+@[^@\s]+"),
    ),
)


def judge_host(host: str, user: str = "") -> Finding | None:
    """What is wrong with an Amazon host as the SMTP server, by its name alone.

    Mail Manager and WorkMail are relays for users of their own: with the user name of
    one of theirs (`user`) nothing is found. A region of which no source says whether it
    has SMTP gives nothing either; DNS decides there.
    """
    region = region_of_host(host)
    if region is not None:
        return _without_smtp(region) if has_no_smtp(region) else None
    name = plain_name(host)
    for service in _SERVICES:
        found = service.host.fullmatch(name)
        if found is None:
            continue
        if service.own_user is not None and service.own_user.fullmatch(user.strip()):
            return None
        return _wrong(name, service.words, found["region"])
    return None


def _wrong(name: str, words: str, region: str | None) -> Finding:
    if region is not None and has_no_smtp(region):
        return _without_smtp(region)
    facts = {"host": name, "service": words}
    if region is not None:
        # A region that appeared after this list was made is named in the usual manner.
        unlisted = Endpoint(region, region, Offer.UNCONFIRMED, Offer.UNCONFIRMED)
        facts["endpoint"] = ENDPOINTS.get(region, unlisted).host
    return Finding("ses.wrong-host", facts)


def _without_smtp(region: str) -> Finding:
    return Finding("ses.region-without-smtp", {"region": region})
