"""What the programs' own words in a text mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.faults.fault import Printed
from tocsin.faults.printed import PRINTED
from tocsin.faults.text.candidate import Candidate
from tocsin.faults.text.given import Given
from tocsin.faults.text.template import Place, find, template

_MAIL = re.compile(
    r"smtp|rcpt|starttls|\behlo\b|postfix|exim|swaks|sendmail|(?:javax|jakarta)\.mail|gomail|"
    r"mailkit|nodemailer|phpmailer|\brelay\b|\bmail\.|email/|"
    r"(?::|port:? ?)(?:25|465|587|2465|2525|2587)\b",
    re.IGNORECASE,
)
_AROUND = 1_000
"""Characters of a line that are looked at on either side."""
_FOREIGN = re.compile(
    r"https?://|\bhttp/[12]|postgres|mysql|mariadb|redis|mongo|\bldaps?\b|kafka|amqp|rabbitmq|"
    r"elasticsearch|\bupstream\b|nginx|\bssh\b|\bgit\b|docker|kubelet|"
    r"(?::|port:? ?)(?:22|80|389|443|636|3306|5432|6379|8080|8443|9092|9200|27017)\b",
    re.IGNORECASE,
)


def of_words(given: Given) -> list[Candidate]:
    """The faults that programs' words in the text stand for.

    Of words that overlap, causes win over consequences, and longer ones over shorter.
    """
    hits = [
        (template(one.words).weight, number, one, place)
        for number, one in enumerate(PRINTED)
        if one.words and (place := find(template(one.words), given)) is not None
    ]
    taken: list[Place] = []
    found: list[Candidate] = []
    foreign = _is_foreign(given.text)
    for _, _, one, place in sorted(hits, key=lambda hit: (hit[2].vague, -hit[0], hit[1])):
        if _overlaps(place, taken):
            continue
        taken.append(place)
        if one.anywhere and (foreign or _is_foreign(_line(given, place))):
            continue
        found.append(_candidate(one, place))
    return found


def _is_foreign(text: str) -> bool:
    """Whether it speaks of a connection to something else than a mail server."""
    return _FOREIGN.search(text) is not None and _MAIL.search(text) is None


def _line(given: Given, place: Place) -> str:
    start, end = given.line_of(place.start)
    return given.text[max(start, place.start - _AROUND) : min(end, place.end + _AROUND)]


def _overlaps(place: Place, taken: Sequence[Place]) -> bool:
    return any(place.start < other.end and other.start < place.end for other in taken)


def _candidate(one: Printed, place: Place) -> Candidate:
    facts = dict(place.facts)
    if "region" in facts:
        facts["region"] = facts["region"].lower()
    if "identities" in facts and ("{" in facts["identities"] or "." not in facts["identities"]):
        del facts["identities"]
    return Candidate(
        one.code,
        place.start,
        place.end,
        facts,
        frozenset(one.also),
        one.vague,
        one.program,
    )
