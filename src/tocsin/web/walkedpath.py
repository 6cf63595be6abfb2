"""The path of a walk of the doctor, station by station, also while it is under way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.doctor.step import Step
from tocsin.engine.doctorrun import Run, RunFinding
from tocsin.faults.fault import Seriousness
from tocsin.web.path import STATION_OF_STEP, Progress, Station, Stop, order_of, station_of
from tocsin.web.spoken import spoken

# What is looked at beside the conversation belongs to the station that it is the ground of.
_BESIDE: Mapping[str, Station] = {
    "credentials": Station.SIGN_IN,
    "key": Station.SIGN_IN,
    "clock": Station.CERTIFICATE,
    "spf": Station.SENDER,
    "dkim": Station.SENDER,
    "dmarc": Station.SENDER,
    "mta-sts": Station.SENDER,
    "mx": Station.SENDER,
    "identity": Station.SENDER,
    "sandbox": Station.RECIPIENT,
    "suppression": Station.RECIPIENT,
    # An account that is paused, or has used its quota up, is told only at the message's end.
    "account": Station.ACCEPTED,
}
_OF_THE_WAY = frozenset({*STATION_OF_STEP, "credentials", "clock"})
_API = "aws."
"""Faults of the API of AWS: no mail goes through it."""
_WORST = {Seriousness.ERROR: Progress.FAILED, Seriousness.WARNING: Progress.WARNED}


@dataclass(frozen=True, slots=True)
class Visited:
    """A station of a walk, with what was found there."""

    stop: Stop
    findings: tuple[RunFinding, ...]


def visited(run: Run) -> tuple[Visited, ...]:
    """The stations in the order in which they are reached."""
    order = order_of(smtps=run.encryption == "smtps")
    found: dict[Station, list[RunFinding]] = {one: [] for one in order}
    for finding in run.findings:
        found[where(finding)].append(finding)
    seen: dict[Station, list[Step]] = {one: [] for one in order}
    for step in run.steps:
        if step.name in STATION_OF_STEP:
            seen[STATION_OF_STEP[step.name]].append(step)
    stops = [_stop(one, seen[one], found[one]) for one in order]
    reached = [at for at, one in enumerate(order) if seen[one]]
    for at, stop in enumerate(stops):
        if stop.progress is Progress.WAITING:
            stops[at] = Stop(stop.station, _unseen(run, stops, at, reached[-1] if reached else -1))
    return tuple(Visited(one, tuple(found[one.station])) for one in stops)


def beside(step: Step) -> bool:
    """Whether a step was a further look: past a failure, at DNS, at the account."""
    return step.name not in _OF_THE_WAY


def is_of_api(finding: RunFinding) -> bool:
    """Whether it says of the API of AWS that it could not be asked: no station has it."""
    return finding.explained.code.startswith(_API)


def where(finding: RunFinding) -> Station:
    """The station that a finding belongs to."""
    if finding.step in _BESIDE:
        return _BESIDE[finding.step]
    return station_of(finding.explained.code, finding.step) or Station.NAME


def _stop(station: Station, steps: Sequence[Step], findings: Iterable[RunFinding]) -> Stop:
    """How far it is by what was seen there; waiting when nothing was."""
    own = [one for one in findings if one.consequence_of is None and not is_of_api(one)]
    grave = next((one for one in own if one.explained.severity is Seriousness.ERROR), None)
    worst = grave or next((one for one in own if one.explained.severity in _WORST), None)
    if worst is not None:
        words = spoken(worst.explained).title
        return Stop(station, _WORST[worst.explained.severity], words)
    judged = [one for one in steps if one.ok is not None]
    if not judged:
        return Stop(station, Progress.WAITING)
    failed = [one for one in judged if not one.ok]
    if not failed:
        # A greeting is what came first; of a sign-in or of recipients, the last word counts.
        word = judged[0 if station is Station.GREETING else -1].answered
        return Stop(station, Progress.PASSED, _first_line(word))
    # One address of several that works is enough for mail to go.
    works = {one.address for one in judged} - {one.address for one in failed}
    progress = Progress.WARNED if works else Progress.FAILED
    return Stop(station, progress, _first_line(failed[0].answered))


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip("\r")


def _unseen(run: Run, stops: Sequence[Stop], at: int, last: int) -> Progress:
    """How far a station is that nothing was seen of; `last` is the furthest one reached."""
    if run.is_running:
        stuck = last >= 0 and stops[last].progress is Progress.FAILED
        return Progress.TURNING if at == last + 1 and not stuck else Progress.WAITING
    # What lies between was gone past; a walk without a fault left out what was not asked.
    return Progress.SKIPPED if at < last or run.ok else Progress.WAITING
