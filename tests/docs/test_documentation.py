"""What there is has its words in the documentation."""

from __future__ import annotations

import argparse
import re
from functools import cache
from pathlib import Path

import pytest

from tocsin.central.configuration import Ciphers, Configuration, Outbox, RuleEntry
from tocsin.cli.main import COMMANDS, make_parser
from tocsin.engine.kinds import ACTIONS, SOURCES
from tocsin.intake.http.alarm import AlarmFields
from tocsin.rules.condition import ATTRIBUTES, FIELDS
from tocsin.trust.policy import PRESETS

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "tocsin"


@cache
def page(name: str) -> str:
    """A page's text."""
    return (DOCS / name).read_text()


def named(text: str) -> set[str]:
    """Everything that stands in code marks, taken apart at blanks and commas."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.split(r"[ ,]+", code)}


def documented(names: set[str], where: str) -> None:
    """Fail with the names that the page has not."""
    assert names - named(page(where)) == set(), where


def test_parts_of_the_document():
    """Each part of the configuration document has a heading of its own."""
    headings = set(re.findall(r"^## (\w+)$", page("reference/configuration.md"), re.MULTILINE))
    assert set(Configuration.model_fields) <= headings


def test_fields_of_the_document():
    """Each field of relays, the outbox, the trust store and the ciphers is explained."""
    from tocsin.central.relay import FURTHER_FIELDS as RELAY

    wanted = {*RELAY, *Outbox.model_fields, "name", "file", "pem"}
    wanted |= {*Ciphers.model_fields, *PRESETS}
    documented(wanted, "reference/configuration.md")


def test_fields_of_a_rule():
    """Each field of a rule and each thing that a condition can ask about is explained."""
    documented({*RuleEntry.model_fields, *FIELDS, ATTRIBUTES}, "reference/rules.md")


@pytest.mark.parametrize("kinds", [ACTIONS, SOURCES], ids=["actions", "sources"])
def test_each_kind_has_its_page(kinds):
    """A kind of source or action has a page that explains each of its settings."""
    assert kinds
    for name, kind in kinds.items():
        where = f"reference/{name}.md"
        assert (DOCS / where).exists(), f"a kind without a page: {name}"
        fields = kind.settings.model_fields
        documented({field.alias or name_ for name_, field in fields.items()}, where)
        assert f"({name}.md)" in page("reference/configuration.md")


def test_fields_of_an_alarm():
    """Each field that can be reported is explained."""
    documented(set(AlarmFields.model_fields), "reference/alarm.md")


def test_environment():
    """Each variable that the program reads for an operator is explained."""
    # These are set by the program for its own roles.
    internal = {"TOCSIN_HTTP", "TOCSIN_REHEARSAL", "TOCSIN_SUPERVISOR"}
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        found |= set(re.findall(r"TOCSIN_[A-Z_]+[A-Z]", path.read_text()))
    documented(found - internal, "reference/operation.md")


def test_metrics():
    """Each metric is explained."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if "web" not in path.parts:
            found |= set(re.findall(r"\btocsin_[a-z_]+[a-z]", path.read_text()))
    told = {re.sub(r"\{.*", "", one) for one in named(page("reference/operation.md"))}
    bare = {one.removesuffix("_total") for one in told}
    others = {"tocsin_session", "tocsin_csrf"}
    assert {one.removesuffix("_total") for one in found} - bare - others == set()


def test_commands_named_in_the_documentation_exist():
    """No page shows a command or an option of ours that is not there."""
    parser = make_parser(whole=True)
    wrong = []
    for path in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        for line in commands_of(path.read_text()):
            reason = unknown(parser, line)
            if reason:
                wrong.append(f"{path.name}: {' '.join(line)}: {reason}")
    assert wrong == []


def commands_of(text: str) -> list[list[str]]:
    """Command lines of ours in a page, as words."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`(tocsin [^`\n]+)`", text)
    found = []
    for line in lines:
        # A user, a folder and a database may have the program's name too.
        match = re.search(r"(?:^|[|]\s*|TOCSIN_HOME=\S+ )tocsin ([a-z].*)", line)
        if match:
            words = re.split(r"[|<>&#]", match[1])[0].split()
            found.append(words)
    return found


def unknown(parser: argparse.ArgumentParser, words: list[str]) -> str:
    """What in a command line is not there; empty when all is."""
    for word in words:
        inner = next(
            (one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None
        )
        if word.startswith("--"):
            if word.split("=")[0] not in parser._option_string_actions:
                return f"no option {word}"
        elif inner is not None:
            if word not in inner.choices:
                return "" if word.isupper() else f"no command {word}"
            parser = inner.choices[word]
    return ""


def test_a_wrong_command_is_noticed():
    """The rule itself finds a command and an option that do not exist."""
    parser = make_parser(whole=True)
    assert unknown(parser, ["config", "apply", "FILE", "--dry-run"]) == ""
    assert unknown(parser, ["config", "applied"]) != ""
    assert unknown(parser, ["up", "--fast"]) != ""
    assert "up" in COMMANDS
