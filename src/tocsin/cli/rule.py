"""``tocsin rule``: response rules."""

from __future__ import annotations

import argparse

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.store import use_store


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the rules of the configuration")
    common(listing)
    listing.set_defaults(run=_list)
    check = actions.add_parser("check", help="whether each rule can ever tell anybody")
    common(check)
    check.set_defaults(run=_check)


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    found = configuration.show_document(access.LOCAL)["rules"]
    output.answer(
        found,
        table(
            ["NAME", "ENABLED", "WHEN ACTIVE", "WHEN INACTIVE"],
            [
                [
                    one["name"],
                    "yes" if one.get("enabled", True) else "no",
                    ", ".join(one.get("active", [])),
                    ", ".join(one.get("inactive", [])),
                ]
                for one in found
            ],
        ),
    )
    return 0


def _check(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, rulecheck  # noqa: PLC0415

    findings = rulecheck.check_rules(access.LOCAL)
    output.answer(
        {"ok": not findings, "findings": [{"rule": r, "problem": p} for r, p in findings]},
        [f"{rule}: {problem}" for rule, problem in findings] or ["every rule can tell somebody"],
    )
    return 1 if findings else 0
