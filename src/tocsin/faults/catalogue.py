"""All faults by their code, and what one means in one case."""

from __future__ import annotations

import string
from collections.abc import Mapping
from itertools import chain

from tocsin.faults import auth, local, network, ses, smtp, tls
from tocsin.faults.fault import Explained, Fault, Finding

_LONGEST_FACT = 500
"""Characters of a fact that are shown: a relay may answer with a megabyte."""

FAULTS: Mapping[str, Fault] = {
    fault.code: fault
    for fault in chain(
        network.FAULTS, smtp.FAULTS, tls.FAULTS, auth.FAULTS, ses.FAULTS, local.FAULTS
    )
}


def is_known(code: str) -> bool:
    """Whether the catalogue has the code."""
    return code in FAULTS


def explain(finding: Finding) -> Explained:
    """The fault of a finding, told with its facts; a code from elsewhere counts as unknown."""
    fault = FAULTS.get(finding.code, FAULTS["unknown"])
    words = _Words({**fault.defaults, **_shown(finding.facts)})
    return Explained(
        code=fault.code,
        title=_fill(fault.title, words),
        cause=_sentence(_fill(fault.cause, words)),
        fix=tuple(_fill(step, words) for step in fault.fix),
        severity=fault.severity,
        retry=fault.retry,
        scope=fault.scope,
        facts=dict(finding.facts),
    )


class _Words(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"({name} not known)"


def _fill(template: str, words: Mapping[str, str]) -> str:
    return string.Formatter().vformat(template, (), words)


def _sentence(text: str) -> str:
    """One full stop at the end, also when the relay's own words brought one along."""
    return text.replace("..", ".") if text.endswith("..") else text


def _shown(facts: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value if len(value) <= _LONGEST_FACT else value[:_LONGEST_FACT] + "…"
        for name, value in facts.items()
    }
