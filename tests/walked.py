"""Walks of the doctor for tests that need no walk: what one found is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import chains
from manager import free_port
from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.doctor.remedy import Remedy, RemedyKind
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


IAM = "0123456789abcdefghij0123456789abcdefghij"
"""What has the form of an IAM secret access key."""
PORT = free_port()
HERE = Target(host="127.0.0.1", port=PORT)
ROOT = chains.make("Example Root CA 9", ca=True, ends=4000)
SMTP = {
    "server": "127.0.0.1",
    "port": PORT,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "user": "somebody",
    "password": Secret("a password of a test"),
}
SENDER = Remedy(RemedyKind.SET_SENDER, "ses.identity-not-verified", {}, ("sender",))
ANCHOR = Remedy(
    RemedyKind.ADD_ANCHOR,
    "tls.untrusted-issuer",
    {"name": "", "sha256": ROOT.sha256, "subject": "", "pem": ROOT.pem.decode()},
)
DERIVE = Remedy(
    RemedyKind.DERIVE_PASSWORD,
    "auth.secret-not-smtp-password",
    {"region": "eu-west-1"},
    ("secret",),
)
DHE = Remedy(RemedyKind.DROP_DHE, "tls.dh-too-small")
