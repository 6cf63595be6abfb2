"""The doctor of the manager: walks in the background, kept, and looked at."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import walks
from tocsin.base.clock import now
from tocsin.doctor import walk as walking
from tocsin.doctor.errand import Errand
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.doctor.report import Diagnosed, Report
from tocsin.doctor.step import Step
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration, doctor
from tocsin.engine.doctorerrand import Asked
from tocsin.engine.doctorrun import SILENT_AFTER, plain, run_json
from tocsin.engine.errors import Conflict, NotFound
from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Finding, Seriousness
from tocsin.store import models

pytestmark = pytest.mark.django_db(transaction=True)

VIEWER = Principal("a viewer", Role.VIEWER, "page")
SMTP = {
    "server": "relay.example.com", "port": 587, "encryption": "starttls",
    "from": "tocsin@example.com",
}  # fmt: skip
Told = Callable[[Step], None]


class Played:
    """Takes the place of the walk: steps when it is let go, then a report or an exception."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began: list[Errand] = []
        self.findings: tuple[Diagnosed, ...] = ()
        self.remedies: tuple[Remedy, ...] = ()
        self.error: Exception | None = None

    async def walk(self, errand: Errand, on_step: Told | None = None) -> Report:
        """One step, a wait, another step, the end."""
        assert on_step is not None
        self.began.append(errand)
        steps = (walks.step("dns"), walks.step("tcp"))
        on_step(steps[0])
        await asyncio.to_thread(self.go.wait)
        on_step(steps[1])
        if self.error is not None:
            raise self.error
        relay = errand.relay
        way = (relay.host, relay.port, relay.encryption.value)
        return Report(*way, now(), 3.0, steps, self.findings, self.remedies)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """A walk that goes nowhere, and a relay that it could go to."""
    one = Played()
    monkeypatch.setattr(walking, "walk", one.walk)
    configuration.change(access.LOCAL, {"smtp": SMTP})
    yield one
    one.go.set()
    for thread in list(doctor._walking.values()):
        thread.join()


def wait_for(id_: str, true: Callable[[doctor.Run], bool]) -> doctor.Run:
    """The walk once it is so; it must become so."""
    while not true(run := doctor.find_run(access.LOCAL, id_)):
        threading.Event().wait(0.01)
    return run


def test_a_walk_is_seen_while_it_goes_on(played: Played):
    """Its steps stand in the store before it is over; then what it found does."""
    played.findings = (walks.found("tcp.refused", "tcp", evidence={"attempts": 2}),)
    played.remedies = (Remedy(RemedyKind.CHANGE_SERVER, "tcp.refused", {"server": "x"}),)
    id_ = doctor.start(access.LOCAL, Asked())
    run = wait_for(id_, lambda one: bool(one.steps))
    assert run.is_running
    assert run.ok is None
    assert [one.name for one in run.steps] == ["dns"]
    assert run.asked_by == access.LOCAL.name
    assert (run.relay, run.host, run.port) == ("smtp", "relay.example.com", 587)
    with pytest.raises(Conflict, match="under way"):
        doctor.report_of(access.LOCAL, id_)
    played.go.set()
    run = doctor.wait(access.LOCAL, id_)
    assert run.state == "done"
    assert run.ok is False
    assert [one.name for one in run.steps] == ["dns", "tcp"]
    assert run.root is not None
    assert run.root.explained.code == "tcp.refused"
    assert run.root.evidence == {"attempts": 2}
    assert run.remedies == played.remedies
    assert "relay.example.com" in doctor.report_of(VIEWER, id_)


def test_a_walk_that_fails_itself_breaks_off(played: Played, caplog):
    """Something that should not fail leaves a walk that is over, and an incident."""
    played.error = RuntimeError("not foreseen")
    played.go.set()
    id_ = doctor.start(access.LOCAL, Asked())
    run = doctor.wait(access.LOCAL, id_)
    assert run.state == "broken-off"
    assert run.ended_at is not None
    with pytest.raises(Conflict, match="broke off"):
        doctor.report_of(access.LOCAL, id_)


def test_a_walk_whose_process_died_is_not_running_for_ever():
    """Without a beat for a while it counts as broken off, wherever it is looked at."""
    id_ = walks.begin()
    models.DoctorRun.objects.filter(id=id_).update(beat_at=now() - SILENT_AFTER - 1)
    assert doctor.find_run(VIEWER, id_).state == "broken-off"
    assert doctor.list_runs(VIEWER).items[0].state == "broken-off"
    assert doctor.wait(VIEWER, id_).state == "broken-off"


