"""What the page about the setup assistant counts and lists is what there is."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tocsin.cli.main import make_parser
from tocsin.ses.iam import POLICY_NAME

PAGE = (Path(__file__).parent.parent.parent / "docs" / "ses-setup.md").read_text()
MOST_FIELDS = 6


def test_the_steps_by_hand_are_counted():
    """The numbers run without a gap, and the sum that is told is theirs: more than 40."""
    numbers = [int(one) for one in re.findall(r"^\| (\d+) \| .+ \| .+ \|$", PAGE, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 40
    assert f"These are {len(numbers)} steps" in PAGE


def test_the_fields_are_counted():
    """Five, and a sixth for a stand-in; what the first sign-in asks for is said beside it."""
    part = PAGE.partition("## The fields")[2].partition("\n## ")[0]
    fields = re.findall(r"^(\d)\. ", part, re.MULTILINE)
    assert fields == [str(one) for one in range(1, MOST_FIELDS)]
    assert "is a sixth" in part
    assert "four fields more" in part


def test_every_option_is_explained():
    """Those of the command, and the name of the policy that it makes."""

    def below(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
        """The parser of one of its commands."""
        actions = (one for one in parser._actions if isinstance(one.choices, dict))
        found: argparse.ArgumentParser = next(one.choices[name] for one in actions)
        return found

    setup = below(below(make_parser(["ses"]), "ses"), "setup")
    options = {word for one in setup._actions for word in one.option_strings if word[:2] == "--"}
    missing = {one for one in options - {"--help", "--home", "--json"} if f"`{one}" not in PAGE}
    assert missing == set()
    assert f"`{POLICY_NAME}`" in PAGE
