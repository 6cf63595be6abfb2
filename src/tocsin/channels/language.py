"""The language of templates: what can stand in one, and what each name in it means.

There are no assignments, macros, calls, arithmetic or loops but over an alarm's
attributes and over the alarms that a message tells, so that whatever these hold,
rendering ends soon and makes a text of bounded size.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from jinja2 import nodes

from tocsin.channels.filter import FILTERS
from tocsin.channels.variables import (
    ALARM_VARIABLES,
    ROW_VARIABLES,
    SNA_VARIABLES,
    VARIABLES,
    Accessor,
    attribute,
)

ALARMS = "alarms"
ATTRIBUTES = "alarm.attributes"
MOST_IN_LOOP = 100
"""Parts of the language that may stand in one loop."""

_COMPARISONS = frozenset({"eq", "ne", "in", "notin", "lt", "lteq", "gt", "gteq"})
_LOOP_FIELDS = frozenset({"index", "index0", "first", "last", "length"})


class BadTemplate(ValueError):
    """A template that cannot be used; the message says why and what can stand there.

    `line` is where, if that is known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.line = line


class Reading:
    """Goes through a template's tree: checks each node, gives variables plain names.

    ``alarm.source_host.ip`` becomes one variable, so that rendering works out only what
    the template says, and reaches into nothing.
    """

    def __init__(self) -> None:
        self.needs: dict[str, tuple[str, str, Accessor]] = {}
        self._own: list[str] = []  # loop variables in scope
        self._row = ""  # that of a loop over alarms
        self._in_loop = 0

    def visit(self, node: Any) -> Any:
        """The node as it is compiled.

        Raises:
            BadTemplate: it is not available.
        """
        if self._own:
            self._in_loop += 1
            if self._in_loop > MOST_IN_LOOP:
                self._refuse(node, "the loop holds too much")
        special = getattr(self, f"_{type(node).__name__.lower()}", None)
        if special is not None:
            return special(node)
        if not isinstance(node, _PLAIN):
            said = _SAID.get(type(node).__name__, type(node).__name__.lower())
            self._refuse(node, f"{said} is not available; what is: {_AVAILABLE}")
        return self._inner(node)

    def _inner(self, node: Any) -> Any:
        for field, value in node.iter_fields():
            if isinstance(value, list):
                setattr(node, field, [self._visit_if(one) for one in value])
            else:
                setattr(node, field, self._visit_if(value))
        return node

    def _visit_if(self, value: Any) -> Any:
        return self.visit(value) if isinstance(value, nodes.Node) else value

    def _name(self, node: nodes.Name) -> nodes.Node:
        if node.name == self._row:
            self._refuse(node, f"{node.name} is several values: {_listed_rows(node.name)}")
        if node.name in self._own:
            return node
        return self._variable(node, node.name)

    def _getattr(self, node: nodes.Getattr) -> nodes.Node:
        path = _path(node)
        if path is None:
            self._refuse(node, "only variables have fields, and they are written as alarm.type")
        if path[0] == self._row:
            return self._of_row(node, path[0], ".".join(path[1:]))
        if path[0] in self._own:
            if path[0] == "loop" and len(path) == 2 and path[1] in _LOOP_FIELDS:  # noqa: PLR2004
                return node
            self._refuse(node, f"{'.'.join(path)} is not known")
        return self._variable(node, ".".join(path))

    _getitem = _getattr

    def _of_row(self, node: nodes.Node, row: str, field: str) -> nodes.Node:
        if field not in ROW_VARIABLES and not field.startswith("attributes."):
            self._refuse(node, _unknown(f"{row}.{field}", field, ROW_VARIABLES))
        name = nodes.Name(row, "load", lineno=node.lineno)
        return nodes.Getitem(name, nodes.Const(field), "load", lineno=node.lineno)

    def _call(self, node: nodes.Call) -> nodes.Node:
        function = node.node
        plain = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if not plain or _dotted(function) != f"{ATTRIBUTES}.items":
            self._refuse(node, f"calls are not available, but for {ATTRIBUTES}.items()")
        items = nodes.Getattr(self._variable(node, ATTRIBUTES), "items", "load")
        return nodes.Call(items, [], [], None, None, lineno=node.lineno)

    def _filter(self, node: nodes.Filter) -> nodes.Node:
        if node.node is None or node.name not in FILTERS:
            self._refuse(node, _unknown(f"filter {node.name}", node.name, FILTERS))
        problem = FILTERS[node.name].problem(node)
        if problem:
            self._refuse(node, problem)
        return self._inner(node)  # type: ignore[no-any-return]

    def _compare(self, node: nodes.Compare) -> nodes.Node:
        if any(one.op not in _COMPARISONS for one in node.ops):
            self._refuse(node, "this comparison is not available")
        return self._inner(node)  # type: ignore[no-any-return]

    def _for(self, node: nodes.For) -> nodes.Node:
        if self._own or node.recursive:
            self._refuse(node, "loops in loops are not available")
        over = _dotted(node.iter)
        if not isinstance(node.iter, nodes.Call) and over not in (ATTRIBUTES, ALARMS):
            self._refuse(node, f"a loop goes over {ALARMS}, {ATTRIBUTES} or {ATTRIBUTES}.items()")
        node.iter = self.visit(node.iter)
        names = [one.name for one in node.target.find_all(nodes.Name)] or [
            getattr(node.target, "name", "")
        ]
        if over == ALARMS and not isinstance(node.target, nodes.Name):
            self._refuse(node, f"a loop over {ALARMS} has one variable")
        for name in names:
            if name in VARIABLES or name in ("alarm", "loop") or "__" in name:
                self._refuse(node, f"{name} cannot be the variable of a loop")
        self._in_loop = 0
        self._own = [*names, "loop"]
        self._row = names[0] if over == ALARMS else ""
        node.body = [self.visit(one) for one in node.body]
        node.test = self._visit_if(node.test)
        self._own, self._row = [], ""
        node.else_ = [self.visit(one) for one in node.else_]
        return node

    def _variable(self, node: nodes.Node, name: str) -> nodes.Node:
        accessor = VARIABLES.get(name)
        if accessor is None and name.startswith(f"{ATTRIBUTES}."):
            accessor = attribute(name.removeprefix(f"{ATTRIBUTES}."))
        if accessor is None:
            known = sorted(one for one in VARIABLES if one.startswith(f"{name}."))
            if known:
                self._refuse(node, f"{name} is several values: {', '.join(known)}")
            self._refuse(node, _unknown(name, name, [*ALARM_VARIABLES, *SNA_VARIABLES]))
        alias, _, _ = self.needs.setdefault(name, (f"known__{len(self.needs)}", name, accessor))
        return nodes.Name(alias, "load", lineno=node.lineno)

    def _refuse(self, node: nodes.Node, message: str) -> NoReturn:
        raise BadTemplate(message, node.lineno)


_PLAIN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Tuple,
    nodes.List,
    nodes.Keyword,
)
_AVAILABLE = "variables, if and for blocks, comparisons, and/or/not, ~ and filters"
_SAID: Mapping[str, str] = {
    "Add": "arithmetic",
    "Sub": "arithmetic",
    "Mul": "arithmetic",
    "Div": "arithmetic",
    "FloorDiv": "arithmetic",
    "Mod": "arithmetic",
    "Pow": "arithmetic",
    "Neg": "arithmetic",
    "Pos": "arithmetic",
    "Assign": "set",
    "AssignBlock": "set",
    "Test": "a test with 'is'",
    "FromImport": "import",
}


def _path(node: nodes.Node) -> list[str] | None:
    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr):
        step: object = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        step = node.arg.value
    else:
        return None
    inner = _path(node.node)
    return None if inner is None or not isinstance(step, str) else [*inner, step]


def _dotted(node: nodes.Node) -> str:
    return ".".join(_path(node) or ())


def _listed_rows(row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in sorted(ROW_VARIABLES))


def _unknown(said: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}" if near else ""
    return f"{said} is not known{hint}; known are {', '.join(names)}"
