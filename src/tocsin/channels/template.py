"""Templates that an operator writes: a small part of Jinja's language, checked when saved.

What can stand in a template is listed here (`_Reading`), and everything else is refused:
there are no assignments, macros, calls, arithmetic or endless loops, so that whatever an
alarm holds, rendering ends soon and makes a text of bounded size. What is left runs in
Jinja's sandbox all the same, on plain values: no object of ours is within its reach.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NoReturn

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.channels.filter import FILTERS
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.channels.variables import (
    ALARM_VARIABLES,
    SNA_VARIABLES,
    VARIABLES,
    Accessor,
    Told,
    Value,
    attribute,
)
from tocsin.domain.alarm import TransitionKind

LONGEST_TEMPLATE = 20_000
LONGEST_OUTPUT = 200_000
"""Characters; the rest is left out, and it is said so."""
MOST_IN_LOOP = 100
"""Parts of the language that may stand in one loop."""

ATTRIBUTES = "alarm.attributes"
_COMPARISONS = frozenset({"eq", "ne", "in", "notin", "lt", "lteq", "gt", "gteq"})
_LOOP_FIELDS = frozenset({"index", "index0", "first", "last", "length"})
_ONE_BRACE_WORD = re.compile(r"(?<!\{)\{\s*([a-z]+(?:_[a-z]+)+)\s*\}(?!\})")

# Not where the block says itself what is to become of the blanks around it.
_ONLY_BLOCKS = re.compile(
    r"^[ \t]*((?:\{%[^%{}\n]*%\}[ \t]*)*\{%[^%{}\n]*)(?<![-+])%\}[ \t]*\n", re.MULTILINE
)
_BETWEEN_BLOCKS = re.compile(r"%\}[ \t]+\{%")

Known = dict[str, Value]
"""Values of variables by name, shared by the templates of one message."""


class BadTemplate(ValueError):
    """A template that cannot be used; the message says why and what can stand there."""


class NotRendered(Exception):
    """A template failed on an alarm."""


def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=html, keep_trailing_newline=True)
    environment.globals.clear()
    environment.tests = {}
    environment.filters = {name: made.apply for name, made in FILTERS.items()}
    return environment


_TEXT = _environment(html=False)
_HTML = _environment(html=True)


class Template:
    """A compiled template. Lines that hold only a block, such as an ``{% if %}``, leave no line.

    Raises:
        BadTemplate: its syntax is wrong, or it has what is not available.
    """

    def __init__(self, source: str, *, html: bool = False) -> None:
        environment = _HTML if html else _TEXT
        try:
            tree = environment.parse(_ONLY_BLOCKS.sub(_without_line_end, source))
            reading = _Reading()
            tree = reading.visit(tree)
            code = environment.compile(tree)
        except TemplateSyntaxError as error:
            raise BadTemplate(f"line {error.lineno}: {error.message}") from None
        except (TemplateError, SyntaxError, RecursionError) as error:
            raise BadTemplate(str(error)) from None
        self._needs = tuple(reading.needs.values())
        self._compiled = environment.template_class.from_code(environment, code, {})

    def render(self, told: Told, known: Known | None = None) -> str:
        """The text for one alarm; values already worked out are taken from `known`.

        Raises:
            NotRendered: it failed on these values.
        """
        known = {} if known is None else known
        values: dict[str, Value] = {}
        for alias, name, accessor in self._needs:
            value = known.get(name)
            if value is None:
                value = known[name] = accessor(told)
            values[alias] = value
        context = self._compiled.new_context(values, shared=True)
        try:
            return _joined(self._compiled.root_render_func(context))
        except Exception as error:
            # The template is an operator's: whatever it runs into is its own failure.
            raise NotRendered(f"{type(error).__name__}: {error}") from error


def _without_line_end(match: re.Match[str]) -> str:
    # The line end goes into the block, so that lines keep their numbers.
    return f"{_BETWEEN_BLOCKS.sub('%}{%', match[1])}\n%}}"


def _joined(pieces: Iterator[str]) -> str:
    """The pieces as one text, or as much of it as is taken."""
    made = ""
    while some := list(islice(pieces, 200)):
        made += "".join(some)
        if len(made) > LONGEST_OUTPUT:
            return f"{made[:LONGEST_OUTPUT]}\n[The rest is left out.]\n"
    return made


@lru_cache(maxsize=512)
def compiled(source: str) -> Template:
    """The text template of that source, compiled once.

    Raises:
        BadTemplate: as `Template`.
    """
    return Template(source)


def check_template(source: str) -> None:
    """Refuse a template that would fail later.

    Raises:
        BadTemplate: says what is wrong and what can stand there.
    """
    if len(source) > LONGEST_TEMPLATE:
        raise BadTemplate(f"has {len(source):,} characters; at most {LONGEST_TEMPLATE:,} are taken")
    template = compiled(source)
    for alarm in (sample_alarm(0), BARE_ALARM):
        try:
            template.render(Told(alarm, TransitionKind.ACTIVE))
        except NotRendered as error:
            raise BadTemplate(f"fails on an alarm where little is known: {error}") from None
    for word in _ONE_BRACE_WORD.findall(source):
        near = difflib.get_close_matches(word, SNA_VARIABLES, 1)
        if near:
            raise BadTemplate(f"{{{word}}} is not known; did you mean {{{near[0]}}}")


class _Reading:
    """Goes through a template's tree: checks each node, gives variables plain names.

    ``alarm.source_host.ip`` becomes one variable, so that rendering works out only what
    the template says, and reaches into nothing.
    """

    def __init__(self) -> None:
        self.needs: dict[str, tuple[str, str, Accessor]] = {}
        self._own: list[str] = []  # loop variables in scope
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
        if node.name in self._own:
            return node
        return self._variable(node, node.name)

    def _getattr(self, node: nodes.Getattr) -> nodes.Node:
        path = _path(node)
        if path is None:
            self._refuse(node, "only variables have fields, and they are written as alarm.type")
        if path[0] in self._own:
            if path[0] == "loop" and len(path) == 2 and path[1] in _LOOP_FIELDS:  # noqa: PLR2004
                return node
            self._refuse(node, f"{'.'.join(path)} is not known")
        return self._variable(node, ".".join(path))

    _getitem = _getattr

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
        if not isinstance(node.iter, nodes.Call) and _dotted(node.iter) != ATTRIBUTES:
            self._refuse(node, f"a loop goes over {ATTRIBUTES} or {ATTRIBUTES}.items()")
        node.iter = self.visit(node.iter)
        names = [one.name for one in node.target.find_all(nodes.Name)] or [
            getattr(node.target, "name", "")
        ]
        for name in names:
            if name in VARIABLES or name == "alarm" or "__" in name:
                self._refuse(node, f"{name} cannot be the variable of a loop")
        self._in_loop = 0
        self._own = [*names, "loop"]
        node.body = [self.visit(one) for one in node.body]
        node.test = self._visit_if(node.test)
        self._own = []
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
        raise BadTemplate(f"line {node.lineno}: {message}")


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


def _unknown(said: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}" if near else ""
    return f"{said} is not known{hint}; known are {', '.join(names)}"
