"""Templates that an operator writes: a small part of Jinja's language, checked when saved.

What is not part of it (`tocsin.channels.language`) is refused. What is runs in Jinja's
sandbox all the same, on plain values: no object of ours is within its reach.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from traceback import walk_tb

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.channels.filter import FILTERS
from tocsin.channels.language import BadTemplate, Reading
from tocsin.channels.sample import BARE_ALARM, sample_alarm
from tocsin.channels.variables import OF_SEVERAL, SNA_VARIABLES, Told, Value
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.telling import Telling

__all__ = [
    "BadTemplate",
    "Known",
    "NotRendered",
    "Template",
    "check_template",
    "compiled",
    "compiled_html",
    "parsed",
]

LONGEST_TEMPLATE = 20_000
LONGEST_OUTPUT = 200_000
"""Characters; the rest is left out, and it is said so."""
_ONE_BRACE_WORD = re.compile(r"(?<!\{)\{\s*([a-z]+(?:_[a-z]+)+)\s*\}(?!\})")

# Not where the block says itself what is to become of the blanks around it.
_ONLY_BLOCKS = re.compile(
    r"^[ \t]*((?:\{%[^%{}\n]*%\}[ \t]*)*\{%[^%{}\n]*)(?<![-+])%\}[ \t]*\n", re.MULTILINE
)
_BETWEEN_BLOCKS = re.compile(r"%\}[ \t]+\{%")

Known = dict[str, Value]
"""Values of variables by name, shared by the templates of one message."""


class NotRendered(Exception):
    """A template failed on an alarm; `line` is where, if that is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=html, keep_trailing_newline=True)
    environment.globals.clear()
    environment.tests = {}
    environment.filters = {name: made.apply for name, made in FILTERS.items()}
    return environment


_TEXT = _environment(html=False)
_HTML = _environment(html=True)


def parsed(source: str, *, html: bool) -> nodes.Template:
    """The template's tree, nothing in it judged yet.

    Raises:
        BadTemplate: its syntax is wrong.
    """
    try:
        return (_HTML if html else _TEXT).parse(_ONLY_BLOCKS.sub(_without_line_end, source))
    except TemplateSyntaxError as error:
        raise BadTemplate(str(error.message), error.lineno) from None
    except (SyntaxError, RecursionError, MemoryError):
        raise BadTemplate("is nested too deeply") from None


class Template:
    """A compiled template. Lines that hold only a block, such as an ``{% if %}``, leave no line.

    `for_several`: whether it names what only a message that tells several alarms needs.

    Raises:
        BadTemplate: its syntax is wrong, or it has what is not available.
    """

    def __init__(self, source: str, *, html: bool = False) -> None:
        environment = _HTML if html else _TEXT
        try:
            tree = parsed(source, html=html)
            reading = Reading()
            tree = reading.visit(tree)
            code = environment.compile(tree)
        except (SyntaxError, RecursionError, MemoryError):
            raise BadTemplate("is nested too deeply") from None
        except TemplateError as error:
            raise BadTemplate(str(error)) from None
        self._needs = tuple(reading.needs.values())
        self.for_several = bool(OF_SEVERAL & set(reading.needs))
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
            raise NotRendered(f"{type(error).__name__}: {error}", self._line_of(error)) from error

    def _line_of(self, error: BaseException) -> int | None:
        lines = [
            self._compiled.get_corresponding_lineno(line)
            for frame, line in walk_tb(error.__traceback__)
            if frame.f_code is self._compiled.root_render_func.__code__
        ]
        return lines[-1] if lines else None


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


@lru_cache(maxsize=512)
def compiled_html(source: str) -> Template:
    """The same for HTML."""
    return Template(source, html=True)


def check_template(source: str, *, html: bool = False) -> None:
    """Refuse a template that would fail later.

    Raises:
        BadTemplate: says what is wrong and what can stand there.
    """
    if len(source) > LONGEST_TEMPLATE:
        raise BadTemplate(f"has {len(source):,} characters; at most {LONGEST_TEMPLATE:,} are taken")
    template = compiled_html(source) if html else compiled(source)
    both = [Telling(one, TransitionKind.ACTIVE) for one in (sample_alarm(0), BARE_ALARM)]
    for one in both:
        try:
            template.render(Told(one.alarm, one.transition))
            template.render(Told(one.alarm, one.transition, "", len(both), both))
        except NotRendered as error:
            reason = f"fails on an alarm where little is known: {error}"
            raise BadTemplate(reason, error.line) from None
    for word in _ONE_BRACE_WORD.findall(source):
        near = difflib.get_close_matches(word, SNA_VARIABLES, 1)
        if near:
            raise BadTemplate(f"{{{word}}} is not known; did you mean {{{near[0]}}}")
