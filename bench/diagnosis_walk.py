"""One walk of the doctor, and what came out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from diagnosis_relay import RECIPIENT, SENDER, message
from tocsin.base.secret import Secret
from tocsin.doctor.errand import Errand
from tocsin.doctor.report import Report
from tocsin.doctor.walk import walk
from tocsin.faults.fault import Seriousness
from tocsin.mail.relay import Deadlines, Encryption, RelaySettings
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy

PATIENCE = 1.5
"""Seconds that a step may take: what is silent costs no more."""
_OPENING = 40.0
"""Seconds for everything up to the sign-in: the doctor may wait for one step anew, and longer."""
WITH_DHE = CipherPolicy("DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
"""Who offers no DHE is not harmed by a relay that has weak parameters for it."""
_LARGE = 4_000_000
"""Octets of a message that no write takes at once."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the doctor says: codes with the root cause first."""

    codes: tuple[str, ...]
    alarms: tuple[str, ...]
    """Those of them that are errors or warnings."""
    ms: float

    def names(self, *accepted: Sequence[str]) -> bool:
        """Whether each group of equivalent codes is met."""
        return all(any(code in self.codes for code in group) for group in accepted)


def settings_for(endpoint: Endpoint, **changes: object) -> RelaySettings:
    """The relay as somebody would have configured it who made no mistake."""
    (root,) = read_certificates(Path(endpoint.root_file).read_bytes())
    settings = RelaySettings(
        name="bench",
        host=endpoint.host,
        port=endpoint.port,
        encryption=Encryption.STARTTLS,
        user=endpoint.user,
        password=Secret(Path(endpoint.password_file).read_text().strip()),
        anchors=(Anchor("Rehearsal", root),),
        policy=DEFAULT_POLICY,
        helo="client.example.com",
        deadlines=replace(Deadlines().capped(PATIENCE), opening=_OPENING),
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


async def diagnose(settings: RelaySettings, *, large: bool = False) -> Said:
    """Walk the whole path, a message handed over at its end."""
    errand = Errand(
        relay=settings,
        sender=SENDER,
        recipients=(RECIPIENT,),
        message=message(_LARGE if large else 600),
        timeout_s=60,
        neighbours=(),
    )
    return said(await walk(errand))


def said(report: Report) -> Said:
    """The codes of a report."""
    codes = tuple(one.finding.code for one in report.findings)
    alarms = tuple(
        one.finding.code for one in report.findings if one.severity is not Seriousness.NOTE
    )
    return Said(codes, alarms, report.ms)
