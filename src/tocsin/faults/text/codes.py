"""Our own codes in a text: in Tocsin's log lines, in its answers, or alone."""

from __future__ import annotations

import re

from tocsin.faults.catalogue import FAULTS
from tocsin.faults.text.candidate import Candidate
from tocsin.faults.text.given import Given

_CODE = re.compile(
    r"(?<![\w.@/:-])(?P<code>[a-z]{3,12}\.[a-z]{2,20}(?:-[a-z]{1,20}){0,5})(?![\w@-]|\.\w)"
)
_MOST = 50
_FACT = re.compile(
    r"\"(?P<name>host|port|address|issuer|subject|recipient|reply|relay|identities|region)\""
    r": ?\"?(?P<value>[^\"\n]{1,300}?)[\",}\n]"
)
_WHEN_ALONE = frozenset({"unknown"})


def of_codes(given: Given) -> list[Candidate]:
    """The codes of the catalogue that stand in the text, with the facts of their lines."""
    found: list[Candidate] = []
    for match in _CODE.finditer(given.text):
        code = match["code"]
        if code not in FAULTS or code in _WHEN_ALONE or len(found) >= _MOST:
            continue
        line = given.line_of(match.start())
        text = given.text[line[0] : min(line[1] + 1, line[0] + 4_000)]
        facts = {one["name"]: one["value"].strip() for one in _FACT.finditer(text)}
        facts = {name: value for name, value in facts.items() if value not in {"null", ""}}
        found.append(
            Candidate(code, match.start(), match.end(), facts, program="Tocsin", line=line)
        )
    return found
