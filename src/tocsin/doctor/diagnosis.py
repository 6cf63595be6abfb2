"""The verdict: of everything that was met, what is cause and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from tocsin.doctor.report import Diagnosed
from tocsin.doctor.sight import Sight
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Seriousness

_ORDER = (
    *("host", "dns", "tcp", "greeting", "ehlo", "starttls", "tls", "clock", "certificate"),
    *("credentials", "key", "auth", "account", "identity", "mail", "sandbox", "rcpt"),
    *("suppression", "data", "body", "mx", "spf", "dkim", "dmarc"),
)
_RANK = {Seriousness.ERROR: 0, Seriousness.WARNING: 1, Seriousness.NOTE: 2}

_NOT_REACHED = frozenset(
    {
        "dns.not-found",
        "dns.timeout",
        "tcp.refused",
        "tcp.timeout",
        "tcp.unreachable",
        "smtp.not-smtp",
        "smtp.banner-timeout",
        "tls.name-mismatch",
        "auth.rejected",
    }
)
_MISUNDERSTOOD = frozenset(
    {"smtp.banner-timeout", "smtp.not-smtp", "smtp.closed-early", "tls.handshake-dropped"}
)
_NOT_LET_IN = frozenset({"auth.rejected"})

_FOLLOWS: Mapping[str, frozenset[str]] = {
    "ses.wrong-host": _NOT_REACHED,
    "ses.region-without-smtp": _NOT_REACHED,
    "tls.wrong-mode": _MISUNDERSTOOD,
    "clock.skew": frozenset({"tls.expired", "tls.not-yet-valid", "aws.credentials-rejected"}),
    "auth.secret-not-smtp-password": _NOT_LET_IN,
    "auth.temporary-credentials": _NOT_LET_IN,
    "auth.wrong-user-name": _NOT_LET_IN,
    "auth.password-damaged": _NOT_LET_IN,
    "auth.wrong-region": _NOT_LET_IN,
    "ses.old-password": _NOT_LET_IN,
    "ses.key-gone": _NOT_LET_IN,
    "ses.key-inactive": _NOT_LET_IN,
    "ses.sending-paused": frozenset(
        {"smtp.sender-refused", "smtp.content-rejected", "smtp.temporary"}
    ),
    "ses.daily-quota": frozenset({"ses.rate-exceeded", "smtp.temporary"}),
    "ses.identity-not-verified": frozenset({"smtp.sender-refused", "smtp.content-rejected"}),
    "ses.sandbox-recipient": frozenset({"smtp.recipient-refused", "smtp.content-rejected"}),
    "sender.domain-not-found": frozenset({"sender.dmarc-missing"}),
    "smtp.masked-by-firewall": frozenset({"smtp.starttls-missing", "auth.not-offered"}),
}
"""Cause → what follows from it, wherever both were met."""

_LISTED = ("addresses", "recipients")
"""Evidence that is put together where the same fault was met more than once."""

_BY_ADDRESS = frozenset({"tcp", "greeting", "ehlo", "starttls", "tls", "certificate"})


def diagnose(sights: Sequence[Sight], good: Collection[str] = ()) -> tuple[Diagnosed, ...]:
    """The findings, each code once, the root cause first.

    `good` are the addresses over which all of the way to the sign-in works: what is wrong
    with another address then is a warning.
    """
    merged: dict[str, Diagnosed] = {}
    for sight in sights:
        one = _diagnosed(sight, good)
        known = merged.get(one.finding.code)
        merged[one.finding.code] = one if known is None else _joined(known, one)
    linked = {code: _linked(one, merged) for code, one in merged.items()}
    return tuple(sorted(linked.values(), key=lambda one: _place(one, linked.values())))


def _diagnosed(sight: Sight, good: Collection[str]) -> Diagnosed:
    severity = max(FAULTS[sight.finding.code].severity, sight.at_most, key=_RANK.__getitem__)
    if sight.address is not None and good and sight.step in _BY_ADDRESS:
        severity = max(severity, Seriousness.WARNING, key=_RANK.__getitem__)
    evidence = dict(sight.evidence)
    if sight.address is not None:
        evidence["addresses"] = [sight.address]
    return Diagnosed(sight.finding, sight.step, sight.address, severity, evidence)


def _joined(first: Diagnosed, again: Diagnosed) -> Diagnosed:
    """The same fault met once more: at another address, of another recipient, by another look."""
    finding, evidence = first.finding, dict(first.evidence)
    if first.step != again.step:
        # What the relay said and what its account says show it together.
        finding = replace(finding, facts={**again.finding.facts, **finding.facts})
        evidence = {**again.evidence, **evidence}
    for name in _LISTED:
        both = [*first.evidence.get(name, ()), *again.evidence.get(name, ())]
        if both:
            evidence[name] = list(dict.fromkeys(both))
    severity = min(first.severity, again.severity, key=_RANK.__getitem__)
    return replace(first, finding=finding, evidence=evidence, severity=severity)


def _linked(one: Diagnosed, all_: Mapping[str, Diagnosed]) -> Diagnosed:
    code = one.finding.code
    cause = next((each for each in all_ if code in _FOLLOWS.get(each, ())), None)
    return one if cause is None else replace(one, consequence_of=cause)


def _place(one: Diagnosed, all_: Iterable[Diagnosed]) -> tuple[int, bool, int]:
    """Where it stands: the graver first, a cause as grave as what follows from it."""
    code = one.finding.code
    follows = [each.severity for each in all_ if each.consequence_of == code]
    gravest = min([one.severity, *follows], key=_RANK.__getitem__)
    step = _ORDER.index(one.step) if one.step in _ORDER else len(_ORDER)
    return _RANK[gravest], one.consequence_of is not None, step
