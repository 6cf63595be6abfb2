"""``tocsin rehearse``: the rehearsal relay alone."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.trouble import Missing, WrongUse

if TYPE_CHECKING:
    from tocsin.rehearsal.endpoint import Endpoint
    from tocsin.rehearsal.settings import RehearsalSettings

REGION = "eu-west-1"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--fault",
        action="append",
        metavar="NAME",
        help="misbehave so, may be repeated; 'list' describes every fault",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        metavar="NAME",
        help="start nothing: let the relay that runs play these faults from now on, or 'none'; "
        "the relay is that of the home, or the one in --out",
    )
    parser.add_argument(
        "--bind", metavar="ADDRESS", default="localhost", help="where to listen (localhost)"
    )
    parser.add_argument("--port", type=int, metavar="P", default=2587, help="STARTTLS (2587)")
    parser.add_argument("--smtps-port", type=int, metavar="P", default=2465, help="TLS (2465)")
    parser.add_argument("--out", metavar="DIR", help="inbox and certificates (default: a new one)")
    parser.add_argument("--region", default=REGION, metavar="R", help=f"of AWS ({REGION})")
    parser.add_argument(
        "--identity",
        action="append",
        metavar="DOMAIN|ADDRESS",
        help="a verified identity; may be repeated (example.com, example.net, example.org)",
    )
    parser.add_argument(
        "--sandbox", action="store_true", help="as a new account: recipients must be verified too"
    )
    parser.add_argument("--rate", type=float, metavar="N", help="recipients a second")
    parser.add_argument("--quota", type=int, metavar="N", help="recipients in 24 hours")
    parser.add_argument(
        "--no-signatures", action="store_true", help="add no DKIM and ARC signatures: faster"
    )
    parser.add_argument(
        "--stand-in",
        action="store_true",
        help="take the place of the home's SMTP server while this runs ('tocsin up --rehearsal')",
    )
    common(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.engine.deathwatch import end_with_parent  # noqa: PLC0415
    from tocsin.rehearsal.fault.registry import UnknownFault, make_faults  # noqa: PLC0415
    from tocsin.rehearsal.relay import FolderInUse, run  # noqa: PLC0415

    if "list" in (arguments.fault or ()):
        return _list_faults(output)
    if arguments.set:
        return _set_faults(arguments, home, output)
    end_with_parent()
    out = Path(arguments.out or tempfile.mkdtemp(prefix="tocsin-rehearsal-")).resolve()
    facts = home.rehearsal_facts if arguments.home is not None else None
    if facts is not None:
        home.make()
    try:
        faults = make_faults(arguments.fault or ())
        run(
            _settings(arguments),
            out,
            lambda endpoint: _ready(endpoint, facts, output, stands_in=arguments.stand_in),
            faults,
            lambda endpoint: _changed(endpoint, facts, output, stands_in=arguments.stand_in),
        )
    except UnknownFault as error:
        raise WrongUse(str(error)) from None
    except (FolderInUse, OSError) as error:
        raise Missing(str(error)) from None
    finally:
        if facts is not None:
            facts.unlink(missing_ok=True)
    return 0


def _settings(arguments: argparse.Namespace) -> RehearsalSettings:
    from tocsin.rehearsal.settings import RehearsalSettings  # noqa: PLC0415

    sandbox = arguments.sandbox
    return RehearsalSettings(
        bind=arguments.bind,
        port=arguments.port,
        smtps_port=arguments.smtps_port,
        region=arguments.region,
        identities=tuple(arguments.identity or RehearsalSettings().identities),
        sandbox=sandbox,
        # What a new account is allowed (SES developer guide, "sandbox").
        max_send_rate=1.0 if sandbox and arguments.rate is None else arguments.rate,
        max_24_hour_send=200 if sandbox and arguments.quota is None else arguments.quota,
        sign=not arguments.no_signatures,
    )


def _ready(endpoint: Endpoint, facts: Path | None, output: Output, *, stands_in: bool) -> None:
    from tocsin.engine.readiness import announce  # noqa: PLC0415

    _tell_home(endpoint, facts, stands_in=stands_in)
    output.note(
        f"The rehearsal relay listens on {endpoint.host}, STARTTLS {endpoint.port}, "
        f"SMTPS {endpoint.smtps_port}"
    )
    output.note(f"  user      {endpoint.user}, password in {endpoint.password_file}")
    output.note(f"  root      {endpoint.root_file}")
    output.note(f"  verified  {', '.join(endpoint.identities)}")
    output.note(f"  inbox     {endpoint.inbox}")
    announce("rehearse")


def _changed(endpoint: Endpoint, facts: Path | None, output: Output, *, stands_in: bool) -> None:
    _tell_home(endpoint, facts, stands_in=stands_in)
    output.note(f"The rehearsal relay plays: {_named(endpoint.faults)}")


def _tell_home(endpoint: Endpoint, facts: Path | None, *, stands_in: bool) -> None:
    from tocsin.base.files import write_atomically  # noqa: PLC0415

    if facts is not None:
        document = {**endpoint.to_plain(), "stands_in": stands_in}
        write_atomically(facts, json.dumps(document).encode(), mode=0o600)


def _set_faults(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.engine import rehearsal  # noqa: PLC0415
    from tocsin.rehearsal.control import NotFollowed, ask  # noqa: PLC0415
    from tocsin.rehearsal.fault.registry import UnknownFault  # noqa: PLC0415

    names = [] if arguments.set == ["none"] else arguments.set
    folder = Path(arguments.out).resolve() if arguments.out else None
    if folder is None:
        found = rehearsal.facts(home)
        if found is None:
            raise Missing(rehearsal.NO_RELAY)
        folder = found.inbox
    try:
        told = ask(folder, names)
    except UnknownFault as error:
        raise WrongUse(str(error)) from None
    except (NotFollowed, OSError) as error:
        raise Missing(str(error)) from None
    document = {"ok": True, "faults": list(told.faults), "generation": told.generation}
    output.answer(document, f"The rehearsal relay plays: {_named(told.faults)}")
    return 0


def _named(faults: Sequence[str]) -> str:
    return ", ".join(faults) or "no fault"


def _list_faults(output: Output) -> int:
    from tocsin.rehearsal.fault.registry import load_faults  # noqa: PLC0415

    found = load_faults().values()
    output.answer(
        [
            {"name": one.name, "code": one.code, "summary": one.summary, "step": one.at.value}
            for one in found
        ],
        table(
            ["FAULT", "CODE", "WHAT THE RELAY DOES"],
            [[one.name, one.code, one.summary] for one in found],
        ),
    )
    return 0
