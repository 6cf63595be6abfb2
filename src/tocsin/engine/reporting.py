"""Alarms reported by programs and commands: read, checked, stored, answered one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.domain.alarm import Report
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.accept import accept
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.intake.http import FieldError, read_reports


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of one report: the alarm it belongs to, or why it was refused."""

    id: str | None
    errors: tuple[FieldError, ...] = ()

    def problem_text(self) -> str:
        """The problems in one line."""
        return "; ".join(f"{one.path}: {one.message}" for one in self.errors)


def report(principal: Principal, payload: object) -> list[Reported]:
    """Take one report or an array of them; gives one result each, in order.

    The good ones of a batch are stored even when others are refused, and an id is
    given only for what is stored durably.

    Raises:
        NotPermitted: the role may not report alarms.
        django.db.Error: nothing was stored.
    """
    require(principal, Permission.REPORT_ALARMS)
    read = read_reports(payload, default_source=principal.name)
    good: Sequence[Report] = [one for one in read if isinstance(one, Report)]
    ids = iter(accept(good) if good else ())
    return [
        Reported(next(ids)) if isinstance(one, Report) else Reported(None, one.errors)
        for one in read
    ]


def result_json(result: Reported) -> dict[str, Any]:
    """A result in the shape that the API and ``--json`` give."""
    if result.id is not None:
        return {"ok": True, "id": result.id}
    return {"ok": False, "problem": problem_json(result.errors)}


def problem_json(errors: Sequence[FieldError]) -> dict[str, Any]:
    """A problem document (RFC 9457) that names each field."""
    told = explain(Finding("input.invalid"))
    return {
        "type": f"https://tocsin.invalid/faults/{told.code}",
        "title": told.title,
        "status": 422,
        "code": told.code,
        "detail": "; ".join(f"{one.path}: {one.message}" for one in errors),
        "errors": [
            {"field": one.path, "message": one.message, "accepted": one.accepted} for one in errors
        ],
    }
