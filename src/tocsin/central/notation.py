"""The notation of the document: YAML, read strictly."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from tocsin.central.configuration import PARTS
from tocsin.central.problem import Invalid, Problem

_MOST_VALUES = 1_000_000
"""Values of a document with its aliases followed: few lines can stand for billions."""

_MERGE = "tag:yaml.org,2002:merge"


def parse(text: str) -> dict[str, Any]:
    """YAML text into a document.

    Raises:
        Invalid: says in which line what is wrong.
    """
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 -- it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        raise Invalid([_problem(error)]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid([Problem("the document", f"is no YAML: {error}")]) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise Invalid([Problem("the document", "is no mapping", ", ".join(PARTS))])
    _check_size(document)
    return document


def _problem(error: yaml.MarkedYAMLError) -> Problem:
    mark, context = error.problem_mark, error.context_mark
    where = f"line {mark.line + 1}" if mark is not None else "the document"
    message = error.problem or "is no YAML"
    if mark is not None and context is not None and context.line != mark.line:
        message += f" ({error.context} that begins in line {context.line + 1})"
    return Problem(where, message)


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a name stands once: the second of two would silently win."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool):
            raise yaml.constructor.ConstructorError(
                None, None, "a name must be a text", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} stands twice here", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _check_size(document: dict[str, Any]) -> None:
    """Refuse a document that its aliases make endless or larger than anybody means."""
    waiting: list[object] = [document]
    count = 0
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list):
            continue
        waiting += value.values() if isinstance(value, dict) else value
        count += len(value)
        if count > _MOST_VALUES:
            raise Invalid(
                [Problem("the document", f"has more than {_MOST_VALUES} values with its aliases")]
            )
