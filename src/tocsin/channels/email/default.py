"""The default mail of one alarm: everything that is known of it, as text and as HTML.

Written out here and not as a template: a storm has thousands of these, and this makes
text and HTML of one look at the alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import islice

from tocsin.channels.email import frame
from tocsin.channels.email.words import WORDS, Words
from tocsin.channels.email.words.shape import FACTS
from tocsin.channels.variables import (
    LONGEST_DETAILS,
    MOST_ATTRIBUTES,
    Told,
    lines,
    moment,
)
from tocsin.domain.alarm import Alarm, Host, TransitionKind
from tocsin.mail.mark import cut, mark_text

SUBJECT = (
    "[{{ alarm.severity }}] {{ alarm.type }}"
    "{% if alarm.source_host.ip %} from {{ alarm.source_host.ip }}{% endif %}"
    "{% if alarm.target_host.ip %} to {{ alarm.target_host.ip }}{% endif %}"
    "{% if transition == 'inactive' %} (inactive){% endif %}"
)
"""The template that makes the same as `subject` in English; for pages, to begin one's own with."""

_STRONG = frozenset(("severity", "type"))


@dataclass(frozen=True, slots=True)
class _Row:
    """What stands around one fact."""

    text: str
    before: str
    after: str
    is_url: bool


def _layout(words: Words) -> tuple[_Row, ...]:
    labels = words.padded(tuple(words.facts[name] for name in FACTS))
    return tuple(
        _row(name, words.facts[name], text) for name, text in zip(FACTS, labels, strict=True)
    )


def _row(name: str, label: str, text: str) -> _Row:
    strong, end = ("<strong>", "</strong>") if name in _STRONG else ("", "")
    before, after = f"{frame.ROW}{escape(label)}</th>\n<td>{strong}", f"{end}</td></tr>\n"
    return _Row(text, before, after, is_url=name == "url")


_LAYOUTS = {words.html_language: _layout(words) for words in WORDS.values()}


def _host(host: Host) -> tuple[str | None, ...]:
    port = None if host.port is None else str(host.port)
    groups = ", ".join(host.groups) if host.groups else None
    return (host.ip, port, host.name, host.mac, host.user, groups)


def _facts(alarm: Alarm, words: Words) -> tuple[str | None, ...]:
    """The values of `FACTS`."""
    return (
        words.severities[alarm.severity],
        alarm.type,
        alarm.category,
        words.states[alarm.state],
        *_host(alarm.source_host),
        *_host(alarm.target_host),
        alarm.protocol,
        alarm.source,
        alarm.source_type,
        moment(alarm.received_at),
        moment(alarm.started_at),
        moment(alarm.last_seen_at),
        moment(alarm.ended_at),
        str(alarm.count),
        alarm.url,
        alarm.id,
        alarm.dedup_key,
    )


def subject(told: Told, words: Words) -> str:
    """How grave, what, from where and to where."""
    alarm = told.alarm
    source, target = alarm.source_host.ip, alarm.target_host.ip
    type_, source, target = lines([alarm.type, source or "", target or ""])
    said = f"[{words.severities[alarm.severity]}] {type_}"
    if source:
        said += words.subject_source.format(ip=source)
    if target:
        said += words.subject_target.format(ip=target)
    if told.transition is TransitionKind.INACTIVE:
        said += words.subject_inactive
    return said


def body(told: Told, words: Words) -> tuple[str, str]:
    """Text and HTML."""
    alarm = told.alarm
    known = [
        (row, value)
        for row, value in zip(_LAYOUTS[words.html_language], _facts(alarm, words), strict=True)
        if value
    ]
    values = [value for _, value in known]
    for pair in islice(alarm.attributes.items(), MOST_ATTRIBUTES):
        values += pair
    values = lines(values)
    # No line has a line end, so all of them are escaped at once.
    shown = escape("\n".join(values)).split("\n")
    headline = words.headlines[told.transition]
    # The values of attributes, beyond those of the rows, have their turn below.
    text = [f"{headline}\n\n"]
    text += [f"{row.text}{value}\n" for (row, _), value in zip(known, values, strict=False)]
    html = [frame.opening(words.html_language), shown[1], frame.AFTER_TITLE]
    html += ["<p>", headline, "</p>\n", frame.TABLE]
    html += [
        f"{row.before}{frame.link(value) if row.is_url else safe}{row.after}"
        for (row, _), value, safe in zip(known, values, shown, strict=False)
    ]
    html.append(frame.END_TABLE)
    _add_details(alarm, words, text, html)
    if alarm.attributes:
        named = values[len(known) :], shown[len(known) :]
        _add_attributes(alarm, words, named, text, html)
    if told.url:
        text.append(f"\n{told.url}\n")
        html.append(f"<p>{frame.link(told.url)}</p>\n")
    html.append(frame.END)
    return "".join(text), "".join(html)


# Details and attributes are set in: whatever they hold, it cannot pass for a row above.


def _add_details(alarm: Alarm, words: Words, text: list[str], html: list[str]) -> None:
    if not alarm.details:
        return
    details = mark_text(cut(alarm.details, LONGEST_DETAILS))
    set_in = details.replace("\n", "\n    ")
    text.append(f"\n{words.details}{words.colon}\n    {set_in}\n")
    html.append(f"<h3>{words.details}</h3>\n<div {frame.SET_OFF}>\n{escape(details)}</div>\n")


def _add_attributes(
    alarm: Alarm,
    words: Words,
    named: tuple[list[str], list[str]],
    text: list[str],
    html: list[str],
) -> None:
    """The attributes; `named` are names and values in turn, as they are and escaped."""
    values, shown = map(iter, named)
    text.append(f"\n{words.attributes}{words.colon}\n")
    text += [f"    {name}: {value}\n" for name, value in zip(values, values, strict=True)]
    html += ["<h3>", words.attributes, "</h3>\n", frame.TABLE]
    html += [
        f"{frame.ROW}{name}</th>\n<td>{value}</td></tr>\n"
        for name, value in zip(shown, shown, strict=True)
    ]
    html.append(frame.END_TABLE)
    hidden = len(alarm.attributes) - MOST_ATTRIBUTES
    if hidden > 0:
        more = words.more.format(count=f"{hidden:,}")
        text.append(f"    {more}\n")
        html.append(f"<p>{more}</p>\n")
