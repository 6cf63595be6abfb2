"""Finds the command, runs it, and turns what it raises into words and an exit status."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import tocsin
from tocsin.base.home import Home
from tocsin.cli import trouble
from tocsin.cli.output import Output

# name → (module, one line). A module is imported only when its command is run:
# `tocsin certs collect` must not wait for a web framework.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "up": ("up", "run all roles of a manager on this machine"),
    "web": ("roles", "run the web role: pages and API"),
    "responder": ("roles", "run the responder role: decides and delivers"),
    "intake": ("roles", "run the intake role: follows the sources of this machine"),
    "demo": ("demo", "see it work: a throw-away manager, a stream of alarms, mails that arrive"),
    "rehearse": ("rehearse", "run the rehearsal relay, a stand-in for the SES SMTP endpoint"),
    "config": (
        "config",
        "the configuration document: show, get, set, apply, diff, history, revert",
    ),
    "trust": ("trust", "the trust store: list, add, remove, export, check"),
    "ciphers": ("ciphers", "the cipher policy: show, presets, set, preset, restore"),
    "doctor": ("doctor", "walk the mail path; the true cause of what fails, and its fix"),
    "certs": ("certs", "collect the certificate chain that a server presents"),
    "explain": ("explain", "what a log line of Tocsin or of any mail program means"),
    "action": ("action", "response actions: list, test, preview"),
    "rule": ("rule", "response rules: list, check"),
    "alarm": ("alarm", "alarms: send, list, acknowledge, close"),
    "why": ("why", "for one alarm: which rules matched, and what became of each delivery"),
    "deliveries": ("delivery", "the outbox"),
    "delivery": ("delivery", "deliveries: show, alarms, retry, hold, release, cancel"),
    "relay": ("relay", "the relays that mail goes to: list, try"),
    "arrival": ("arrival", "whether mail that the relay accepts arrives in a mailbox"),
    "message": ("message", "a received message: what its headers prove"),
    "ses": ("ses", "Amazon SES: SMTP password, endpoints, feedback"),
    "user": ("user", "people who sign in: add, list, remove, reset"),
    "token": ("token", "API tokens: add, list, remove"),
}


def run(arguments: Sequence[str]) -> int:
    """Run one command line; gives the exit status (0, 1, 2 or 3, as the manual says)."""
    _prepare_streams()
    output = Output(as_json=False)
    status = 0
    try:
        parsed = _parse([_text(one) for one in arguments])
        if isinstance(parsed, int):
            status = parsed
        else:
            output.as_json = getattr(parsed, "json", False)
            status = int(parsed.run(parsed, Home.of_environment(), output))
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()  # whoever read it has seen enough
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 -- the edge: everything becomes words here
        status = _report(error, output)
    return status


def _parse(arguments: Sequence[str]) -> argparse.Namespace | int:
    """What the command line says; the exit status where the parser has said all itself."""
    try:
        parsed = make_parser(arguments).parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    if getattr(parsed, "home", None) is not None:
        os.environ["TOCSIN_HOME"] = str(Path(parsed.home).expanduser().resolve())
    return parsed


def _text(argument: str) -> str:
    """The argument as the UTF-8 that it most likely is, whatever the locale says."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument


def _prepare_streams() -> None:
    """A terminal without some character, or a closed stream, is no reason to fail."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 -- it stays open to the end
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _report(error: Exception, output: Output) -> int:
    try:
        status = trouble.report(error, output)
        sys.stdout.flush()
    except OSError:  # standard output takes nothing: a full disk, say
        _drop_output()
        return trouble.MISSING
    return status


def _drop_output() -> None:
    """Nothing more can be written; the interpreter would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def make_parser(arguments: Sequence[str] = (), *, whole: bool = False) -> argparse.ArgumentParser:
    """The parser; only the command that `arguments` name is filled in, unless `whole`."""
    parser = argparse.ArgumentParser(
        prog="tocsin",
        description="A self-hosted network-security manager that proves its alarms arrive.",
        epilog="Exit status: 0 it is so or it worked; 1 it was established that it is not so; "
        "2 wrong usage or bad input, nothing changed; 3 something local is missing.",
    )
    parser.add_argument("--version", action="version", version=f"tocsin {tocsin.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    named = next((one for one in arguments if one in COMMANDS), None)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary + ".")
        if whole or name == named:
            importlib.import_module(f"tocsin.cli.{module}").add_arguments(command, name)
    return parser


def common(parser: argparse.ArgumentParser, *, answers: bool = True, home: bool = True) -> None:
    """The options that every command takes."""
    if home:
        parser.add_argument(
            "--home",
            metavar="DIR",
            help="folder of the manager (default: $TOCSIN_HOME, else ~/.local/share/tocsin)",
        )
    if answers:
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )
