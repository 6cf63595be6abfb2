"""A report for programs and for people; no secret stands in either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tocsin.base.clock import rfc3339
from tocsin.doctor.remedy import Remedy
from tocsin.doctor.report import Diagnosed, Report
from tocsin.doctor.step import Step
from tocsin.faults.catalogue import explain

_WIDEST = 100
_CONVERSATION = ("dns", "tcp", "greeting", "ehlo", "starttls", "tls", "auth", "mail")
_MARK = {True: "ok", False: "FAILED", None: "-"}


def report_json(report: Report) -> dict[str, Any]:
    """The report as programs get it: the shape that stays."""
    return {
        "ok": report.ok,
        "host": report.host,
        "port": report.port,
        "encryption": report.encryption,
        "began_at": rfc3339(report.began_at),
        "ms": report.ms,
        "findings": [_finding(one) for one in report.findings],
        "steps": [_step(one) for one in report.steps],
        "remedies": [_remedy(one) for one in report.remedies],
    }


def _finding(one: Diagnosed) -> dict[str, Any]:
    told = explain(one.finding)
    return {
        "code": told.code,
        "title": told.title,
        "severity": one.severity.value,
        "step": one.step,
        "address": one.address,
        "cause": told.cause,
        "fix": list(told.fix),
        "evidence": {**one.finding.facts, **one.evidence},
        "consequence_of": one.consequence_of,
    }


def _step(one: Step) -> dict[str, Any]:
    return {
        "name": one.name,
        "address": one.address,
        "ok": one.ok,
        "ms": one.ms,
        "asked": one.asked,
        "answered": one.answered,
    }


def _remedy(one: Remedy) -> dict[str, Any]:
    facts = {name: value for name, value in one.facts.items() if name != "pem"}
    return {"kind": one.kind.value, "code": one.code, "facts": facts, "asks": list(one.asks)}


def report_text(report: Report, translate: Callable[[str], str] = str) -> str:
    """The report for a terminal or a ticket: findings first, then what was done."""
    return "\n".join(_lines(report, translate)) + "\n"


def _lines(report: Report, translate: Callable[[str], str]) -> Iterator[str]:
    place = f"{report.host} port {report.port} ({report.encryption})"
    yield f"{place}: {_verdict(report)}"
    yield f"looked at {rfc3339(report.began_at)}, for {report.ms:.0f} ms"
    for one in report.findings:
        yield ""
        yield from _finding_lines(one, report, translate)
    yield ""
    yield from _step_lines(report.steps)


def _verdict(report: Report) -> str:
    """What is known; of steps that were not asked about, nothing is."""
    if not report.ok:
        return "mail cannot go this way"
    passed = {one.name for one in report.steps if one.ok}
    if any(one.name in {"data", "body"} and one.ok is False for one in report.steps):
        return "mail is taken up to the message; whether that arrived, the relay did not say"
    if "rcpt" in passed:
        return "mail can go this way"
    last = next((one for one in reversed(_CONVERSATION) if one in passed), "nothing")
    return f"as it should be up to {last}; sender and recipient were not both asked about"


def _finding_lines(
    one: Diagnosed, report: Report, translate: Callable[[str], str]
) -> Iterator[str]:
    told = explain(one.finding, translate) if translate is not str else explain(one.finding)
    yield f"{one.severity.value.upper()}: {told.title}  [{told.code}]"
    if one.consequence_of is not None:
        yield f"  follows from {one.consequence_of}"
    yield f"  {told.cause}"
    for number, step in enumerate(told.fix, 1):
        yield f"  {number}. {step}"
    addresses = one.evidence.get("addresses")
    if addresses:
        yield f"  seen at {', '.join(addresses)}"
    for each in report.remedies:
        if each.code == told.code:
            yield f"  Tocsin can do it at its own relays: tocsin doctor --fix ({each.kind.value})"


def _step_lines(steps: tuple[Step, ...]) -> Iterator[str]:
    wide = max((len(one.address or "") for one in steps), default=0)
    for one in steps:
        said = " | ".join(filter(None, (one.asked, one.answered.replace("\n", " / "))))
        shown = said if len(said) <= _WIDEST else said[:_WIDEST] + "…"
        where = (one.address or "").ljust(wide)
        yield f"{_MARK[one.ok]:<6}  {one.name:<11}  {where}  {one.ms:>8.1f} ms  {shown}"
