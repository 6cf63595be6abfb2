"""The JSON body of a request."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from pydantic import BaseModel, ValidationError

from tocsin.central.problem import Invalid, problems_of
from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding

Model = TypeVar("Model", bound=BaseModel)


class TooLarge(Exception):
    """The body is larger than is taken."""


def read_json(request: HttpRequest) -> Any:
    """The body as JSON (RFC 8259: UTF-8, and no NaN or Infinity).

    Raises:
        Refused: it is none.
        TooLarge: it is larger than 64 MiB.
    """
    try:
        return json.loads(_content(request).decode(), parse_constant=_refuse_constant)
    except UnreadablePostError as error:
        problem = f"did not arrive whole: {error}"
    except UnicodeDecodeError as error:
        problem = f"is not JSON: it is no UTF-8 ({error.reason} at octet {error.start})"
    except RecursionError:
        problem = "is not JSON that can be read: it is nested too deeply"
    except ValueError as error:
        problem = f"is not JSON: {error}"
    raise _refused(problem)


def read_octets(request: HttpRequest) -> bytes:
    """The body as it came.

    Raises:
        Refused: it did not arrive whole.
        TooLarge: it is larger than 64 MiB.
    """
    try:
        return _content(request)
    except UnreadablePostError as error:
        raise _refused(f"did not arrive whole: {error}") from None


def _content(request: HttpRequest) -> bytes:
    """The octets of the body, also of one that comes in chunks (RFC 9112 section 7.1).

    The framework takes a body without a length for empty; a server that marks the end of
    its input can be read to it.
    """
    stream, limit = request.META["wsgi.input"], settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    terminated = bool(request.META.get("wsgi.input_terminated"))
    if not terminated or request.META.get("CONTENT_LENGTH"):
        try:
            return request.body
        except RequestDataTooBig:
            _read_away(stream if terminated else None)
            raise TooLarge from None
    parts, length = [], 0
    while length <= limit and (part := stream.read(_PART)):
        parts.append(part)
        length += len(part)
    if length > limit:
        _read_away(stream)
        raise TooLarge
    return b"".join(parts)


_PART = 1024 * 1024
_MOST_PARTS_READ_AWAY = 256


def _read_away(stream: Any) -> None:
    """Let whoever sends too much come to an end, so that they hear the answer at all."""
    for _ in range(_MOST_PARTS_READ_AWAY):
        if stream is None or not stream.read(_PART):
            return


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def read_object(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object whose texts are all Unicode.

    Raises:
        Refused: it is none.
        TooLarge: it is larger than 64 MiB.
    """
    value = read_json(request)
    if not isinstance(value, dict):
        raise _refused("is not a JSON object")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _refused("holds half of a surrogate pair, which is no text") from None
    except RecursionError:
        raise _refused("is nested too deeply") from None
    return value


def read_model(request: HttpRequest, model: type[Model]) -> Model:
    """The body as an object of these fields.

    Raises:
        Invalid: names every field at fault.
        Refused: it is no object.
        TooLarge: it is larger than 64 MiB.
    """
    value = read_object(request)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(problems_of(error, "", model)) from None


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """The part of an operation's description that tells of its body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _refused(problem: str) -> Refused:
    return Refused(Finding("input.invalid", {"field": "The body", "problem": problem}))
