"""Concerns of an account as alarms. Pure: no store, no network."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.base.clock import DAY, Instant, rfc3339
from tocsin.central.configuration import Configuration
from tocsin.domain.severity import Severity
from tocsin.engine.feedbackflags import NO_OTHER_WAY, actions_using
from tocsin.engine.systemalarm import SOURCE, SystemAlarm, in_words
from tocsin.faults.fault import Finding
from tocsin.ses.concern import Concern, Kind
from tocsin.ses.seen import Interest, Seen

TYPES = {
    Kind.SENDING: "Amazon SES takes no mail",
    Kind.REVIEW: "Amazon SES reviews the account",
    Kind.QUOTA: "Amazon SES quota nearly used up",
    Kind.BOUNCES: "Amazon SES bounce rate",
    Kind.COMPLAINTS: "Amazon SES complaint rate",
    Kind.IDENTITY: "Amazon SES identity not verified",
    Kind.DKIM: "Amazon SES DKIM not in force",
    Kind.MAIL_FROM: "Amazon SES MAIL FROM domain",
    Kind.SANDBOX: "Recipient not verified in the sandbox",
    Kind.SUPPRESSED: "Recipient on the suppression list",
    Kind.KEY_AGE: "Access key old",
    Kind.KEY_USE: "Access key unused",
    Kind.KEY_STATE: "Access key does not work",
}
"""Types of the alarms; rules name them."""
CANNOT_ASK = "Amazon SES cannot be asked"
CANNOT_FETCH = "Feedback of Amazon SES cannot be fetched"
FEEDBACK_KEY = f"{SOURCE}|ses|feedback"

_GOES_ON: Instant = 10 * DAY
"""An alarm that a look can end goes on so long without one."""
_OF_RECIPIENTS = {Kind.SANDBOX, Kind.SUPPRESSED}


def key_of(region: str, concern: Concern) -> str:
    """The key of its alarm."""
    return f"{SOURCE}|ses|{region}|{concern.kind.value}|{concern.subject}"


def asking_key(region: str) -> str:
    """The key of the alarm that the account cannot be asked."""
    return f"{SOURCE}|ses|{region}|asking|"


def carried(keys: Iterable[str], unjudged: frozenset[tuple[Kind, str]]) -> set[str]:
    """Those of the keys of which a look could say neither that it goes on nor that it is over."""
    open_ = {(kind.value, subject) for kind, subject in unjudged}
    found = set()
    for key in keys:
        kind, subject = key.split("|", 4)[3:]
        if (kind, "") in open_ or (kind, subject) in open_:
            found.add(key)
    return found


def alarms(
    found: Iterable[Concern], seen: Seen, interest: Interest, configuration: Configuration
) -> list[SystemAlarm]:
    """An alarm of each concern."""
    unreachable = {one.lower() for one in seen.refused or ()}
    unreachable |= {one.address.lower() for one in seen.suppressed or ()}
    alone = all(one.lower() in unreachable for one in interest.recipients)
    first = interest.ways[0].relay if interest.ways else ""
    return [
        SystemAlarm(
            key=key_of(seen.region, one),
            type=TYPES[one.kind],
            severity=one.severity,
            details=in_words(one.finding, *_more(one, configuration)),
            attributes={
                "region": seen.region,
                "code": one.finding.code,
                "relay": one.relay or ("" if one.kind in _OF_RECIPIENTS else first),
                "subject": one.subject,
            },
            lasts=_GOES_ON,
            held=NO_OTHER_WAY if alone and one.kind in _OF_RECIPIENTS else "",
        )
        for one in found
    ]


def _more(concern: Concern, configuration: Configuration) -> list[str]:
    if concern.kind in _OF_RECIPIENTS:
        using = actions_using(configuration, concern.subject)
        return [f"Actions that use {concern.subject}: {', '.join(using) or 'none any more'}."]
    if concern.relay:
        return [f"The relay that it is about: {concern.relay}."]
    return []


def cannot_ask(region: str, finding: Finding, since: Instant) -> SystemAlarm:
    """The alarm that the account cannot be asked."""
    more = (
        f"It has failed since {rfc3339(since)}. What the pages show of the account in {region} is "
        "what was seen before that. Mail is not concerned: it goes by a key of its own."
    )
    return SystemAlarm(
        key=asking_key(region),
        type=CANNOT_ASK,
        severity=Severity.MINOR,
        details=in_words(finding, more),
        attributes={"region": region, "code": finding.code},
        lasts=_GOES_ON,
    )


def cannot_fetch(queue: str, finding: Finding) -> SystemAlarm:
    """The alarm that feedback cannot be fetched."""
    more = "What becomes of mails after Amazon SES took them stays in the queue until then."
    return SystemAlarm(
        key=FEEDBACK_KEY,
        type=CANNOT_FETCH,
        severity=Severity.MINOR,
        details=in_words(finding, more),
        attributes={"queue": queue, "code": finding.code},
        lasts=_GOES_ON,
    )
