"""The JSON body of a request."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding


def read_json(request: HttpRequest) -> Any:
    """The body as JSON.

    Raises:
        Refused: it is none, or too large.
    """
    try:
        return json.loads(request.body)
    except RequestDataTooBig:
        problem = "is larger than 64 MiB"
    except (ValueError, RecursionError) as error:
        problem = f"is not JSON: {error}"
    raise Refused(Finding("input.invalid", {"field": "The body", "problem": problem}))


def read_object(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        Refused: it is none.
    """
    value = read_json(request)
    if not isinstance(value, dict):
        raise Refused(
            Finding("input.invalid", {"field": "The body", "problem": "is not a JSON object"})
        )
    return value
