"""One report or an array of them into reports and problems, in order."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from tocsin.domain.alarm import Report
from tocsin.intake.http.alarm import ACCEPTED, MOST_IN_A_BATCH, AlarmFields
from tocsin.intake.http.problem import FieldError, Problem, problem_of, shown

_checked = TypeAdapter(AlarmFields).validator.validate_python


def read_reports(payload: object, *, default_source: str) -> list[Report | Problem]:
    """What each alarm of a request body is: a report, or what is at fault with it.

    `payload` is the decoded JSON: one alarm, or an array of up to 10,000. A field of
    ``null`` is a field not given. An array that is empty or too long is one problem.
    """
    if not isinstance(payload, list):
        return [_read(payload, default_source)]
    if not payload:
        return [_whole("is empty", "at least one alarm")]
    if len(payload) > MOST_IN_A_BATCH:
        return [_whole(f"holds {len(payload)} alarms", f"at most {MOST_IN_A_BATCH} at once")]
    return [_read(one, default_source) for one in payload]


def _read(value: object, default_source: str) -> Report | Problem:
    if not isinstance(value, dict):
        said = FieldError("alarm", f"is {shown(value)}", "an object with the fields of an alarm")
        return Problem((said,))
    if None in value.values():
        value = _given(value)
    try:
        fields = _checked(value).__dict__
    except ValidationError as error:
        return problem_of(error, ACCEPTED)
    if fields["source"] is None:
        fields["source"] = default_source
    return Report(**fields)


def _given(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if one is not None}


def _whole(message: str, accepted: str) -> Problem:
    return Problem((FieldError("batch", message, accepted),))
