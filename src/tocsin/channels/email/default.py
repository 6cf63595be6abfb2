"""The default subject and body: everything that is known of the alarm."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import escape

SUBJECT = (
    "[{{ alarm.severity }}] {{ alarm.type }}"
    "{% if alarm.source_host.ip %} from {{ alarm.source_host.ip }}{% endif %}"
    "{% if alarm.target_host.ip %} to {{ alarm.target_host.ip }}{% endif %}"
    "{% if transition == 'inactive' %} (inactive){% endif %}"
)

_HOST_ROWS = (
    ("", "ip"),
    (" port", "port"),
    (" name", "name"),
    (" MAC", "mac"),
    (" user", "user"),
    (" groups", "groups"),
)
_ROWS = (
    ("Severity", "alarm.severity"),
    ("Alarm", "alarm.type"),
    ("Category", "alarm.category"),
    ("State", "alarm.state"),
    *((f"Source host{label}", f"alarm.source_host.{name}") for label, name in _HOST_ROWS),
    *((f"Target host{label}", f"alarm.target_host.{name}") for label, name in _HOST_ROWS),
    ("Protocol", "alarm.protocol"),
    ("Source", "alarm.source"),
    ("Source type", "alarm.source_type"),
    ("Received", "alarm.received_at"),
    ("Started", "alarm.started_at"),
    ("Last seen", "alarm.last_seen_at"),
    ("Ended", "alarm.ended_at"),
    ("Reports", "alarm.count"),
    ("URL", "alarm.url"),
    ("Alarm id", "alarm.id"),
    ("Key", "alarm.dedup_key"),
)
# Every alarm has these; the others have a row only where something is known.
_ALWAYS = frozenset(
    (
        "alarm.severity",
        "alarm.type",
        "alarm.category",
        "alarm.state",
        "alarm.source",
        "alarm.source_type",
        "alarm.received_at",
        "alarm.count",
        "alarm.id",
        "alarm.dedup_key",
    )
)
_LABEL_WIDTH = max(len(label) for label, _ in _ROWS) + 2

_HEADLINE = (
    "{% if transition == 'inactive' %}The alarm has become inactive."
    "{% elif transition == 'severity' %}The alarm has become graver."
    "{% else %}The alarm has become active.{% endif %}"
)


def _where_known(value: str, row: str) -> str:
    return row if value in _ALWAYS else f"{{% if {value} %}}\n{row}{{% endif %}}\n"


def _text_rows() -> Iterable[str]:
    for label, value in _ROWS:
        name = f"{label}:".ljust(_LABEL_WIDTH)
        yield _where_known(value, f"{name}{{{{ {value} }}}}\n")


def _text() -> str:
    # Details and attributes are set in: whatever they hold, it cannot pass for a row above.
    return (
        f"{_HEADLINE}\n\n{''.join(_text_rows())}"
        "{% if alarm.details %}\n\nDetails:\n{{ alarm.details|indent(4) }}\n{% endif %}\n"
        "{% if alarm.attributes %}\n\nAttributes:\n"
        "{% for name, value in alarm.attributes.items() %}\n    {{ name }}: {{ value }}\n"
        "{% endfor %}\n{% endif %}\n"
        "{% if url %}\n\n{{ url }}\n{% endif %}\n"
    )


_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
    '<meta name="color-scheme" content="light dark"><title>{{ title }}</title></head>\n'
)
# No colours but a grey that shows on light and on dark, nothing from elsewhere; plain
# attributes, which mail programs heed more than style sheets.
_TABLE = '<table cellpadding="3">'
_ROW = '<tr valign="top"><th align="left">'


def _html_row(label: str, value: str) -> str:
    shown = f"{{{{ {value} }}}}"
    if value == "alarm.url":
        linked = f'<a href="{shown}">{shown}</a>'
        shown = f"{{% if {value}|weblink %}}{linked}{{% else %}}{shown}{{% endif %}}"
    if value in ("alarm.severity", "alarm.type"):
        shown = f"<strong>{shown}</strong>"
    return f"{_ROW}{label}</th><td>{shown}</td></tr>\n"


def _html() -> str:
    rows = "".join(_where_known(value, _html_row(label, value)) for label, value in _ROWS)
    return (
        f"{_HEAD.replace('{{ title }}', '{{ alarm.type }}')}"
        '<body style="font-family:sans-serif">\n'
        f"<p>{_HEADLINE}</p>\n{_TABLE}\n{rows}</table>\n"
        "{% if alarm.details %}\n<h3>Details</h3>\n"
        '<div style="white-space:pre-wrap;border-left:3px solid #808080;padding-left:12px">'
        "{{ alarm.details }}</div>\n{% endif %}\n"
        f"{{% if alarm.attributes %}}\n<h3>Attributes</h3>\n{_TABLE}\n"
        "{% for name, value in alarm.attributes.items() %}\n"
        f"{_ROW}{{{{ name }}}}</th><td>{{{{ value }}}}</td></tr>\n"
        "{% endfor %}\n</table>\n{% endif %}\n"
        '{% if url %}\n<p><a href="{{ url }}">{{ url }}</a></p>\n{% endif %}\n'
        "</body></html>\n"
    )


BODY = _text()
HTML = _html()

_BEFORE_TEXT = (
    f"{_HEAD.replace('{{ title }}', 'Alarm')}"
    '<body><div style="white-space:pre-wrap;font-family:sans-serif">'
)
_AFTER_TEXT = "</div>\n</body></html>\n"


def html_of_text(text: str) -> str:
    """A body that the operator wrote as text, as HTML: shown as it is."""
    return _BEFORE_TEXT + str(escape(text)) + _AFTER_TEXT


def text_with_notes(text: str, notes: Iterable[str]) -> str:
    """A text with what has to be said about the message itself."""
    return "\n".join((text, *notes, ""))


def html_with_notes(html: str, notes: Iterable[str]) -> str:
    """The same for HTML."""
    said = "".join(f"<p>{escape(note)}</p>\n" for note in notes)
    return html.replace("</body>", f"{said}</body>")
