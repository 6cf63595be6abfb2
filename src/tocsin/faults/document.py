"""The documentation of the faults, made from the catalogue: one page a code."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Fault, Finding, Printed, Retry, Scope, Seriousness

INDEX = "index.md"

_AREAS = {
    "dns": "Names",
    "tcp": "Connections",
    "smtp": "SMTP conversation",
    "tls": "Encryption and certificates",
    "auth": "Sign-in at the relay",
    "ses": "Amazon SES",
    "sender": "The sender's domain",
    "aws": "The API of AWS",
    "arrival": "Arrival in the mailbox",
    "imap": "The mailbox of the arrival probe",
    "store": "Store",
    "clock": "Clock",
    "message": "Messages",
    "certificate": "Certificates that are added",
    "input": "Input",
    "config": "Configuration",
    "access": "Access",
    "role": "Roles",
    "local": "This machine",
    "unknown": "Everything else",
}

_SEVERITY = {
    Seriousness.ERROR: "Mail does not get through, or what was asked was not done.",
    Seriousness.WARNING: "It works, or will by itself; somebody should look all the same.",
    Seriousness.NOTE: "Nothing is wrong; it is good to know.",
}
_RETRY = {
    Retry.TRANSIENT: "Trying the same again later can help, and is done by itself.",
    Retry.FINAL: "Trying the same again, unchanged, does not help.",
}
_SCOPE = {
    Scope.MESSAGE: "Only this message; others go on.",
    Scope.RECIPIENT: "Only this recipient; the message's others go on.",
    Scope.ACTION: "Every message of this action.",
    Scope.RELAY: "The relay as a whole: it pauses, and everything stays queued until it works.",
}


def markdown() -> dict[str, str]:
    """Page name → text: one page for each fault and an index, for the documentation."""
    return {INDEX: _index()} | {f"{code}.md": _page(fault) for code, fault in FAULTS.items()}


def _index() -> str:
    lines = ["# Fault codes", ""]
    lines += ["Each fault has one code, the same in the log, the API, pages and commands.", ""]
    for area, faults in _by_area().items():
        lines += [f"## {_AREAS[area]}", "", "| Code | What it is |", "|---|---|"]
        lines += [f"| [`{one.code}`]({one.code}.md) | {one.title} |" for one in faults]
        lines.append("")
    return "\n".join(lines)


def _by_area() -> Mapping[str, list[Fault]]:
    areas: dict[str, list[Fault]] = {area: [] for area in _AREAS}
    for fault in FAULTS.values():
        areas[fault.code.partition(".")[0]].append(fault)
    return areas


def _page(fault: Fault) -> str:
    told = explain(Finding(fault.code))
    lines = [f"# {told.title}", "", f"`{fault.code}`", "", told.cause, ""]
    lines += ["## What to do", ""]
    lines += [f"{number}. {_step(step)}" for number, step in enumerate(told.fix, 1)]
    lines += ["", "## What it means", ""]
    lines += [
        f"- Severity `{fault.severity}`: {_SEVERITY[fault.severity]}",
        f"- Retry `{fault.retry}`: {_RETRY[fault.retry]}",
        f"- Scope `{fault.scope}`: {_SCOPE[fault.scope]}",
        "",
    ]
    lines += [*_offered(fault), *_printed(fault), *_references(fault)]
    return "\n".join(lines)


def _offered(fault: Fault) -> list[str]:
    if not fault.remedy:
        return []
    lines = ["## What Tocsin can do", "", "It changes nothing before a person confirms it.", ""]
    lines += [f"- `{one.kind}`: {_step(one.place)}" for one in fault.remedy]
    return [*lines, ""]


def _printed(fault: Fault) -> list[str]:
    if not fault.printed:
        return []
    lines = ["## What programs print", ""]
    for program in dict.fromkeys(one.program for one in fault.printed):
        lines += [f"{program}:", "", "```text"]
        shown = (_shortened(one) for one in fault.printed if one.program == program)
        lines += [*dict.fromkeys(shown), "```", ""]
    others = {code: None for one in fault.printed for code in one.also}
    if others:
        codes = ", ".join(f"[`{code}`]({code}.md)" for code in others if code in FAULTS)
        lines += [f"Some of these words stand for other faults too: {codes}.", ""]
    return lines


def _shortened(printed: Printed) -> str:
    return "\n".join(line.rstrip() for line in printed.example.strip("\n").splitlines())


def _references(fault: Fault) -> list[str]:
    if not fault.references:
        return []
    return ["## References", "", *(f"- {_step(one)}" for one in fault.references), ""]


def _step(step: str) -> str:
    # A ">" at the start of a line would be a quotation; inside one it stays as it is.
    return step.replace("<", "&lt;").replace("*", r"\*")
