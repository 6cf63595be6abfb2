"""Concerns of an account as alarms. Pure: no store, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.base.clock import DAY, Instant, rfc3339
from tocsin.central.configuration import Configuration
from tocsin.domain.severity import Severity
from tocsin.engine import feedbackflags, systemalarm
from tocsin.engine.feedbackflags import actions_using
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

_GOES_ON: Instant = 365 * DAY
"""A look ends it. That none could see it for a while says nothing of its being over."""
_MOST_NAMED = 100
"""Recipients that one alarm names."""
_OF_RECIPIENTS = {Kind.SANDBOX, Kind.SUPPRESSED}


def key_of(region: str, concern: Concern) -> str:
    """The key of its alarm."""
    return f"{SOURCE}|ses|{region}|{concern.kind.value}|{concern.subject}"


def asking_key(region: str) -> str:
    """The key of the alarm that the account cannot be asked."""
    return f"{SOURCE}|ses|{region}|asking|"


def lasting(keys: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Kind and subject of what these alarms are about."""
    return frozenset(_parts(key) for key in keys)


def _parts(key: str) -> tuple[str, str]:
    kind, subject = key.split("|", 4)[3:]
    return kind, subject


def carried(keys: Iterable[str], unjudged: frozenset[tuple[Kind, str]]) -> set[str]:
    """Those of the keys of which a look could say neither that it goes on nor that it is over."""
    open_ = {(kind.value, subject) for kind, subject in unjudged}
    found = set()
    for key in keys:
        kind, subject = _parts(key)
        if (kind, "") in open_ or (kind, subject) in open_:
            found.add(key)
    return found


def alarms(
    found: Iterable[Concern], seen: Seen, interest: Interest, configuration: Configuration
) -> list[SystemAlarm]:
    """An alarm of each concern."""
    first = interest.ways[0].relay if interest.ways else ""
    return [
        SystemAlarm(
            key=key_of(seen.region, one),
            type=TYPES[one.kind],
            severity=one.severity,
            details=in_words(one.finding, *_more(one, seen, configuration)),
            attributes={
                "region": seen.region,
                "code": one.finding.code,
                "relay": one.relay or ("" if one.kind in _OF_RECIPIENTS else first),
                "subject": one.subject,
            },
            lasts=_GOES_ON,
            held=_held(one, seen, interest, configuration),
        )
        for one in found
    ]


def _held(one: Concern, seen: Seen, interest: Interest, configuration: Configuration) -> str:
    """Why nobody is told: no mail about it could reach anybody."""
    if one.kind in _OF_RECIPIENTS:
        unreachable = {each.lower() for kind in _OF_RECIPIENTS for each in _of_kind(kind, seen)}
        alone = all(each.lower() in unreachable for each in interest.recipients)
        return feedbackflags.NO_OTHER_WAY if alone else ""
    if one.kind is Kind.SENDING and len(interest.ways) == len(configuration.every_relay):
        # Every relay sends by this account: the mail would wait until it is over.
        return systemalarm.NO_OTHER_WAY
    return ""


def _of_kind(kind: Kind, seen: Seen) -> tuple[str, ...]:
    """The recipients that a kind of concern is about."""
    if kind is Kind.SANDBOX:
        return seen.refused or ()
    return tuple(one.address for one in seen.suppressed or ())


def _more(concern: Concern, seen: Seen, configuration: Configuration) -> Iterator[str]:
    if concern.kind not in _OF_RECIPIENTS:
        if concern.relay:
            yield f"The relay that it is about: {concern.relay}."
        return
    named: tuple[str, ...] = (concern.subject,)
    if concern.subject == seen.region:  # many at once
        every = _of_kind(concern.kind, seen)
        named = every[:_MOST_NAMED]
        left = f" and {len(every) - len(named)} more" if len(every) > len(named) else ""
        yield f"{len(every)} recipients: {', '.join(named)}{left}."
    using = sorted({name for one in named for name in actions_using(configuration, one)})
    whom = concern.subject if len(named) == 1 else "them"
    yield f"Actions that use {whom}: {', '.join(using) or 'none any more'}."


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
        # Without `_GOES_ON`: whoever cannot fetch says so again every few minutes.
    )
