"""``tocsin doctor``: walks a mail path, and says the true cause of what fails and its fix.

With HOST it needs no manager and loads no web framework; without, it walks to the relay that
is configured in the home.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.cli import remedy
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable
from tocsin.cli.server import (
    add_verification,
    anchors_of,
    configuration_of,
    policy_of,
    read_server,
)
from tocsin.cli.store import use_store
from tocsin.cli.trouble import Missing, WrongUse

if TYPE_CHECKING:
    from tocsin.doctor.errand import Errand
    from tocsin.doctor.remedy import RemedyKind
    from tocsin.doctor.report import Report
    from tocsin.doctor.step import Step
    from tocsin.engine.doctorerrand import Asked

_USUAL_PORT = {"starttls": 587, "smtps": 465, "none": 25}
_SMTPS_PORTS = frozenset({465, 2465})
_TIMEOUT_S = 60.0
_MARK = {True: "ok", False: "FAILED", None: "-"}
_OF_A_SERVER = ("mode", "user", "password_file", "trust", "ciphers", "min_tls")


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "target", metavar="HOST[:PORT]", nargs="?", help="without it: the configured relay"
    )
    mode = parser.add_mutually_exclusive_group()
    for option, word, help_ in (
        ("starttls", "starttls", "TLS begins inside the conversation (default)"),
        ("smtps", "smtps", "TLS begins at once (default for ports 465 and 2465)"),
        ("plain", "none", "no encryption, and then no password"),
    ):
        mode.add_argument(f"--{option}", dest="mode", action="store_const", const=word, help=help_)
    parser.add_argument("--relay", metavar="NAME", help="another configured relay than the first")
    parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="the envelope's sender")
    parser.add_argument(
        "--to", action="append", metavar="ADDRESS", help="a recipient; may be repeated"
    )
    parser.add_argument("--user", metavar="NAME", help="sign in at HOST as this user")
    parser.add_argument("--password-file", metavar="FILE", help="the password, on one line")
    parser.add_argument(
        "--send", action="store_true", help="hand a test message over; else it stops before DATA"
    )
    parser.add_argument(
        "--nameserver",
        action="append",
        default=[],
        metavar="ADDRESS[:PORT]",
        help="whom to ask about the sender's domain, in place of this machine's",
    )
    add_verification(parser, timeout=_TIMEOUT_S)
    remedy.add_arguments(parser)
    common(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.doctor.zone import split_server  # noqa: PLC0415

    for one in arguments.nameserver:
        try:
            split_server(one)
        except ValueError as error:
            raise WrongUse(f"--nameserver {error}") from None
    if arguments.target is None:
        return _configured(arguments, home, output)
    if arguments.relay or arguments.fix or arguments.yes or arguments.undo is not None:
        raise WrongUse("--relay, --fix, --yes and --undo are for configured relays: leave HOST out")
    return _walk(_entered(arguments, home), arguments, output)


# ---------------------------------------------------------------------- a server that is entered


def _entered(arguments: argparse.Namespace, home: Home) -> Errand:
    from tocsin.doctor.errand import Errand  # noqa: PLC0415
    from tocsin.mail.relay.settings import Deadlines, RelaySettings  # noqa: PLC0415
    from tocsin.mail.smtp.opening import Encryption  # noqa: PLC0415

    usual = _USUAL_PORT[arguments.mode or "starttls"]
    host, port = read_server(arguments.target, usual)
    mode = arguments.mode or ("smtps" if port in _SMTPS_PORTS else "starttls")
    password = _password(arguments)
    if password is not None and mode == "none":
        raise WrongUse("a password is never sent without encryption: leave --plain or it out")
    own = configuration_of(arguments, home)
    try:
        settings = RelaySettings(
            name=host,
            host=host,
            port=port,
            encryption=Encryption(mode),
            user=arguments.user,
            password=password,
            anchors=tuple(anchors_of(arguments.trust, own)),
            policy=policy_of(arguments, own),
            deadlines=Deadlines().capped(arguments.timeout),
        )
    except ValueError as error:
        raise WrongUse(str(error)) from None
    sender = _address("--from", arguments.sender) if arguments.sender else None
    recipients = tuple(_address("--to", one) for one in arguments.to or ())
    if recipients and sender is None:
        raise WrongUse("--to is asked about after --from: give both")
    return Errand(settings, sender, recipients, _message(arguments, sender, recipients))


def _message(
    arguments: argparse.Namespace, sender: str | None, recipients: tuple[str, ...]
) -> bytes | None:
    if not arguments.send:
        return None
    if sender is None or not recipients:
        raise WrongUse("--send needs --from and --to")
    from tocsin.doctor.testmessage import make_message  # noqa: PLC0415

    return make_message(sender, recipients)


def _password(arguments: argparse.Namespace) -> Secret | None:
    if (arguments.user is None) != (arguments.password_file is None):
        raise WrongUse("--user and --password-file go together")
    if arguments.password_file is None:
        return None
    try:
        # What stands around a password may be what is wrong with it; the line's end is not.
        text = Path(arguments.password_file).read_text(encoding="utf-8")
    except UnicodeError:
        # What Python says of it would quote the password.
        raise WrongUse(f"--password-file {arguments.password_file}: it is no UTF-8") from None
    password = text.removesuffix("\n").removesuffix("\r")
    if not password or "\n" in password:
        raise WrongUse(f"--password-file {arguments.password_file}: one line is expected")
    return Secret(password)


def _address(option: str, text: str) -> str:
    from tocsin.mail.address import check_address  # noqa: PLC0415

    try:
        return check_address(text)
    except ValueError as error:
        raise WrongUse(f"{option} {text[:100]!a}: {error}") from None


# ---------------------------------------------------------------------- a relay of ours


def _configured(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    given = [one for one in _OF_A_SERVER if getattr(arguments, one) is not None]
    if given:
        words = {"mode": "--starttls, --smtps or --plain"}
        name = words.get(given[0], f"--{given[0].replace('_', '-')}")
        raise WrongUse(f"{name} goes with HOST; a configured relay has its own")
    mends = arguments.fix or arguments.undo is not None
    if arguments.yes and not arguments.fix:
        raise WrongUse("--yes goes with --fix")
    if mends and arguments.nameserver:
        raise WrongUse("--nameserver is for a walk alone: leave --fix and --undo out")
    yes = remedy.allowed(arguments.yes)
    use_store(home)
    from tocsin.engine import access, doctorerrand  # noqa: PLC0415

    asked = doctorerrand.Asked(
        relay=arguments.relay,
        sender=arguments.sender,
        recipients=None if arguments.to is None else tuple(arguments.to),
        send=arguments.send,
    )
    if mends:
        return _mend(arguments, asked, yes, output)
    relay, errand = doctorerrand.errand_of(access.LOCAL, asked)
    output.note(
        f"walking to the relay {relay}: from {errand.sender or 'nobody'}, "
        f"to {', '.join(errand.recipients) or 'nobody'}"
    )
    return _walk(errand, arguments, output)


def _mend(
    arguments: argparse.Namespace,
    asked: Asked,
    yes: dict[RemedyKind, str],
    output: Output,
) -> int:
    from tocsin.engine import access, doctor  # noqa: PLC0415

    if arguments.undo is not None:
        run = remedy.undo(arguments.undo, output)
        if run is None:  # it is undone; why nobody walked was said
            output.answer({"ok": None, "undone": arguments.undo}, [])
            return 0
    else:
        begun = doctor.start(access.LOCAL, asked)
        run = remedy.fix(doctor.wait(access.LOCAL, begun), yes, output)
    if not run.report:
        raise Missing("the walk did not come to its end; the log of the manager may tell why")
    output.answer(dict(run.document), [printable(one) for one in run.report.splitlines()])
    return 0 if run.ok else 1


# ---------------------------------------------------------------------- both


def _walk(errand: Errand, arguments: argparse.Namespace, output: Output) -> int:
    from tocsin.doctor.told import report_json, report_text  # noqa: PLC0415
    from tocsin.doctor.walk import walk  # noqa: PLC0415

    errand = replace(errand, timeout_s=arguments.timeout, nameservers=tuple(arguments.nameserver))
    live = sys.stderr is not None and sys.stderr.isatty() and not arguments.json
    report: Report = asyncio.run(walk(errand, _live(output) if live else None))
    output.answer(report_json(report), [printable(one) for one in report_text(report).splitlines()])
    return 0 if report.ok else 1


def _live(output: Output) -> Callable[[Step], None]:
    def tell(step: Step) -> None:
        place = f" {step.address}" if step.address else ""
        output.note(printable(f"  {_MARK[step.ok]:<6} {step.name}{place} ({step.ms:.0f} ms)"))

    return tell
