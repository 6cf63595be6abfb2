"""Walks of the doctor for tests that need no walk: what one found is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.doctor.remedy import Remedy
from tocsin.engine.doctorrun import kept_remedy
from tocsin.store.queries import doctor as queries


@dataclass(frozen=True)
class Target:
    """Where a walk went; `relay` None is a server that somebody entered."""

    relay: str | None = "smtp"
    host: str = "relay.example.com"
    port: int = 587
    encryption: str = "starttls"
    sender: str | None = "tocsin@example.com"
    send: bool = False


def walked(*remedies: Remedy, target: Target = Target(), code: str | None = None) -> str:
    """A walk that is over and offers these; gives its id."""
    id_ = uuid7()
    fields = asdict(target)
    envelope = {"from": fields.pop("sender"), "to": [], "send": fields.pop("send")}
    queries.begin(
        queries.NewRun(id=id_, began_at=now(), asked_by="tester", envelope=envelope, **fields)
    )
    queries.end(
        id_,
        queries.Ended(
            ended_at=now(),
            ms=12.0,
            ok=False,
            steps=[],
            findings=_findings(code or (remedies[0].code if remedies else None)),
            remedies=[kept_remedy(one) for one in remedies],
            document={},
            report="a report",
        ),
    )
    return id_


def _findings(code: str | None) -> Sequence[dict[str, Any]]:
    finding = {
        "code": code,
        "facts": {},
        "severity": "error",
        "step": "certificate",
        "address": None,
        "evidence": {},
        "consequence_of": None,
    }
    return [finding] if code else []
