"""What was recognised, told: the document that the command and the API answer."""

from __future__ import annotations

from typing import Any

from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained
from tocsin.faults.text.recognise import Recognised


def told(recognised: Recognised) -> list[Explained]:
    """Each finding in the words of the catalogue."""
    return [explain(one) for one in recognised.findings]


def document(recognised: Recognised) -> dict[str, Any]:
    """The findings and whether anything was known, as JSON."""
    return {
        "findings": [
            {
                "code": one.code,
                "title": one.title,
                "cause": one.cause,
                "fix": list(one.fix),
                "severity": one.severity.value,
                "retry": one.retry.value,
                "scope": one.scope.value,
                "facts": dict(one.facts),
            }
            for one in told(recognised)
        ],
        "known": recognised.known,
    }
