"""Templates that an operator writes: sandboxed, checked when saved, compiled once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.channels.variables import ALARM_FIELDS, HOST_FIELDS, VARIABLES, take_over

LONGEST_TEMPLATE = 64 * 1024
LONGEST_OUTPUT = 512 * 1024
"""Characters; a template that makes more is stopped."""

# A loop over anything but what an alarm holds, and arithmetic that could build huge
# values, have no place in a message.
_FORBIDDEN_NODES = (nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends, nodes.Macro)
_FORBIDDEN_OPERATORS = (nodes.Mul, nodes.Pow)
_FORBIDDEN_CALLS = frozenset({"range", "lipsum", "cycler", "joiner", "namespace"})


class BadTemplate(ValueError):
    """A template that cannot be used; the message says why and what can stand there."""


class NotRendered(Exception):
    """A template failed on an alarm."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """No access to anything of Python; nothing can be changed; no global functions."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Formatting with % may only use short fields; * and ** do not come this far."""
        if operator == "%" and not isinstance(left, str):
            return super().call_binop(context, operator, left, right)
        raise NotRendered(f"the operator {operator} is not available on text")


def _environment(*, html: bool) -> _Sandbox:
    environment = _Sandbox(
        undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True
    )
    environment.globals.clear()
    # Filters that can build arbitrarily long text from short.
    for name in ("center", "indent", "wordwrap", "format", "xmlattr", "attr", "map", "select"):
        environment.filters.pop(name, None)
    return environment


_TEXT = _environment(html=False)
_HTML = _environment(html=True)


class Template:
    """A compiled template."""

    def __init__(self, source: str, *, html: bool = False) -> None:
        self._compiled = (_HTML if html else _TEXT).from_string(source)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text for one alarm.

        Raises:
            NotRendered: it failed on these values, or made too much.
        """
        try:
            pieces: list[str] = []
            length = 0
            for piece in self._compiled.generate(values):
                pieces.append(piece)
                length += len(piece)
                if length > LONGEST_OUTPUT:
                    raise NotRendered(f"it makes more than {LONGEST_OUTPUT} characters")
            return "".join(pieces)
        except NotRendered:
            raise
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise NotRendered(str(error)) from error


@lru_cache(maxsize=256)
def compiled(source: str, *, html: bool = False) -> Template:
    """The template of that text, compiled once."""
    return Template(take_over(source), html=html)


def check_template(source: str) -> None:
    """Refuse a template that would fail later.

    Raises:
        BadTemplate: its syntax is wrong, or it names what does not exist.
    """
    if len(source) > LONGEST_TEMPLATE:
        raise BadTemplate(f"is longer than {LONGEST_TEMPLATE} characters")
    try:
        tree = _TEXT.parse(take_over(source))
        _TEXT.compile(tree)
    except TemplateSyntaxError as error:
        raise BadTemplate(f"line {error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise BadTemplate(str(error)) from None
    for node in tree.find_all(_FORBIDDEN_NODES + _FORBIDDEN_OPERATORS):
        raise BadTemplate(f"line {node.lineno}: {type(node).__name__.lower()} is not available")
    _check_names(tree)


def _check_names(tree: nodes.Template) -> None:
    for name in sorted(meta.find_undeclared_variables(tree)):
        if name in _FORBIDDEN_CALLS:
            raise BadTemplate(f"{name}() is not available")
        if name not in VARIABLES:
            raise BadTemplate(_unknown(name, VARIABLES))
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _path(node)
        if path is None or path[0] != "alarm":
            continue
        if len(path) > 1 and path[1] not in ALARM_FIELDS:
            raise BadTemplate(_unknown(f"alarm.{path[1]}", [f"alarm.{f}" for f in ALARM_FIELDS]))
        if len(path) > 2 and path[1].endswith("_host") and path[2] not in HOST_FIELDS:  # noqa: PLR2004
            known = [f"alarm.{path[1]}.{field}" for field in HOST_FIELDS]
            raise BadTemplate(_unknown(".".join(path[:3]), known))


def _path(node: nodes.Node) -> list[str] | None:
    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr):
        inner = _path(node.node)
        return None if inner is None else [*inner, node.attr]
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        inner = _path(node.node)
        return None if inner is None else [*inner, str(node.arg.value)]
    return None


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"; did you mean {near[0]}" if near else ""
    return f"{name} is not known{hint}; known are {', '.join(known)}"
