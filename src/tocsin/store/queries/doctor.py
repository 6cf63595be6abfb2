"""The walks of the doctor: begun, under way, over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.base.clock import Instant
from tocsin.store.models import DoctorRun
from tocsin.store.queries.rows import to_json

KEPT = 200
"""Walks that are kept, the latest ones."""

RUNNING = "running"
DONE = "done"
BROKEN_OFF = "broken-off"


@dataclass(frozen=True, slots=True)
class NewRun:
    """A walk that begins."""

    id: str
    began_at: Instant
    asked_by: str
    relay: str | None
    host: str
    port: int
    encryption: str
    envelope: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a walk that is over has found."""

    ended_at: Instant
    ms: float
    ok: bool
    steps: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    remedies: Sequence[Mapping[str, Any]]
    document: Mapping[str, Any]
    report: str


def begin(run: NewRun) -> None:
    """Write that a walk begins, and drop the oldest of more than are kept."""
    with transaction.atomic():
        DoctorRun.objects.create(
            id=run.id,
            began_at=run.began_at,
            beat_at=run.began_at,
            asked_by=run.asked_by,
            relay=run.relay,
            host=run.host,
            port=run.port,
            encryption=run.encryption,
            envelope=to_json(dict(run.envelope)),
            state=RUNNING,
            steps="[]",
            findings="[]",
            remedies="[]",
            document="{}",
            report="",
        )
        kept = DoctorRun.objects.order_by("-id").values_list("id", flat=True)[: KEPT + 1]
        if len(ids := list(kept)) > KEPT:
            DoctorRun.objects.filter(id__lt=ids[KEPT - 1]).delete()


def go_on(id_: str, steps: Sequence[Mapping[str, Any]], at: Instant) -> None:
    """Write the steps so far, and that it goes on."""
    with transaction.atomic():
        _running(id_).update(steps=to_json(list(steps)), beat_at=at)


def end(id_: str, ended: Ended) -> None:
    """Write what was found."""
    with transaction.atomic():
        _running(id_).update(
            state=DONE,
            beat_at=ended.ended_at,
            ended_at=ended.ended_at,
            ms=ended.ms,
            ok=ended.ok,
            steps=to_json(list(ended.steps)),
            findings=to_json(list(ended.findings)),
            remedies=to_json(list(ended.remedies)),
            document=to_json(dict(ended.document)),
            # PostgreSQL takes no NUL in a text.
            report=ended.report.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )


def break_off(id_: str, at: Instant) -> None:
    """Write that a walk ended without a report."""
    with transaction.atomic():
        _running(id_).update(state=BROKEN_OFF, ended_at=at)


def _running(id_: str) -> Any:
    return DoctorRun.objects.filter(id=id_, state=RUNNING)


def find(id_: str) -> DoctorRun | None:
    """The walk of that id."""
    return DoctorRun.objects.filter(id=id_).first()


def latest(limit: int, before: str | None = None) -> list[DoctorRun]:
    """Walks, the newest first; with `before` only those that began before that one."""
    rows = DoctorRun.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])
