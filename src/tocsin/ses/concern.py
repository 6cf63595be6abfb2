"""What somebody must see to in an account, judged by the facts of a look. Pure.

Thresholds, with their sources:

- bounces: reviewed at 5 %, may be paused at 10 %; complaints: 0.1 % and 0.5 % (SES developer
  guide, "Reputation metrics"). SES judges by a volume that it does not publish. Here it takes
  20 attempts in the two weeks that GetSendStatistics covers: one bounce is 5 % of these, so
  that a single bounce among fewer says nothing. A rate that rests on a single mail is never
  graver than minor.
- quota: 80 % of Max24HourSend is told, 95 % is grave; all of it is the fault that the relay
  itself would tell.
- what goes on is over only when its share has fallen to nine tenths of the level that it was
  told at: a share that moves about its level is told once, not with every look.
- an access key: older than the days that are set (90), or unused for 45 days (CIS AWS
  Foundations Benchmark, "access keys are rotated", "unused credentials are disabled").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tocsin.base.clock import DAY, Instant, rfc3339
from tocsin.domain.severity import Severity
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, IdentityDetail, Rates
from tocsin.ses.keys import KeySeen
from tocsin.ses.seen import Interest, Seen, Sender

BOUNCES = (0.05, 0.10)
"""Shares of all attempts at which SES reviews an account, and at which it may pause it."""
COMPLAINTS = (0.001, 0.005)
LEAST_ATTEMPTS = 20
QUOTA = (0.80, 0.95)
RELEASE = 0.9
"""Part of its level that a share must have fallen below for a concern that goes on to be over."""
MANY = 5
"""More recipients than this that are new in one look are one concern: one mail, not hundreds."""
UNUSED: Instant = 45 * DAY

Lasting: TypeAlias = Collection[tuple[str, str]]
"""(kind, subject) of concerns that were told and are not over."""

_VERIFIED = "SUCCESS"
_OFF = "NOT_STARTED"


class Kind(StrEnum):
    """What a concern is about: part of its alarm's key, so never renamed."""

    SENDING = "sending"
    REVIEW = "review"
    QUOTA = "quota"
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    IDENTITY = "identity"
    DKIM = "dkim"
    MAIL_FROM = "mail-from"
    SANDBOX = "sandbox"
    SUPPRESSED = "suppressed"
    KEY_AGE = "key-age"
    KEY_USE = "key-use"
    KEY_STATE = "key-state"


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to see to. Kind and subject tell it from others, and stay while it lasts."""

    kind: Kind
    subject: str
    """The region, identity, address or access key that it is about."""
    severity: Severity
    finding: Finding
    relay: str = ""
    """The relay that it is about; empty where it is the account's."""

    @property
    def grave(self) -> bool:
        """Whether mail is, or may soon be, stopped by it."""
        return self.severity.rank >= Severity.MAJOR.rank


def concerns(
    seen: Seen, interest: Interest, lasting: Lasting = frozenset(), foreign: Collection[str] = ()
) -> tuple[Concern, ...]:
    """All that there is to see to, the gravest first.

    `lasting`: (kind, subject) of what goes on since earlier looks. `foreign`: access keys that
    the account does not have and, as far as is known, never had: mail that goes by them is
    another account's.
    """
    strange = {one.relay for one in interest.ways if one.user in foreign}
    senders = [one for one in seen.senders or () if one.relay not in strange]
    found = [
        *_of_account(seen, lasting),
        *_of_rates(seen, lasting),
        *(one for sender in senders for one in _of_sender(seen.region, sender)),
        *_of_recipients(seen, lasting),
        *(
            one
            for key in seen.keys
            for one in _of_key(key, seen.at, interest.key_age_days, foreign)
        ),
    ]
    once = {(one.kind, one.subject): one for one in reversed(found)}
    return tuple(sorted(once.values(), key=_order))


def _order(one: Concern) -> tuple[int, str, str]:
    return -one.severity.rank, one.kind.value, one.subject


def unjudged(seen: Seen) -> frozenset[tuple[Kind, str]]:
    """What this look cannot say: (kind, subject), an empty subject for all of the kind.

    What was told of it before goes on, since nothing says that it is over.
    """
    found = {(kind, "") for kind in _unseen(seen)}
    for sender in seen.senders or ():
        if sender.identity is not None and sender.detail is None:
            found |= {(one, sender.identity) for one in (Kind.DKIM, Kind.MAIL_FROM)}
            found.add((Kind.IDENTITY, sender.address))
    for key in seen.keys:
        found |= {(kind, key.id) for kind in _unseen_of_key(key)}
    return frozenset(found)


