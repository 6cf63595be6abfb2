"""A walk of the doctor as it is kept: what goes into the store, and what comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from tocsin.base.clock import SECOND, Instant, now, rfc3339
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.doctor.report import Diagnosed, Report
from tocsin.doctor.step import Step
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding, Seriousness
from tocsin.store import models
from tocsin.store.queries import doctor as queries

SILENT_AFTER: Instant = 15 * SECOND
"""A walk of which nothing was heard for so long has ended with its process."""


@dataclass(frozen=True, slots=True)
class RunFinding:
    """A finding of a walk, told in words."""

    explained: Explained
    """With the severity that it has here, which may be less than the fault's own."""
    step: str
    address: str | None
    evidence: Mapping[str, Any]
    consequence_of: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """One walk: under way, over, or broken off."""

    id: str
    began_at: Instant
    ended_at: Instant | None
    asked_by: str
    relay: str | None
    """Name of the configured relay; None: another server."""
    host: str
    port: int
    encryption: str
    sender: str | None
    recipients: tuple[str, ...]
    sent: bool
    """Whether a test message was to be handed over."""
    state: str
    """``running``, ``done`` or ``broken-off``."""
    ok: bool | None
    ms: float | None
    steps: tuple[Step, ...]
    findings: tuple[RunFinding, ...]
    """The root cause first."""
    remedies: tuple[Remedy, ...]
    document: Mapping[str, Any]
    """The report as programs get it; empty until it is done."""
    report: str
    """The report as text; empty until it is done."""

    @property
    def is_running(self) -> bool:
        """Whether more is to come."""
        return self.state == queries.RUNNING

    @property
    def root(self) -> RunFinding | None:
        """What is the matter: the first finding."""
        return self.findings[0] if self.findings else None


def run_of(row: models.DoctorRun) -> Run:
    """A walk as it was kept."""
    envelope = json.loads(row.envelope)
    silent = row.state == queries.RUNNING and now() - row.beat_at > SILENT_AFTER
    return Run(
        id=row.id,
        began_at=row.began_at,
        ended_at=row.ended_at,
        asked_by=row.asked_by,
        relay=row.relay,
        host=row.host,
        port=row.port,
        encryption=row.encryption,
        sender=envelope["from"],
        recipients=tuple(envelope["to"]),
        sent=envelope["send"],
        state=queries.BROKEN_OFF if silent else row.state,
        ok=row.ok,
        ms=row.ms,
        steps=tuple(Step(**one) for one in json.loads(row.steps)),
        findings=tuple(_finding(one) for one in json.loads(row.findings)),
        remedies=tuple(_remedy(one) for one in json.loads(row.remedies)),
        document=json.loads(row.document),
        report=row.report,
    )


def _finding(one: Mapping[str, Any]) -> RunFinding:
    told = explain(Finding(one["code"], one["facts"]))
    return RunFinding(
        explained=replace(told, severity=Seriousness(one["severity"])),
        step=one["step"],
        address=one["address"],
        evidence=one["evidence"],
        consequence_of=one["consequence_of"],
    )


def _remedy(one: Mapping[str, Any]) -> Remedy:
    return Remedy(RemedyKind(one["kind"]), one["code"], one["facts"], tuple(one["asks"]))


def kept_step(step: Step) -> dict[str, Any]:
    """A step for the store."""
    kept: dict[str, Any] = plain(asdict(step))
    return kept


def kept_finding(one: Diagnosed) -> dict[str, Any]:
    """A finding for the store."""
    kept: dict[str, Any] = plain(
        {
            "code": one.finding.code,
            "facts": one.finding.facts,
            "severity": one.severity.value,
            "step": one.step,
            "address": one.address,
            "evidence": one.evidence,
            "consequence_of": one.consequence_of,
        }
    )
    return kept


def kept_remedy(one: Remedy) -> dict[str, Any]:
    """What can be done, for the store: with all that doing it needs."""
    kept: dict[str, Any] = plain(
        {"kind": one.kind.value, "code": one.code, "facts": one.facts, "asks": one.asks}
    )
    return kept


def plain(value: Any) -> Any:
    """Evidence as JSON has it: whatever else stands in it becomes text that can be encoded."""
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value).encode(errors="replace").decode()


def ended(report: Report, document: Any, text: str) -> queries.Ended:
    """What is written when a walk is over."""
    return queries.Ended(
        ended_at=now(),
        ms=report.ms,
        ok=report.ok,
        steps=[kept_step(one) for one in report.steps],
        findings=[kept_finding(one) for one in report.findings],
        remedies=[kept_remedy(one) for one in report.remedies],
        document=plain(document),
        report=str(plain(text)),
    )


def summary_json(run: Run) -> dict[str, Any]:
    """A walk as a list shows it."""
    return {
        "id": run.id,
        "state": run.state,
        "began_at": rfc3339(run.began_at),
        "ended_at": rfc3339(run.ended_at) if run.ended_at is not None else None,
        "asked_by": run.asked_by,
        "relay": run.relay,
        "host": run.host,
        "port": run.port,
        "encryption": run.encryption,
        "from": run.sender,
        "to": list(run.recipients),
        "send": run.sent,
        "ok": run.ok,
        "code": run.root.explained.code if run.root else None,
        "ms": run.ms,
    }


def run_json(run: Run) -> dict[str, Any]:
    """A walk in the shape of the contract; `ok` is null until it is over."""
    so_far = {"findings": [], "steps": [asdict(one) for one in run.steps]}
    return {**so_far, **run.document, **summary_json(run)}
