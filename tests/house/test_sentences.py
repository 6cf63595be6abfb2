"""Each test says in a sentence what it proves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The test functions of a module, those in classes too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            yield node


def is_sentence(text: str | None) -> bool:
    """Whether its first paragraph has three words at least and ends like a sentence."""
    first = (text or "").strip().partition("\n\n")[0].strip()
    return len(first.split()) >= 3 and first[-1] in ".?"


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: str(path.relative_to(TESTS))
)
def test_every_test_says_what_it_proves(path: Path):
    """A test's docstring is a sentence of three words at least."""
    tree = ast.parse(path.read_text())
    dumb = [one.name for one in functions(tree) if not is_sentence(ast.get_docstring(one))]
    assert dumb == []


def test_a_missing_sentence_is_noticed():
    """The rule itself tells sentences from what is none."""
    assert is_sentence("A lost nudge costs a second.")
    assert not is_sentence(None)
    assert not is_sentence("test it")
    assert not is_sentence("Sends, waits and looks")
