"""SMTP replies quoted in a text, in whatever way a program quotes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.faults.text.given import Given

_LONGEST = 2_000
"""Characters of a reply that are taken."""

# RFC 5321 section 4.2.3, RFC 4954, RFC 7504, and what servers use beside them.
_CODES = frozenset(
    {421, 432, 450, 451, 452, 454, 455, 471}
    | {500, 501, 502, 503, 504, 521, 523, 530, 534, 535, 538, 541}
    | {550, 551, 552, 553, 554, 555, 556, 557, 558, 571}
)
_HEAD = re.compile(
    r"(?:^|(?<=[\s:\"'(<>\[={,]))"
    r"(?P<code>[45]\d\d)(?P<apart>, ?b?[\"']|- ?|: | )"
    r"(?:#?(?P<enhanced>[45]\.\d{1,3}\.\d{1,3})[: -]{0,2})?(?=\S)",
    re.MULTILINE,
)
_STOPS = (
    "\n", " (in reply to ", "; nested exception", "')", '")', "',", "'}", '"}', '",', "']", '"]',
    "', ", '" ', " at com.", " at javax.", " smtp code: ", " additional smtp info:",
)  # fmt: skip
_HTTP = re.compile(
    r"http/\d|https?://[^\s]{1,200} (?:returned|responded)|status(?: ?code)?[:= ]{1,3}$|"
    r"http(?: error| status)?[: ]{1,2}$",
    re.IGNORECASE,
)
_HTTP_PHRASES = (
    "internal server error", "bad gateway", "service unavailable\n", "gateway time", "not found",
    "not implemented\n", "http version", "misdirected request", "upgrade required",
    "unavailable for legal reasons",
)  # fmt: skip
_QUOTED_CODE = re.compile(r"smtp (?:error )?code: ?(?P<code>[45]\d\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A reply, and where in the text it stands."""

    start: int
    end: int
    code: int
    enhanced: str
    words: str
    alone: bool
    """Whether it begins its line, as a reply does in a transcript."""


def replies(given: Given) -> Iterator[Quoted]:
    """Every refusal in the text, in order; the lines of one reply are taken together."""
    last: Quoted | None = None
    going_on = False
    for head in _HEAD.finditer(given.text):
        code = int(head["code"])
        if code not in _CODES or (last is not None and head.start() < last.end and not going_on):
            continue
        if _is_http(given, head):
            continue
        found = _read(given, head, code)
        if last is not None and going_on and last.code == code:
            words = f"{_without(last.words, code)} {found.words}"[:_LONGEST]
            enhanced = last.enhanced or found.enhanced
            last = Quoted(last.start, found.end, code, enhanced, words, last.alone)
        else:
            if last is not None:
                yield last
            last = found
        going_on = head["apart"].startswith("-")
    if last is not None:
        yield last


def _without(words: str, code: int) -> str:
    """The first line of a reply alone, where a program put all lines into one."""
    return re.split(rf" {code}[ -]", words, maxsplit=1)[0]


def _read(given: Given, head: re.Match[str], code: int) -> Quoted:
    start = head.end()
    low = given.low[start : start + _LONGEST]
    stops = [low.find(stop) for stop in _STOPS]
    end = min((stop for stop in stops if stop >= 0), default=len(low))
    words = bare(given.text[start : start + end])
    line, _ = given.line_of(head.start())
    before = given.text[line : head.start()]
    alone = not re.sub(r"^(?:<(?:\*\*|~\*|-|~|=)?|S:|<<<|[<>*-]+)?\s*$", "", before)
    return Quoted(head.start(), start + end, code, head["enhanced"] or "", words, alone)


def bare(words: str) -> str:
    """The words of a reply without what the program put around them."""
    words = words.rstrip(' ,;"').removesuffix('".')
    if words.endswith("'") and (words.count("'") + words.count("`")) % 2:
        words = words[:-1]
    while words.endswith(")") and words.count(")") > words.count("("):
        words = words[:-1]
    return words


def _is_http(given: Given, head: re.Match[str]) -> bool:
    line, _ = given.line_of(head.start())
    before = given.text[max(line, head.start() - 200) : head.start()]
    after = given.low[head.end() : head.end() + 60]
    return bool(_HTTP.search(before)) or after.startswith(_HTTP_PHRASES)


def code_beside(given: Given, start: int) -> int:
    """The reply code that a program prints apart from its words; 0 when there is none."""
    found = _QUOTED_CODE.search(given.text, max(0, start - 500), start + 2_000)
    return int(found["code"]) if found else 0
