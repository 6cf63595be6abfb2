"""An endpoint as a machine sees it whose own clock is two days behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, INTERMEDIATE, ROOT, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation
from tocsin.rehearsal.script import Script, dated

_AHEAD = 2 * DAY
_BEGIN = timedelta(days=1)


class ClockBehind(Fault):
    """An endpoint as a machine sees it whose own clock is two days behind."""

    name = "clock-behind"
    summary = "greets with the date of the day after tomorrow; all its certificates begin tomorrow"
    code = "clock.skew"
    at = Step.TLS
    bars = False
    spoils = frozenset(("dates", "issuer"))

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """Every certificate of the chain anew, too early."""
        intermediate = issue_authority(
            INTERMEDIATE,
            chain.root,
            starts=_BEGIN,
            life=365 * DAY,
            key=chain.intermediate.key,
            path_length=0,
        )
        root = issue_authority(
            ROOT, chain.old_root, starts=_BEGIN, life=365 * DAY, key=chain.root.key
        )
        return replace(
            presented,
            leaf=replace(presented.leaf, starts=_BEGIN, ends=90 * DAY),
            issuer=intermediate,
            above=(intermediate, root),
        )

    def play(self, step: Step | None, script: Script) -> Script:
        """The date at the end of the greeting, as many servers put it there."""
        return dated(script, _AHEAD) if step is Step.GREETING else script
