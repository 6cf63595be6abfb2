"""The default mail of several alarms: how many, of what kinds, and a table of the gravest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from tocsin.channels.email import frame
from tocsin.channels.email.words import Words
from tocsin.channels.email.words.shape import width
from tocsin.channels.variables import MOST_ALARMS, Told, line, lines, moment
from tocsin.domain.alarm import Host
from tocsin.domain.severity import Severity
from tocsin.domain.telling import Telling

_MOST_TYPES = 10
"""Types that are counted by name; the others together."""


def subject(told: Told, words: Words) -> str:
    """How grave the gravest, how many, and of what."""
    types = {one.alarm.type for one in told.tellings}
    said = words.several_subject.format(
        severity=words.severities[told.alarm.severity],
        told=f"{told.number:,}",
        type=line(told.alarm.type),
    )
    if len(types) > 1:
        every = told.number == len(told.tellings)
        said += (words.types if every else words.types_at_least).format(count=f"{len(types):,}")
    return said


@dataclass(frozen=True, slots=True)
class _Said:
    """What text and HTML both say."""

    words: Words
    headline: str
    totals: Sequence[tuple[str, str]]
    """How many of each severity and of each type, as (name, words)."""
    rows: Sequence[Sequence[str]]
    more: str
    """How many have no row; empty when every one has."""
    url: str


def body(told: Told, words: Words) -> tuple[str, str]:
    """Text and HTML."""
    rows = [_cells(one, words) for one in told.tellings[:MOST_ALARMS]]
    hidden = told.number - len(rows)
    said = _Said(
        words,
        headline=words.several_headline.format(told=f"{told.number:,}"),
        totals=_totals(told, words),
        rows=rows,
        more=words.more.format(count=f"{hidden:,}") if hidden else "",
        url=told.url,
    )
    return _text(said), _html(said)


def _totals(told: Told, words: Words) -> list[tuple[str, str]]:
    tellings = told.tellings
    of_shown = ""
    if len(tellings) < told.number:
        of_shown = words.of_shown.format(count=f"{len(tellings):,}")
    severities = Counter(one.alarm.severity for one in tellings)
    graded = [f"{severities[one]:,} {words.severities[one]}" for one in Severity if severities[one]]
    types = Counter(one.alarm.type for one in tellings).most_common()
    named = [f"{count:,} {line(type_)}" for type_, count in types[:_MOST_TYPES]]
    if len(types) > _MOST_TYPES:
        others = sum(count for _, count in types[_MOST_TYPES:])
        named.append(words.more.format(count=f"{others:,}"))
    return [
        (words.facts["severity"], ", ".join(graded) + of_shown),
        (words.facts["type"], "; ".join(named) + of_shown),
    ]


def _cells(one: Telling, words: Words) -> list[str]:
    alarm = one.alarm
    return lines(
        [
            words.severities[alarm.severity],
            moment(alarm.received_at),
            alarm.type,
            _end(alarm.source_host),
            _end(alarm.target_host),
            words.transitions[one.transition],
        ]
    )


def _end(host: Host) -> str:
    """The host in a few characters."""
    name = host.ip or host.name or host.mac or host.user or ""
    if not name or host.port is None:
        return name
    return f"[{name}]:{host.port}" if ":" in name else f"{name}:{host.port}"


def _text(said: _Said) -> str:
    labels = said.words.padded(tuple(name for name, _ in said.totals))
    pieces = [f"{said.headline}\n\n"]
    pieces += [f"{label}{one}\n" for label, (_, one) in zip(labels, said.totals, strict=True)]
    pieces.append("\n")
    wide = [max(map(width, column)) for column in list(zip(*said.rows, strict=True))[:2]]
    for severity, at, type_, source, target, happened in said.rows:
        graded = f"{_filled(severity, wide[0])}  {_filled(at, wide[1])}"
        hosts = f": {source} → {target}" if source or target else ""
        # Set in: what a sensor writes cannot pass for a line of the mail's own.
        pieces.append(f"  {graded}  {type_}{hosts} ({happened})\n")
    if said.more:
        pieces.append(f"  {said.more}\n")
    if said.url:
        pieces.append(f"\n{said.words.see_all}{said.words.colon} {said.url}\n")
    return "".join(pieces)


def _filled(cell: str, wide: int) -> str:
    return cell + " " * (wide - width(cell))


def _html(said: _Said) -> str:
    words = said.words
    totals = "".join(
        f"{frame.ROW}{name}</th>\n<td>{escape(one)}</td></tr>\n" for name, one in said.totals
    )
    names = ("severity", "received_at", "type", "source_host.ip", "target_host.ip")
    table = _html_row([*(words.facts[name] for name in names), words.happened], "th")
    table += "".join(_html_row(map(escape, row), "td") for row in said.rows)
    link = f'<a href="{escape(said.url)}">\n{words.see_all}</a>' if said.url else ""
    rest = f"{words.colon} ".join(one for one in (said.more, link) if one)
    return "".join(
        (
            *(frame.opening(words.html_language), said.headline, frame.AFTER_TITLE),
            *("<p>", said.headline, "</p>\n"),
            *(frame.TABLE, totals, frame.END_TABLE, "<p></p>\n"),
            *(frame.TABLE, table, frame.END_TABLE),
            f"<p>{rest}</p>\n" if rest else "",
            frame.END,
        )
    )


def _html_row(cells: Iterable[str], kind: str) -> str:
    inner = f"</{kind}>\n<{kind}>".join(cells)
    return f'<tr align="left">\n<{kind}>{inner}</{kind}></tr>\n'
