"""What an account at Amazon SES means for one mail, before the relay says so. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tocsin.base.clock import rfc3339
from tocsin.doctor.sight import Sight
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding, Seriousness
from tocsin.ses.account import Account, Identity
from tocsin.ses.concern import Concern, Kind, concerns
from tocsin.ses.sandbox import covers, may_send_from
from tocsin.ses.seen import Interest, Seen

_MOST = 20
"""Names of a list that are told."""
_STEP = {
    Kind.SENDING: "account",
    Kind.REVIEW: "account",
    Kind.QUOTA: "account",
    Kind.DKIM: "identity",
    Kind.MAIL_FROM: "identity",
    Kind.KEY_STATE: "key",
}
"""Concerns of the account that are ones of this mail, and the step that tells them."""
_KEY_AT_FAULT = frozenset({"aws.credentials-rejected", "aws.refused"})


def mentions(account: Account) -> tuple[bool, str]:
    """Whether the account sends anything now, and the account in a line."""
    used, quota, rate = account.sent_last_24_hours, account.max_24_hour_send, account.max_send_rate
    ended = used is not None and quota is not None and 0 < quota <= used
    words = [
        "out of the sandbox" if account.production_access else "in the sandbox",
        "" if account.sending_enabled else "sending is off",
        "" if account.enforcement in {None, "HEALTHY"} else str(account.enforcement),
        # A quota of -1 is none at all.
        f"{used:.0f} of {quota:.0f} in 24 h" if used is not None and quota and quota > 0 else "",
        f"{rate:g} a second" if rate else "",
    ]
    sends = account.sending_enabled and account.enforcement != "SHUTDOWN" and not ended
    return sends, ", ".join(filter(None, words))


def sights_of(seen: Seen, interest: Interest, *, doubted: bool) -> list[Sight]:
    """What stops this mail, or may; nothing is said of what the key may not see.

    `doubted`: the relay did what the account would not let it, so nothing counts as an error.
    """
    found = [
        *_of_concerns(seen, interest),
        *_of_sender(seen, interest),
        *_of_sandbox(seen),
        *_of_suppressed(seen, interest),
    ]
    if not doubted:
        return found
    words = "the relay did all the same: its mail may go into another account"
    return [
        replace(one, at_most=_lesser(one.at_most), evidence={**one.evidence, "doubt": words})
        for one in found
    ]


def _lesser(most: Seriousness) -> Seriousness:
    return Seriousness.WARNING if most is Seriousness.ERROR else most


def _sight(
    seen: Seen,
    finding: Finding,
    step: str,
    call: str,
    most: Seriousness = Seriousness.ERROR,
    **evidence: Any,
) -> Sight:
    shown = {"api": f"{call} in {seen.region}, {rfc3339(seen.at)}", **evidence}
    if seen.missing:
        shown["missing"] = list(seen.missing)
    return Sight(finding, step, evidence=shown, at_most=most)


_CALL = {"account": "GetAccount", "identity": "GetEmailIdentity", "key": "GetAccessKeyLastUsed"}


def _of_concerns(seen: Seen, interest: Interest) -> Iterator[Sight]:
    covered = all(_is_covered(one.sender, seen) for one in interest.ways)
    for one in concerns(seen, interest):
        step = _STEP.get(one.kind)
        # What an identity that does not do lacks besides is no second cause.
        if step is not None and (covered or step != "identity"):
            most = Seriousness.ERROR if one.grave else Seriousness.WARNING
            yield _sight(seen, _finding(one, seen), step, _CALL[step], most)


def _finding(one: Concern, seen: Seen) -> Finding:
    """Of a quota that is used up it is said as the relay says it."""
    account = seen.account
    if one.kind is not Kind.QUOTA or account is None:
        return one.finding
    used, quota = account.sent_last_24_hours or 0, account.max_24_hour_send or 0
    if used < quota:
        return one.finding
    reply = f"SentLast24Hours is {used:.0f}, Max24HourSend {quota:.0f}"
    return Finding("ses.daily-quota", {"reply": reply, "region": seen.region})


def _of_sender(seen: Seen, interest: Interest) -> Iterator[Sight]:
    known = seen.identities or ()
    for way in interest.ways:
        if _is_covered(way.sender, seen):
            continue
        able = sorted(one.name for one in known if one.verification == "SUCCESS")
        own = [one for one in known if covers(one, way.sender)]
        facts = {
            "identities": way.sender,
            "region": seen.region,
            "verified": _listed(able) or "none",
            "status": ", ".join(f"{one.name}: {_state(one)}" for one in own[:_MOST]),
        }
        finding = Finding(
            "ses.identity-not-verified", {name: value for name, value in facts.items() if value}
        )
        yield _sight(seen, finding, "identity", "ListEmailIdentities")


def _is_covered(sender: str, seen: Seen) -> bool:
    """Whether mail may be from there; yes where the key may not see the identities."""
    return seen.identities is None or may_send_from(sender, seen.identities)


def _state(identity: Identity) -> str:
    """Why an identity does not do."""
    if identity.verification == "SUCCESS" and not identity.sending_enabled:
        return "sending is off"
    return identity.verification or "not verified"


def _of_sandbox(seen: Seen) -> Iterator[Sight]:
    """One refused recipient is enough for the whole message to be."""
    if not seen.refused:
        return
    facts = {"identities": _listed(seen.refused), "region": seen.region}
    finding = Finding("ses.sandbox-recipient", facts)
    refused = list(seen.refused)
    yield _sight(seen, finding, "sandbox", "ListEmailIdentities", recipients=refused)


def _of_suppressed(seen: Seen, interest: Interest) -> Iterator[Sight]:
    """The relay takes such mail, and the others get it."""
    found = seen.suppressed
    if not found:
        return
    names = [one.address for one in found]
    facts = {
        "recipient": _listed(names),
        "reason": _listed(sorted({one.reason for one in found})),
        "since": rfc3339(max(one.since for one in found)),
    }
    left = {one.lower() for one in interest.recipients} - {one.lower() for one in names}
    most = Seriousness.WARNING if left else Seriousness.ERROR
    finding = Finding("ses.suppressed", facts)
    call = "ListSuppressedDestinations"
    yield _sight(seen, finding, "suppression", call, most, recipients=names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST])
    return f"{shown} …" if len(names) > _MOST else shown


def trouble(failures: Sequence[Finding], missing: Sequence[str], region: str) -> Iterator[Sight]:
    """That the account could not be asked, or not about everything. It stops no mail."""
    for one in failures:
        most = Seriousness.WARNING if one.code in _KEY_AT_FAULT else Seriousness.NOTE
        finding, evidence = _of_aws(one)
        yield Sight(finding, "account", evidence=evidence, at_most=most)
    if missing:
        named = list(dict.fromkeys(missing))
        facts = {"host": f"Amazon SES in {region}", "action": ", ".join(named)}
        denied = Finding("aws.not-permitted", facts)
        shown = {"missing": named}
        yield Sight(denied, "account", evidence=shown, at_most=Seriousness.NOTE)


def _of_aws(finding: Finding) -> tuple[Finding, dict[str, str]]:
    """What failed on the way to AWS, as a fault of its API: its code is one of the relay's way."""
    if finding.code.startswith("aws."):
        return finding, {}
    reason = explain(finding).cause
    facts = {name: finding.facts[name] for name in ("host", "action") if name in finding.facts}
    return Finding("aws.unavailable", {**facts, "reason": reason}), {"met": finding.code}
