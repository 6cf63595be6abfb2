"""The default subject and body: everything that is known of the alarm."""

from __future__ import annotations

SUBJECT = (
    "[{{ alarm.severity }}] {{ alarm.type }}"
    "{% if alarm.source_host.ip %} from {{ alarm.source_host.ip }}{% endif %}"
    "{% if alarm.target_host.ip %} to {{ alarm.target_host.ip }}{% endif %}"
    "{% if transition == 'inactive' %} (inactive){% endif %}"
)

_ROWS = (
    ("Alarm", "alarm.type"),
    ("Severity", "alarm.severity"),
    ("Category", "alarm.category"),
    ("State", "alarm.state"),
    ("Reports", "alarm.count"),
    ("Source", "alarm.source ~ ' (' ~ alarm.source_type ~ ')'"),
    ("Protocol", "alarm.protocol"),
    ("Received", "alarm.received_at"),
    ("Started", "alarm.started_at"),
    ("Last seen", "alarm.last_seen_at"),
    ("Ended", "alarm.ended_at"),
    ("URL", "alarm.url"),
    ("Alarm id", "alarm.id"),
    ("Key", "alarm.dedup_key"),
)
_HOST_ROWS = (
    ("address", "ip"),
    ("port", "port"),
    ("name", "name"),
    ("MAC address", "mac"),
    ("user", "user"),
    ("groups", "groups"),
)
_WIDTH = 20


def _text_row(label: str, value: str) -> str:
    name = f"{label}:".ljust(_WIDTH)
    return f"{{% if {value} %}}{name}{{{{ {value} }}}}\n{{% endif %}}"


def _text() -> str:
    lines = [
        "{% if transition == 'inactive' %}An alarm has become inactive.\n\n"
        "{% elif transition == 'severity' %}An alarm has become graver.\n\n{% endif %}"
    ]
    lines += [_text_row(label, value) for label, value in _ROWS[:7]]
    for side in ("source", "target"):
        lines += [
            _text_row(f"{side.capitalize()} {label}", f"alarm.{side}_host.{name}")
            for label, name in _HOST_ROWS
        ]
    lines += [_text_row(label, value) for label, value in _ROWS[7:]]
    lines.append("{% if alarm.details %}\n{{ alarm.details }}\n{% endif %}")
    lines.append(
        "{% if alarm.attributes %}\n{% for name, value in alarm.attributes.items() %}"
        "{{ name }}: {{ value }}\n{% endfor %}{% endif %}"
    )
    return "".join(lines)


def _html_row(label: str, value: str) -> str:
    return (
        f"{{% if {value} %}}<tr><th align=left valign=top>{label}</th>"
        f"<td>{{{{ {value} }}}}</td></tr>\n{{% endif %}}"
    )


def _html() -> str:
    # Colours are left to the reader's program, so that it reads in light and dark.
    rows = [_html_row(label, value) for label, value in _ROWS[1:7]]
    for side in ("source", "target"):
        rows += [
            _html_row(f"{side.capitalize()} {label}", f"alarm.{side}_host.{name}")
            for label, name in _HOST_ROWS
        ]
    rows += [_html_row(label, value) for label, value in _ROWS[7:]]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"></head>'
        '<body style="font-family:sans-serif">\n'
        "<h2>{{ alarm.type }}</h2>\n"
        "{% if transition == 'inactive' %}<p>The alarm has become inactive.</p>\n"
        "{% elif transition == 'severity' %}<p>The alarm has become graver.</p>\n{% endif %}"
        "{% if alarm.details %}<p style=\"white-space:pre-wrap\">{{ alarm.details }}</p>\n"
        "{% endif %}"
        '<table cellpadding="3">\n' + "".join(rows) + "</table>\n"
        '{% if alarm.attributes %}<table cellpadding="3">\n'
        "{% for name, value in alarm.attributes.items() %}"
        "<tr><th align=left valign=top>{{ name }}</th><td>{{ value }}</td></tr>\n"
        "{% endfor %}</table>\n{% endif %}"
        "</body></html>\n"
    )


TEXT = _text()
HTML = _html()

# A body that the operator wrote as text is shown in HTML as it is.
HTML_OF_TEXT = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="color-scheme" content="light dark"></head>'
    '<body><div style="white-space:pre-wrap;font-family:sans-serif">{{ text }}</div>'
    "</body></html>\n"
)
