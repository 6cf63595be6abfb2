"""Filters of templates. None makes much of little: what comes out is bounded by what goes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

_WIDEST_INDENT = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: what it does, and how many arguments it takes."""

    apply: Callable[..., Any]
    least: int = 0
    most: int = 0

    def problem(self, node: nodes.Filter) -> str:
        """What is wrong with the way it is used; empty when nothing is."""
        if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            return f"filter {node.name} takes no named arguments"
        if not self.least <= len(node.args) <= self.most:
            wanted = f"{self.least} to {self.most}" if self.least < self.most else str(self.most)
            return f"filter {node.name} takes {wanted} arguments, not {len(node.args)}"
        return ""


def _truncate(value: object, length: object = 200) -> str:
    text, most = str(value), max(1, int(str(length)))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _indent(value: object, width: object = 4) -> str:
    """Every line set in, the first too."""
    margin = " " * max(0, min(int(str(width)), _WIDEST_INDENT))
    return "\n".join(margin + one if one else one for one in str(value).split("\n"))


def _weblink(value: object) -> str:
    text = str(value)
    return text if text.lower().startswith(("http://", "https://")) else ""


FILTERS: Mapping[str, Filter] = {
    "upper": Filter(lambda value: str(value).upper()),
    "lower": Filter(lambda value: str(value).lower()),
    "capitalize": Filter(lambda value: str(value).capitalize()),
    "title": Filter(lambda value: str(value).title()),
    "trim": Filter(lambda value: str(value).strip()),
    "truncate": Filter(_truncate, 0, 1),
    "indent": Filter(_indent, 0, 1),
    "length": Filter(len),
    "default": Filter(lambda value, otherwise: otherwise if value == "" else value, 1, 1),
    "weblink": Filter(_weblink),
}
"""By name. `default` gives its argument where a value is not known; `weblink` gives a text
only when it is the address of a web page."""
