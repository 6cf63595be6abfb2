"""``tocsin explain``: from the command line and from standard input."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs" / "explain.md"
NOT_VERIFIED = (
    "554 Message rejected: Email address is not verified. The following identities failed the "
    "check in region US-EAST-1: alarm@example.org"
)


def test_a_known_line(command):
    """Exit status 0; title, code, cause with the facts, and steps."""
    done = command("explain", NOT_VERIFIED)
    assert "[ses.identity-not-verified]" in done.out
    assert "alarm@example.org is not a verified identity in us-east-1" in done.out
    assert "  - " in done.out
    assert done.err == ""


def test_the_document(command):
    """The shape that scripts rely on."""
    answer = command.answer("explain", NOT_VERIFIED)
    assert answer["known"] is True
    (finding,) = answer["findings"]
    assert finding["code"] == "ses.identity-not-verified"
    assert {"title", "cause", "fix", "facts"} <= set(finding)
    assert isinstance(finding["fix"], list)
    assert finding["facts"]["region"] == "us-east-1"
    assert finding["facts"]["identities"] == "alarm@example.org"


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input(command, arguments):
    """Several lines, with and without the dash; octets that are no UTF-8 do not matter."""
    given = b"\xff\xfe noise\n535 Authentication Credentials Invalid\n"
    answer = command.answer("explain", *arguments, given=given)
    assert [one["code"] for one in answer["findings"]] == ["auth.rejected"]


def test_words_without_quotation_marks(command):
    """Several arguments are one text."""
    answer = command.answer("explain", "535", "Authentication", "Credentials", "Invalid")
    assert [one["code"] for one in answer["findings"]] == ["auth.rejected"]


def test_several_findings_are_told_apart(command):
    """One after the other, in the order of the text."""
    given = f"535 Authentication Credentials Invalid\n{NOT_VERIFIED}\n"
    out = command("explain", "-", given=given).out
    assert out.index("[auth.rejected]") < out.index("[ses.identity-not-verified]")


def test_an_unknown_line(command):
    """Exit status 1, and what to collect."""
    answer = command.answer("explain", "all is quiet", status=1)
    assert answer["known"] is False
    assert [one["code"] for one in answer["findings"]] == ["unknown"]
    assert "unknown" in command("explain", "all is quiet", status=1).out


@pytest.mark.parametrize("arguments", [(), ("-",), ("",), ("  ",)])
def test_nothing_given(command, arguments):
    """Exit status 2 and words that help; with --json one document too."""
    done = command("explain", *arguments, given=" \n", status=2)
    assert "nothing was given" in done.err
    assert command("explain", *arguments, "--json", given="", status=2).json["ok"] is False


def test_no_secret_is_printed(command):
    """What looks like a password in a line is not repeated."""
    hidden = "AGFsYXJtAHMzY3JldHMzY3JldA=="
    known = f"AUTH PLAIN {hidden}\n535 Authentication Credentials Invalid password={hidden}"
    unknown = f"AUTH PLAIN {hidden}\n550 in words of its own: password={hidden}"
    for options in ((), ("--json",)):
        for given, status in ((known, 0), (unknown, 1)):
            done = command("explain", "-", *options, given=given, status=status)
            assert hidden not in done.out + done.err


def test_nothing_that_steers_a_terminal_is_printed(command):
    """Escapes in a line stay in it."""
    out = command("explain", "535 Authentication \x1b]0;x\x07 failed \x1b[2J 5.7.8").out
    assert "\x1b" not in out
    assert "\x07" not in out


def examples() -> list[tuple[str, str]]:
    """The examples of the documentation: what is typed, and what comes."""
    text = DOCS.read_text(encoding="utf-8")
    return re.findall(r"```sh\n(tocsin explain .*?)\n```\n\n```text\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("example", examples(), ids=lambda one: one[0][:40])
def test_an_example_of_the_documentation(command, example):
    """What the page shows is what comes."""
    typed, expected = example
    words = shlex.split(typed)[1:]
    assert command(*words, status=None).out == expected


def test_the_documentation_has_examples():
    """Of a known line, of a doubtful one and of an unknown one."""
    assert len(examples()) >= 3
