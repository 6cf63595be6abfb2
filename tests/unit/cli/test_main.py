"""The command line itself: help, wrong use, and what a failure becomes."""

from __future__ import annotations

import argparse
import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.cli import main, trouble
from tocsin.cli.main import COMMANDS, make_parser
from tocsin.cli.output import Output, printable, table
from tocsin.engine.errors import Conflict, NotFound, Refused, RoleMissing
from tocsin.faults.fault import Finding


def parsers(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Every command and subcommand with its parser."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from parsers(inner, (*words, name))


ALL = dict(parsers(make_parser(whole=True)))
LEAVES = [words for words, parser in ALL.items() if not parser._subparsers]


@pytest.mark.parametrize("words", ALL, ids=lambda words: " ".join(words) or "tocsin")
def test_every_command_explains_itself(words, capsys):
    """``--help`` of each command exits 0, on standard output, and names each of its options."""
    assert main.run([*words, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: tocsin")
    assert err == ""
    for action in ALL[words]._actions:
        for option in action.option_strings:
            assert option in out


@pytest.mark.parametrize("words", ALL, ids=lambda words: " ".join(words) or "tocsin")
def test_no_option_is_left_unexplained(words):
    """Options have words unless their choices say all; subcommands always."""
    for action in ALL[words]._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {one.dest for one in action._choices_actions if one.help}
            assert told == set(action.choices)
        elif (
            action.option_strings
            and not action.choices
            and action.metavar
            not in {
                "NAME",
                "CATEGORY",
            }
        ):
            assert action.help, action.option_strings


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_takes_home_and_json(words):
    """``--home`` everywhere but where a home is made; ``--json`` where something is answered."""
    options = {option for action in ALL[words]._actions for option in action.option_strings}
    if words[0] != "demo":
        assert "--home" in options
    if words[0] not in {"up", "web", "responder", "intake"}:
        assert "--json" in options


def test_the_commands_of_the_manual_are_there():
    """The names that scripts and runbooks call."""
    names = {" ".join(words) for words in ALL}
    assert {
        "up", "web", "responder", "intake", "demo", "certs collect", "trust list", "trust add",
        "trust remove", "trust export", "trust check", "ciphers show", "ciphers presets",
        "ciphers set", "ciphers preset", "ciphers restore", "action list", "action test",
        "action preview", "rule list", "rule check", "alarm send", "alarm list", "why",
        "deliveries", "delivery show", "delivery retry", "delivery cancel", "ses password",
        "rehearse", "config show", "config get", "config set", "config diff", "config history",
        "config revert", "config apply", "user add", "user list", "user remove", "token add",
        "token list", "token remove",
    } <= names  # fmt: skip
    assert {words[0] for words in ALL if words} == set(COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["config"],
        ["config", "nothing"],
        ["config", "show", "more"],
        ["config", "show", "--nothing"],
        ["deliveries", "--state", "sent"],
        ["deliveries", "--limit", "0"],
        ["deliveries", "--limit", "-1"],
        ["alarm", "list", "--limit", "ten"],
        ["alarm", "list", "--severity", "high"],
        ["config", "history", "--limit", "0"],
        ["config", "revert", "one"],
        ["user", "add", "x"],
        ["user", "add", "x", "--role", "king"],
        ["token", "add", "x", "--role", "viewer", "--days", "many"],
        ["ses", "password"],
        ["certs", "collect"],
        ["certs", "collect", "localhost", "--starttls", "--smtps"],
        ["certs", "collect", "localhost", "--timeout", "soon"],
        ["certs", "collect", "localhost", "--timeout", "nan"],
        ["certs", "collect", "localhost", "--timeout", "-1"],
        ["certs", "collect", "localhost", "--timeout", "inf"],
        ["trust", "check", "--timeout", "0"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_2_and_said_on_standard_error(arguments, capsys):
    """Exit status 2, the usage on standard error, nothing on standard output."""
    assert main.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: tocsin")


class Mishap(Exception):
    """Something that nobody expected."""


@pytest.mark.parametrize(
    ("error", "status", "code", "words"),
    [
        (NotFound("alarm", "7"), 2, "input.invalid", "there is no alarm 7"),
        (Conflict("it is so already"), 2, "input.invalid", "it is so already"),
        (trouble.WrongUse("say it otherwise"), 2, "input.invalid", "say it otherwise"),
        (trouble.Missing("not there"), 3, "local.missing", "not there"),
        (RoleMissing("responder"), 3, "local.missing", "tocsin up"),
        (Refused(Finding("certificate.private-key")), 2, "certificate.private-key", "private key"),
        (Refused(Finding("smtp.not-configured")), 3, "smtp.not-configured", "SMTP"),
        (FileNotFoundError(2, "No such file", "x.pem"), 2, "input.invalid", "x.pem: No such file"),
        (NotADirectoryError(20, "Not a directory", b"a/b"), 2, "input.invalid", "a/b"),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "local.missing", "No space left"),
        (FileExistsError("all names are taken"), 3, "local.missing", "all names are taken"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_command_raises_becomes_words(error, status, code, words, capsys):
    """The exit status of the manual; words on standard error, or one JSON document alone."""
    assert trouble.report(error, Output(as_json=False)) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert trouble.report(error, Output(as_json=True)) == status
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert err == ""
    assert document["ok"] is False
    assert document["code"] == code
    assert words in " ".join([document["title"], document.get("cause", "")])


def test_errors_of_the_store_and_of_certificates_are_known():
    """Whatever is derived from a known kind is told as that kind."""
    from django.db import InterfaceError, OperationalError

    from tocsin.trust.certificate import NotCertificates, PrivateKeyFound

    for error, status, code in [
        (OperationalError("database is locked"), 3, "local.missing"),
        (InterfaceError("connection already closed"), 3, "local.missing"),
        (NotCertificates("It is a picture."), 2, "certificate.not-a-certificate"),
        (PrivateKeyFound("a key"), 2, "certificate.private-key"),
    ]:
        known = trouble._known(error)
        assert known is not None
        assert (known[0], known[1]["code"]) == (status, code)


def test_the_unexpected_gets_a_number_and_no_stack_trace(monkeypatch, capsys, tmp_path):
    """A command without a home writes the trace to a file of its own and names it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(*_):
        raise Mishap("inside")

    monkeypatch.setattr("tocsin.cli.ses._password", fail)
    assert main.run(["ses", "password", "--region", "eu-west-1", "--json"]) == 3
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert err == ""
    assert document["code"] == "unknown"
    (log,) = tmp_path.iterdir()
    assert str(log) in document["title"]
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Mishap: inside" in log.read_text()
    assert "Traceback" not in out
    assert "inside" not in out


def test_a_home_that_cannot_be_one_is_missing(command, tmp_path):
    """A file in the place of the folder: exit status 3, and the folder is named."""
    (tmp_path / "file").write_text("")
    done = command("user", "list", "--home", str(tmp_path / "file" / "home"), status=3)
    assert str(tmp_path / "file" / "home") in done.err


def test_interrupted_by_the_keyboard(monkeypatch):
    """Ctrl-C ends with 130, as shells have it."""

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tocsin.cli.ses._password", stop)
    assert main.run(["ses", "password", "--region", "eu-west-1"]) == 130


def test_nothing_in_a_table_steers_the_terminal():
    """Control, direction and escape characters are shown, and columns stay columns."""
    lines = table(["A", "B"], [["\x1b[31mred\u202e", "x"], ["a\nb", ""]])
    assert lines == ["A                  B", "\\x1b[31mred\\x202e  x", "a\\x0ab"]
    assert printable("tab\there") == "tab\\x09here"


def test_home_of_the_command_line_goes_before_the_environment(command, tmp_path: Path):
    """``--home`` names the folder, relative to where the command is run."""
    command("user", "list", "--home", "other")
    assert (tmp_path / "other" / "logs").is_dir()
    assert not (tmp_path / "home" / "logs").exists()
