"""What is known of the alarms as a file for programs: JSON of one, CSV of several."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.base.clock import Instant, rfc3339
from tocsin.domain.alarm import Alarm, Host
from tocsin.domain.telling import Telling
from tocsin.mail.attachment import Attachment
from tocsin.mail.mark import mark_line, mark_text

MOST_ROWS = 1_000
"""Alarms in one file."""
MOST_OCTETS = 3_000_000
"""Larger is not sent: with the mail's own text and base64 it stays below what relays take."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
# What spreadsheets take for the beginning of a formula, in the widths that they read.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t")  # noqa: RUF001


class TooLarge(Exception):
    """The evidence has more octets than are sent."""

    def __init__(self, octets: int) -> None:
        super().__init__(f"{octets:,} octets")
        self.octets = octets


def evidence(tellings: Sequence[Telling]) -> Attachment:
    """The file that goes along with a message.

    Raises:
        TooLarge: it has more than `MOST_OCTETS`.
    """
    made = _json(tellings[0]) if len(tellings) == 1 else _csv(tellings[:MOST_ROWS])
    if len(made.content) > MOST_OCTETS:
        raise TooLarge(len(made.content))
    return made


def _json(telling: Telling) -> Attachment:
    alarm = telling.alarm
    document = {**_fields(alarm), "transition": telling.transition.value}
    try:
        content = json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Halves of characters, which only their escapes can say.
        content = json.dumps(document).encode()
    name = f"alarm-{alarm.id}.json" if _ID.fullmatch(alarm.id) else "alarm.json"
    return Attachment(name, "application/json", content)


def _fields(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "source": alarm.source,
        "source_type": alarm.source_type,
        "type": alarm.type,
        "category": alarm.category,
        "severity": alarm.severity.value,
        "state": alarm.state.value,
        "dedup_key": alarm.dedup_key,
        "received_at": _time(alarm.received_at),
        "started_at": _time(alarm.started_at),
        "last_seen_at": _time(alarm.last_seen_at),
        "ended_at": _time(alarm.ended_at),
        "count": alarm.count,
        "source_host": _host(alarm.source_host),
        "target_host": _host(alarm.target_host),
        "protocol": alarm.protocol,
        "details": alarm.details,
        "url": alarm.url,
        "attributes": dict(alarm.attributes),
    }


def _host(host: Host) -> dict[str, Any]:
    return {
        "ip": host.ip,
        "port": host.port,
        "name": host.name,
        "mac": host.mac,
        "user": host.user,
        "groups": list(host.groups),
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)


def _columns(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields as cells, those of hosts as ``source_host.ip``."""
    cells: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and name != "attributes":
            cells |= {f"{name}.{part}": _cell(one, mark_line) for part, one in value.items()}
        elif name == "details":
            cells[name] = _cell(value, mark_text)
        else:
            cells[name] = _cell(value, mark_line)
    return cells


def _cell(value: Any, mark: Callable[[str], str]) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = ", ".join(value)
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    text = mark(str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _csv(tellings: Sequence[Telling]) -> Attachment:
    rows = [
        {"transition": one.transition.value, **_columns(_fields(one.alarm))} for one in tellings
    ]
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    # With the mark without which some spreadsheets take UTF-8 for something else.
    content = written.getvalue().encode("utf-8-sig")
    return Attachment("alarms.csv", "text/csv; charset=utf-8", content)
