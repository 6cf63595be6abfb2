"""A transcript that becomes steps while it is written."""

from __future__ import annotations

import pytest

from tocsin.doctor.diary import Diary
from tocsin.doctor.step import Step
from tocsin.doctor.tape import Tape
from tocsin.domain.delivery import Exchange

ADDRESS = "192.0.2.25"


def taped(*exchanges: Exchange, **heard) -> tuple[Tape, list[Step]]:
    """A tape on which these were written, and the steps told so far."""
    told: list[Step] = []
    tape = Tape(Diary(told.append), ADDRESS, 0.5, **heard)
    for one in exchanges:
        tape.append(one)
    return tape, told


GREETING = Exchange(1.0, "greeting", "", "220 relay.example.com")
EHLO = Exchange(1.25, "ehlo", "EHLO client.example.com", "250 relay.example.com")


def test_a_step_is_told_once_the_next_one_has_begun():
    """Only then it is known that the answer was what was needed; times are of each step."""
    tape, told = taped(GREETING)
    assert told == []
    tape.append(EHLO)
    assert [(one.name, one.ok, one.ms) for one in told] == [("greeting", True, 500.0)]
    tape.end(ok=False)
    assert [(one.name, one.ok, one.ms) for one in told][1:] == [("ehlo", False, 250.0)]
    assert {one.address for one in told} == {ADDRESS}


def test_a_sign_in_of_several_exchanges_is_one_step():
    """What was asked first and what was answered last, over the whole time."""
    tape, told = taped(
        GREETING,
        Exchange(2.0, "auth", "AUTH LOGIN", "334 VXNlcm5hbWU6"),
        Exchange(2.5, "auth", "***", "334 UGFzc3dvcmQ6"),
        Exchange(3.0, "auth", "***", "235 Authentication successful."),
    )
    tape.end(ok=True)
    assert len(told) == 2
    assert told[1] == Step(
        "auth", ADDRESS, True, 2000.0, "AUTH LOGIN", "235 Authentication successful."
    )


def test_tls_is_told_with_what_was_agreed_on():
    """The callbacks come with the step, and only when it went through."""
    through: list[str] = []
    exchange = Exchange(2.0, "tls", "ClientHello", "TLSv1.3")
    for ok in (True, False):
        tape, told = taped(exchange, secured=lambda: through.append("x"), agreed=lambda: ", X25519")
        tape.end(ok=ok)
        assert told[0].answered == ("TLSv1.3, X25519" if ok else "TLSv1.3")
    assert through == ["x"]


def test_what_somebody_else_tells_is_left_out():
    """The last exchange goes, and gives how long it took."""
    tape, told = taped(GREETING, EHLO)
    assert tape.drop() == 250.0
    tape.end(ok=True)
    assert [one.name for one in told] == ["greeting"]


def test_a_long_answer_is_cut():
    """A relay may answer with as much as it likes; a step keeps the beginning."""
    tape, told = taped(GREETING._replace(received="220 " + "x" * 100_000))
    tape.end(ok=True)
    assert len(told[0].answered) < 3_000


def test_it_is_only_added_to():
    """A step that was told cannot be taken back."""
    tape, _ = taped(GREETING)
    with pytest.raises(TypeError):
        tape.insert(0, EHLO)
