"""``tocsin rehearse``: the rehearsal relay alone."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    parser.add_argument("--bind", metavar="ADDRESS", default="127.0.0.1")
    parser.add_argument("--port", type=int, metavar="P", default=2587, help="STARTTLS (2587)")
    parser.add_argument("--smtps-port", type=int, metavar="P", default=2465, help="TLS (2465)")
    parser.add_argument("--out", metavar="DIR", help="inbox and certificates (default: a new one)")
    parser.add_argument("--region", default="eu-west-1", metavar="R")
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
    common(parser, answers=False)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.base.files import write_atomically  # noqa: PLC0415
    from tocsin.engine.deathwatch import end_with_parent  # noqa: PLC0415
    from tocsin.engine.readiness import announce  # noqa: PLC0415
    from tocsin.rehearsal.relay import Endpoint, run  # noqa: PLC0415
    from tocsin.rehearsal.settings import RehearsalSettings  # noqa: PLC0415

    end_with_parent()
    defaults = RehearsalSettings()
    settings = RehearsalSettings(
        bind=arguments.bind,
        port=arguments.port,
        smtps_port=arguments.smtps_port,
        region=arguments.region,
        identities=tuple(arguments.identity or defaults.identities),
        sandbox=arguments.sandbox,
        max_send_rate=1.0 if arguments.sandbox and arguments.rate is None else arguments.rate,
        max_24_hour_send=200 if arguments.sandbox and arguments.quota is None else arguments.quota,
        sign=not arguments.no_signatures,
    )
    out = Path(arguments.out or tempfile.mkdtemp(prefix="tocsin-rehearsal-")).resolve()

    def ready(endpoint: Endpoint) -> None:
        if arguments.home is not None:
            facts = {**endpoint.to_plain(), "stands_in": arguments.stand_in}
            write_atomically(home.rehearsal_facts, json.dumps(facts).encode(), mode=0o600)
        output.note(
            f"The rehearsal relay listens on {endpoint.host}, STARTTLS {endpoint.port}, "
            f"SMTPS {endpoint.smtps_port}"
        )
        output.note(f"  user      {endpoint.user}, password in {endpoint.password_file}")
        output.note(f"  root      {endpoint.root_file}")
        output.note(f"  verified  {', '.join(endpoint.identities)}")
        output.note(f"  inbox     {endpoint.inbox}")
        announce("rehearse")

    if arguments.home is not None:
        home.make()
    try:
        run(settings, out, ready)
    finally:
        if arguments.home is not None:
            home.rehearsal_facts.unlink(missing_ok=True)
    return 0