def _unseen(seen: Seen) -> Iterator[Kind]:
    if seen.account is None:
        yield from (Kind.SENDING, Kind.REVIEW, Kind.QUOTA)
    if seen.refused is None:
        yield Kind.SANDBOX
    if seen.rates is None:
        yield from (Kind.BOUNCES, Kind.COMPLAINTS)
    if seen.senders is None:
        yield from (Kind.IDENTITY, Kind.DKIM, Kind.MAIL_FROM)
    if seen.suppressed is None:
        yield Kind.SUPPRESSED


def _unseen_of_key(key: KeySeen) -> Iterator[Kind]:
    if key.exists is False:
        return
    if key.created_at is None:
        yield Kind.KEY_AGE
    if not key.use_known:
        yield Kind.KEY_USE
    if key.exists is None:
        yield Kind.KEY_STATE


def _of_account(seen: Seen, lasting: Lasting) -> Iterator[Concern]:
    account, region = seen.account, seen.region
    if account is None:
        return
    stopped = _stopped(account)
    if stopped is not None:
        facts = {"reply": stopped, "region": region}
        finding = Finding("ses.sending-paused", facts)
        yield Concern(Kind.SENDING, region, Severity.CRITICAL, finding)
    if account.enforcement == "PROBATION":
        finding = Finding("ses.under-review", {"region": region})
        yield Concern(Kind.REVIEW, region, Severity.MAJOR, finding)
    yield from _of_quota(account, region, lasting)


def _stopped(account: Account) -> str | None:
    """Why the account sends nothing, in the words of the API."""
    if account.enforcement == "SHUTDOWN":
        return "EnforcementStatus is SHUTDOWN"
    return None if account.sending_enabled else "SendingEnabled is false"


def _of_quota(account: Account, region: str, lasting: Lasting) -> Iterator[Concern]:
    used, limit = account.sent_last_24_hours, account.max_24_hour_send
    level = QUOTA[0] * (RELEASE if (Kind.QUOTA, region) in lasting else 1)
    if used is None or limit is None or limit <= 0 or used < limit * level:
        return
    grave = used >= limit * QUOTA[1]
    facts = {
        "sent": f"{used:.0f}",
        "quota": f"{limit:.0f}",
        "percent": _percent(used / limit),
        "region": region,
    }
    severity = Severity.MAJOR if grave else Severity.MINOR
    yield Concern(Kind.QUOTA, region, severity, Finding("ses.quota-near", facts))


def _of_rates(seen: Seen, lasting: Lasting) -> Iterator[Concern]:
    rates = seen.rates
    if rates is None:
        return
    for kind, code, name, count, levels in (
        (Kind.BOUNCES, "ses.bounce-rate", "bounces", rates.bounces, BOUNCES),
        (Kind.COMPLAINTS, "ses.complaint-rate", "complaints", rates.complaints, COMPLAINTS),
    ):
        goes_on = (kind, seen.region) in lasting
        severity = judge_rate(count, rates.attempts, levels, lasting=goes_on)
        if severity is not None:
            facts = {name: str(count), **_share(count, rates), "region": seen.region}
            yield Concern(kind, seen.region, severity, Finding(code, facts))


def judge_rate(
    count: int, attempts: int, levels: tuple[float, float], *, lasting: bool = False
) -> Severity | None:
    """How grave it is that so many of the attempts went wrong; None where it is not.

    What is `lasting` goes on with half the attempts, too: mails of two weeks ago drop out of
    the count by the hour.
    """
    level, least = levels[0], LEAST_ATTEMPTS
    if lasting:
        level, least = level * RELEASE, least // 2
    if attempts < least or count < attempts * level:
        return None
    grave = attempts >= LEAST_ATTEMPTS and count >= attempts * levels[1] and count > 1
    return Severity.MAJOR if grave else Severity.MINOR


def _share(count: int, rates: Rates) -> dict[str, str]:
    return {"attempts": str(rates.attempts), "percent": _percent(count / rates.attempts)}


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".")


