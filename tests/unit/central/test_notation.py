"""YAML, read strictly."""

from __future__ import annotations

import pytest

from tocsin.central.notation import parse
from tocsin.central.problem import Invalid


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "{}"])
def test_an_empty_document_changes_nothing(text: str) -> None:
    """A document that says nothing is one."""
    assert parse(text) == {}


def test_aliases_and_merges_are_followed() -> None:
    """What is said once may be meant twice; a field given again wins over a merged one."""
    text = """
actions:
  - &first {name: Day, kind: email, to: &soc [soc@example.com]}
  - {<<: *first, name: Night}
  - {name: Third, kind: email, to: *soc}
"""
    first, second, third = parse(text)["actions"]
    assert second == {"name": "Night", "kind": "email", "to": ["soc@example.com"]}
    assert third["to"] == first["to"]


def test_json_is_yaml() -> None:
    """A document written as JSON is read just so."""
    assert parse('{"rules": [{"name": "All", "when": {}}]}') == {
        "rules": [{"name": "All", "when": {}}]
    }


def test_deep_nesting_is_refused() -> None:
    """Ten thousand brackets end in words, not in a crash."""
    with pytest.raises(Invalid, match="is no YAML"):
        parse("[" * 10_000)


def test_control_characters_are_refused() -> None:
    """YAML has no NUL."""
    with pytest.raises(Invalid):
        parse("rules: []\0")