def test_a_walk_that_lasts_says_that_it_goes_on(played: Played, monkeypatch):
    """The beat is written also while nothing new is seen."""
    from tocsin.engine import doctorwalk

    monkeypatch.setattr(doctorwalk, "_BEAT_S", 0.01)
    monkeypatch.setattr(doctorwalk, "_APART_S", 0.01)
    id_ = doctor.start(access.LOCAL, Asked())
    wait_for(id_, lambda one: bool(one.steps))
    models.DoctorRun.objects.filter(id=id_).update(beat_at=1)
    wait_for(id_, lambda one: one.state == "running")
    played.go.set()


def test_so_many_at_once_and_no_more(played: Played):
    """Walks hold threads of the server: the next one is refused until one is over."""
    ids = [doctor.start(access.LOCAL, Asked()) for _ in range(doctor.MOST_AT_ONCE)]
    with pytest.raises(Conflict, match="under way"):
        doctor.start(access.LOCAL, Asked())
    played.go.set()
    for id_ in ids:
        assert doctor.wait(access.LOCAL, id_).state == "done"
    assert doctor.wait(access.LOCAL, doctor.start(access.LOCAL, Asked())).ok


def test_what_is_done_about_it_is_kept_whole():
    """A remedy comes out of the store with every fact that doing it needs."""
    facts = {"name": "Root", "sha256": "ab" * 32, "subject": "CN=Root", "pem": "-----BEGIN"}
    remedy = Remedy(RemedyKind.ADD_ANCHOR, "tls.untrusted-issuer", facts, ("sender",))
    run = doctor.find_run(access.LOCAL, walks.keep(remedies=[remedy]))
    assert run.remedies == (remedy,)


def test_a_finding_keeps_what_it_is_here():
    """Less serious than otherwise, following from another, with its facts and its address."""
    lesser = walks.found("tcp.timeout", "tcp", severity=Seriousness.WARNING, address="2001:db8::25")
    after = walks.found("smtp.temporary", "mail", consequence_of="tcp.timeout")
    run = doctor.find_run(VIEWER, walks.keep(findings=[lesser, after]))
    first, second = run.findings
    assert first.explained.severity is Seriousness.WARNING
    assert FAULTS["tcp.timeout"].severity is Seriousness.ERROR
    assert first.explained.cause == explain(lesser.finding).cause
    assert (first.address, first.step) == ("2001:db8::25", "tcp")
    assert second.consequence_of == "tcp.timeout"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": (1, 2.5, None, True)}, {"a": [1, 2.5, None, True]}),
        ({1: "\udcff"}, {"1": "?"}),
        (Finding("x"), str(Finding("x"))),
        ({"set": frozenset({"one"})}, {"set": ["one"]}),
    ],
)
def test_evidence_becomes_what_json_has(value: Any, kept: Any):
    """Whatever stands in it can be stored, and text that cannot be encoded is marked."""
    assert plain(value) == kept


def test_programs_get_the_shape_of_the_contract():
    """Also while it goes on: then `ok` is null and there are no findings yet."""
    under_way = run_json(doctor.find_run(VIEWER, walks.begin()))
    assert under_way["ok"] is None
    assert under_way["findings"] == []
    assert under_way["state"] == "running"
    over = run_json(
        doctor.find_run(VIEWER, walks.keep(findings=[walks.found("tcp.refused", "tcp")]))
    )
    assert over["ok"] is False
    assert over["findings"] == [{"code": "tcp.refused"}]
    assert over["code"] == "tcp.refused"
    assert {one["name"] for one in over["steps"]} >= {"dns", "rcpt"}


def test_who_may_not_read_sees_none_and_who_may_not_test_begins_none(played: Played):
    """A viewer looks at walks and begins none."""
    with pytest.raises(NotPermitted):
        doctor.start(VIEWER, Asked())
    assert played.began == []
    assert doctor.list_runs(VIEWER).items == []


@pytest.mark.parametrize("id_", ["", "nothing", "0" * 36, "\0", "é" * 36])
def test_a_walk_that_is_not_there_is_not_found(id_):
    """Whatever is asked for."""
    with pytest.raises(NotFound):
        doctor.find_run(VIEWER, id_)


def test_the_list_comes_in_parts():
    """Newest first, with a cursor while there is more."""
    ids = [walks.begin() for _ in range(3)]
    page = doctor.list_runs(VIEWER, limit=2)
    assert [one.id for one in page.items] == [ids[2], ids[1]]
    rest = doctor.list_runs(VIEWER, cursor=page.next, limit=2)
    assert [one.id for one in rest.items] == [ids[0]]
    assert rest.next is None
    with pytest.raises(NotFound):
        doctor.list_runs(VIEWER, cursor="nothing")
