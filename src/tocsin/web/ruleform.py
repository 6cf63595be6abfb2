"""The form of a rule: its conditions as rows of one field and its values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tocsin.central.configuration import RuleEntry
from tocsin.rules.condition import ATTRIBUTES, FIELDS
from tocsin.web import wording

_MOST_ROWS = 100
_SPARE_ROWS = 1


@dataclass(slots=True)
class Row:
    """One condition as it stands in the form. `attribute` counts for attributes alone."""

    field: str = ""
    attribute: str = ""
    values: str = ""
    error: str = ""

    @property
    def key(self) -> str:
        """The condition's name in the document."""
        return f"{ATTRIBUTES}.{self.attribute}" if self.field == ATTRIBUTES else self.field


def field_choices() -> list[tuple[str, str]]:
    """Every field that a condition can ask about."""
    choices = [(name, wording.engine(one.label)) for name, one in FIELDS.items()]
    return [*choices, (ATTRIBUTES, _("attribute"))]


def split_values(text: str) -> list[str]:
    """Comma-separated values; one that holds a comma stands in double quotes."""
    lines = csv.reader(text.splitlines(), skipinitialspace=True)
    return [one.strip() for line in lines for one in line if one.strip()]


def join_values(values: object) -> str:
    """The inverse of `split_values`."""
    several = values if isinstance(values, list | tuple) else [values]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([str(one) for one in several])
    return line.getvalue().replace(",", ", ") if not _has_comma(several) else line.getvalue()


def _has_comma(values: Sequence[object]) -> bool:
    return any("," in str(one) for one in values)


def rows_of_rule(rule: RuleEntry) -> list[Row]:
    """The rows of a rule as it is saved."""
    rows = []
    for name, value in rule.when.items():
        if name == ATTRIBUTES and isinstance(value, Mapping):
            rows += [Row(ATTRIBUTES, one, join_values(asked)) for one, asked in value.items()]
        elif name.startswith(f"{ATTRIBUTES}."):
            rows.append(Row(ATTRIBUTES, name.removeprefix(f"{ATTRIBUTES}."), join_values(value)))
        else:
            rows.append(Row(name, "", join_values(value)))
    return rows


def rows_of_form(form: QueryDict) -> list[Row]:
    """The rows that were sent; wholly empty ones are dropped."""
    sent = zip(
        form.getlist("field")[:_MOST_ROWS],
        form.getlist("attribute")[:_MOST_ROWS],
        form.getlist("values")[:_MOST_ROWS],
        strict=False,
    )
    rows = [Row(*(text.strip() for text in one)) for one in sent]
    return [row for row in rows if row.field or row.values]


def with_spare(rows: Sequence[Row]) -> list[Row]:
    """The rows with room for another."""
    return [*rows, *[Row()] * _SPARE_ROWS]


def check_rows(rows: Sequence[Row]) -> bool:
    """Note at each row what is wrong with it as a row; whether nothing is."""
    seen: set[str] = set()
    for row in rows:
        if not row.field:
            row.error = _("Choose the field that these values belong to.")
        elif row.field == ATTRIBUTES and not row.attribute:
            row.error = _("Give the name of the attribute.")
        elif not split_values(row.values):
            row.error = _("Give at least one value, or leave the row empty.")
        elif row.key in seen:
            row.error = _("This field stands there twice; put all values into one row.")
        seen.add(row.key)
    return not any(row.error for row in rows)


def when_of_rows(rows: Sequence[Row]) -> dict[str, Any]:
    """The conditions as the document has them."""
    when: dict[str, Any] = {}
    for row in rows:
        values: Any = split_values(row.values)
        values = values[0] if len(values) == 1 else values
        if row.field == ATTRIBUTES:
            when.setdefault(ATTRIBUTES, {})[row.attribute] = values
        else:
            when[row.field] = values
    return when
