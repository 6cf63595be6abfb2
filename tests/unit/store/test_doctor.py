"""The walks of the doctor in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import walks
from tocsin.base.clock import now
from tocsin.store.models import DoctorRun
from tocsin.store.queries import doctor as queries

pytestmark = pytest.mark.django_db


def result(**said: Any) -> queries.Ended:
    """What a walk has found."""
    nothing: list[Mapping[str, Any]] = []
    fields: dict[str, Any] = {
        "ended_at": now(), "ms": 1.0, "ok": True, "steps": nothing, "findings": nothing,
        "remedies": nothing, "document": {}, "report": "all well",
    }  # fmt: skip
    return queries.Ended(**{**fields, **said})


def test_only_the_latest_are_kept(monkeypatch):
    """The oldest goes with each that begins beyond their number."""
    monkeypatch.setattr(queries, "KEPT", 3)
    ids = [walks.begin() for _ in range(5)]
    assert [one.id for one in queries.latest(10)] == ids[:1:-1]
    assert queries.KEPT == 3


def test_two_hundred_are_kept():
    """That is their number."""
    assert queries.KEPT == 200


def test_what_is_over_is_not_written_to_again():
    """Steps that come late, a second end and a break change nothing."""
    id_ = walks.begin()
    queries.go_on(id_, [{"name": "dns"}], 17)
    row = DoctorRun.objects.get(id=id_)
    assert (row.steps, row.beat_at, row.state) == ('[{"name":"dns"}]', 17, queries.RUNNING)
    queries.end(id_, result())
    before = DoctorRun.objects.filter(id=id_).values().get()
    queries.go_on(id_, [], now())
    queries.break_off(id_, now())
    queries.end(id_, result(ok=False))
    assert DoctorRun.objects.filter(id=id_).values().get() == before
    assert before["ok"] is True


def test_a_break_is_written():
    """A walk that ended without a report says when."""
    id_ = walks.begin()
    queries.break_off(id_, 5)
    row = DoctorRun.objects.get(id=id_)
    assert (row.state, row.ended_at, row.report) == (queries.BROKEN_OFF, 5, "")


def test_what_a_text_column_cannot_hold_is_marked():
    """A NUL in what a relay said does not keep the report from being stored."""
    id_ = walks.begin()
    queries.end(id_, result(report="220 \0 hello", findings=[{"said": "a\0b"}]))
    row = DoctorRun.objects.get(id=id_)
    assert row.report == "220 \N{REPLACEMENT CHARACTER} hello"
    assert "\0" not in row.findings


def test_the_list_goes_on_where_it_ended():
    """Newest first; `before` leaves out what was given already."""
    ids = [walks.begin() for _ in range(4)]
    first = queries.latest(2)
    assert [one.id for one in first] == [ids[3], ids[2]]
    assert [one.id for one in queries.latest(2, first[-1].id)] == [ids[1], ids[0]]
