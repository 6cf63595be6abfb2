"""All faults by their code, and what one means in one case."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from tocsin.faults import arrival, auth, aws, local, network, sender, ses, smtp, tls
from tocsin.faults.doubt import DOUBTS
from tocsin.faults.fault import Explained, Fault, Finding
from tocsin.faults.offer import OFFERS
from tocsin.faults.printed import PRINTED
from tocsin.faults.reference import REFERENCES

_LONGEST_FACT = 500
"""Characters of a fact that are shown: a relay may answer with a megabyte."""


def _whole(fault: Fault) -> Fault:
    """The fault with what stands apart from it: programs' words, references, offers."""
    code = fault.code
    return replace(
        fault,
        doubt=DOUBTS.get(code, fault.doubt),
        references=fault.references + REFERENCES.get(code, ()),
        printed=fault.printed + tuple(one for one in PRINTED if one.code == code),
        remedy=fault.remedy + OFFERS.get(code, ()),
    )


FAULTS: Mapping[str, Fault] = {
    fault.code: _whole(fault)
    for fault in chain(
        network.FAULTS,
        smtp.FAULTS,
        tls.FAULTS,
        auth.FAULTS,
        ses.FAULTS,
        sender.FAULTS,
        aws.FAULTS,
        arrival.FAULTS,
        local.FAULTS,
    )
}
"""Code → fault, in the order of a mail's way."""


def is_known(code: str) -> bool:
    """Whether the catalogue has the code."""
    return code in FAULTS


def sentences() -> Iterator[str]:
    """Every text of the catalogue that a translation is wanted for, facts as ``{name}``."""
    for fault in FAULTS.values():
        yield from (fault.title, fault.cause, *fault.fix, *fault.defaults.values())
        if fault.doubt:
            yield fault.doubt


def _untranslated(sentence: str) -> str:
    return sentence


def explain(finding: Finding, translate: Callable[[str], str] = _untranslated) -> Explained:
    """The fault of a finding, told with its facts; a code from elsewhere counts as unknown.

    `translate` gives each of `sentences` in another language.
    """
    fault = _translated(FAULTS.get(finding.code, FAULTS["unknown"]), translate)
    facts = {name: _shown(value) for name, value in finding.facts.items() if value}
    cause = fault.doubt if fault.doubt and facts.get("also") else fault.cause
    return Explained(
        code=fault.code,
        title=_fill(fault.title, fault, facts),
        cause=_fill(cause, fault, facts),
        fix=tuple(_fill(step, fault, facts) for step in fault.fix),
        severity=fault.severity,
        retry=fault.retry,
        scope=fault.scope,
        facts=dict(finding.facts),
    )


def _translated(fault: Fault, translate: Callable[[str], str]) -> Fault:
    if translate is _untranslated:
        return fault
    return replace(
        fault,
        title=translate(fault.title),
        cause=translate(fault.cause),
        fix=tuple(map(translate, fault.fix)),
        doubt=translate(fault.doubt) if fault.doubt else "",
        defaults={name: translate(words) for name, words in fault.defaults.items()},
    )


def _fill(template: str, fault: Fault, facts: Mapping[str, str]) -> str:
    """The template with facts, with defaults where there is none, as one sentence."""
    words = _Words({**fault.defaults, **facts})
    text = string.Formatter().vformat(template, (), words)
    opening = _OPENING_FACT.match(template)
    if opening is not None and opening[1] not in facts:
        text = text[:1].upper() + text[1:]
    # A reply of the relay may have brought its own full stop along.
    return _FULL_STOPS.sub(".", text)


_OPENING_FACT = re.compile(r"\{(\w+)\}")
_FULL_STOPS = re.compile(r"\.{2,}$")


class _Words(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"({name} not known)"


def _shown(value: str) -> str:
    """A fact as it may stand in a sentence: cut, on one line, nothing invisible in it.

    Control and direction characters come from whoever is at the other end, and could
    make the sentence read otherwise than it is.
    """
    shown = "".join(
        one if one.isprintable() else " " if one.isspace() else "\N{REPLACEMENT CHARACTER}"
        for one in value[: _LONGEST_FACT + 1]
    )
    return shown if len(value) <= _LONGEST_FACT else shown[:_LONGEST_FACT] + "…"
