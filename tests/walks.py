"""Walks of the doctor for tests that look at them: made up, kept as real ones are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.doctor.remedy import Remedy
from tocsin.doctor.report import Diagnosed, Report
from tocsin.doctor.step import Step
from tocsin.engine.doctorrun import ended, kept_step
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding
from tocsin.store.queries import doctor as queries

ADDRESS = "192.0.2.25"
STARTTLS = ("dns", "tcp", "greeting", "ehlo", "starttls", "tls", "certificate", "auth")
SMTPS = ("dns", "tcp", "tls", "certificate", "greeting", "ehlo", "auth")
ENVELOPE = ("mail", "rcpt")


def step(name: str, ok: bool | None = True, address: str | None = ADDRESS, **said: Any) -> Step:
    """A step that was taken."""
    fields: dict[str, Any] = {"ms": 1.5, "asked": name.upper(), "answered": f"answer to {name}"}
    return Step(name=name, address=address, ok=ok, **{**fields, **said})


def found(code: str, at: str, **said: Any) -> Diagnosed:
    """Something that was found at a step."""
    facts = said.pop("facts", {"stage": at, "host": "relay.example.com", "port": "587"})
    fields: dict[str, Any] = {
        "address": ADDRESS,
        "severity": FAULTS[code].severity,
        "evidence": {},
        "consequence_of": None,
    }
    return Diagnosed(finding=Finding(code, facts), step=at, **{**fields, **said})


def begin(**said: Any) -> str:
    """A walk that is under way; gives its id."""
    fields: dict[str, Any] = {
        "id": uuid7(),
        "began_at": now(),
        "asked_by": "somebody",
        "relay": "smtp",
        "host": "relay.example.com",
        "port": 587,
        "encryption": "starttls",
        "envelope": {"from": "tocsin@example.com", "to": ["soc@example.com"], "send": False},
    }
    run = queries.NewRun(**{**fields, **said})
    queries.begin(run)
    return run.id


def keep(
    steps: Sequence[Step] = tuple(map(step, (*STARTTLS, *ENVELOPE))),
    findings: Sequence[Diagnosed] = (),
    remedies: Sequence[Remedy] = (),
    **said: Any,
) -> str:
    """A walk that is over; gives its id."""
    id_ = begin(**said)
    report = Report(
        host="relay.example.com",
        port=587,
        encryption=said.get("encryption", "starttls"),
        began_at=now(),
        ms=42.0,
        steps=tuple(steps),
        findings=tuple(findings),
        remedies=tuple(remedies),
    )
    document = {
        "ok": report.ok,
        "findings": [{"code": one.finding.code} for one in findings],
        "steps": [kept_step(one) for one in steps],
    }
    queries.end(id_, ended(report, document, "a report\nof two lines"))
    return id_