def _of_sender(region: str, sender: Sender) -> Iterator[Concern]:
    detail = sender.detail
    if sender.identity is None or (detail is not None and not detail.verified):
        facts = {"identities": sender.address, "region": region}
        if detail is not None:
            facts["status"] = detail.verification or ""
        finding = Finding("ses.identity-not-verified", facts)
        yield Concern(Kind.IDENTITY, sender.address, Severity.CRITICAL, finding, sender.relay)
    if detail is None:
        return
    if _dkim_fails(detail):
        facts = {"identity": detail.name, "status": detail.dkim or _OFF, "region": region}
        finding = Finding("ses.dkim-failed", facts)
        yield Concern(Kind.DKIM, detail.name, Severity.MINOR, finding, sender.relay)
    if detail.mail_from is not None and detail.mail_from_status != _VERIFIED:
        facts = {"domain": detail.mail_from, "status": detail.mail_from_status or ""}
        finding = Finding("ses.mail-from-domain", facts)
        # Mail is refused, or goes out with SES's own domain as if there were none.
        rejects = detail.mail_from_failure == "REJECT_MESSAGE"
        severity = Severity.CRITICAL if rejects else Severity.MINOR
        yield Concern(Kind.MAIL_FROM, detail.name, severity, finding, sender.relay)


def _dkim_fails(detail: IdentityDetail) -> bool:
    """An address need not have DKIM of its own: it is its domain's to sign."""
    if detail.dkim == _VERIFIED:
        return False
    return "@" not in detail.name or detail.dkim not in {None, _OFF}


def _of_recipients(seen: Seen, lasting: Lasting) -> Iterator[Concern]:
    def refused(which: str) -> Finding:
        return Finding("ses.sandbox-recipient", {"identities": which, "region": seen.region})

    said = {one.address: one for one in seen.suppressed or ()}

    def suppressed(which: str) -> Finding:
        facts = {"recipient": which}
        if which in said:
            facts |= {"reason": said[which].reason, "since": rfc3339(said[which].since)}
        return Finding("ses.suppressed", facts)

    region = seen.region
    yield from _grouped(Kind.SANDBOX, seen.refused or (), region, lasting, refused)
    yield from _grouped(Kind.SUPPRESSED, tuple(said), region, lasting, suppressed)


def _grouped(
    kind: Kind,
    addresses: Sequence[str],
    region: str,
    lasting: Lasting,
    finding: Callable[[str], Finding],
) -> Iterator[Concern]:
    """A concern of each address; one of the region for all that are new where they are many.

    What was told by itself stays by itself, and what was told together goes on until none is
    left: nothing ends because more came to it.
    """
    told = [one for one in addresses if (kind, one.lower()) in lasting]
    new = [one for one in addresses if (kind, one.lower()) not in lasting]
    together = bool(new) and (len(new) > MANY or (kind, region) in lasting)
    for address in told if together else addresses:
        yield Concern(kind, address.lower(), Severity.MAJOR, finding(address))
    if together:
        yield Concern(kind, region, Severity.MAJOR, finding(_listed(new)))


def _listed(addresses: Sequence[str]) -> str:
    named = ", ".join(addresses[:MANY])
    return named if len(addresses) <= MANY else f"{named} and {len(addresses) - MANY} more"


def _of_key(
    key: KeySeen, at: Instant, age_days: int, foreign: Collection[str]
) -> Iterator[Concern]:
    facts = {"key": key.id, "use": key.use.value}
    if key.user:
        facts["user"] = key.user
    state = _state(key)
    if state is not None:
        severity = Severity.MINOR if key.id in foreign else Severity.CRITICAL
        yield Concern(Kind.KEY_STATE, key.id, severity, Finding(state, facts), key.relay)
        return
    if age_days and key.created_at is not None and at - key.created_at > age_days * DAY:
        aged = {**facts, "days": str((at - key.created_at) // DAY), "limit": str(age_days)}
        finding = Finding("ses.key-old", aged)
        yield Concern(Kind.KEY_AGE, key.id, Severity.MINOR, finding, key.relay)
    since = key.used_at if key.used_at is not None else key.created_at
    if key.use_known and since is not None and at - since > UNUSED:
        finding = Finding("ses.key-unused", {**facts, "since": rfc3339(since)[:10]})
        yield Concern(Kind.KEY_USE, key.id, Severity.MINOR, finding, key.relay)


def _state(key: KeySeen) -> str | None:
    if key.exists is False:
        return "ses.key-gone"
    return "ses.key-inactive" if key.active is False else None
