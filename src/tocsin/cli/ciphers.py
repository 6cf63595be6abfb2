"""``tocsin ciphers``: the cipher policy, a part of the configuration document."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tocsin.base.home import Home
from tocsin.cli.config import say_changed
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.store import use_store

if TYPE_CHECKING:
    from tocsin.engine.ciphers import PolicyView


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("show", help="the policy in force, and what it offers to a relay")
    common(show)
    show.set_defaults(run=_show)
    presets = actions.add_parser("presets", help="policies with a name")
    common(presets)
    presets.set_defaults(run=_presets)
    set_ = actions.add_parser("set", help="offer the suites of this OpenSSL cipher list")
    set_.add_argument("list", metavar="LIST")
    preset = actions.add_parser("preset", help="make a policy with a name the one in force")
    preset.add_argument("preset", metavar="NAME")
    for one in (set_, preset):
        one.add_argument("--min-tls", choices=["1.2", "1.3"], help="TLS version at least")
        _changes(one, _set)
    restore = actions.add_parser("restore", help="the policy before its last change")
    _changes(restore, _restore)


def _changes(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would change, no more")
    common(parser)
    parser.set_defaults(run=run)


def _json(view: PolicyView) -> dict[str, Any]:
    return {
        "preset": view.preset,
        "list": view.policy.ciphers,
        "minimum": view.policy.minimum,
        "maximum": view.policy.maximum,
        "offered": list(view.checked.offered),
        "without_effect": list(view.checked.without_effect),
        "weak_exchange": list(view.checked.weak_exchange),
    }


def _show(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    view = ciphers.present_policy(access.LOCAL)
    policy, checked = view.policy, view.checked
    lines = [
        f"{'preset ' + view.preset if view.preset else 'a list of its own'}, "
        f"TLS {policy.minimum} at least"
        + (f", {policy.maximum} at most" if policy.maximum else ""),
        f"  list     {policy.ciphers}",
        "  offered  in this order:",
        *(f"    {one}" for one in checked.offered),
    ]
    if checked.without_effect:
        lines.append(
            f"  These choose nothing, TLS 1.3 has them always: {', '.join(checked.without_effect)}"
        )
    if checked.weak_exchange:
        lines.append(
            f"  Of these the relay decides how strong they are: {', '.join(checked.weak_exchange)}"
        )
    output.answer(_json(view), lines)
    return 0


def _presets(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    found = ciphers.presets(access.LOCAL)
    output.answer(
        [_json(one) for one in found],
        table(
            ["PRESET", "TLS", "SUITES", "LIST"],
            [
                [
                    one.preset or "",
                    f"{one.policy.minimum}+",
                    str(len(one.checked.offered)),
                    one.policy.ciphers,
                ]
                for one in found
            ],
        ),
    )
    return 0


def _set(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    changed = ciphers.set_policy(
        access.LOCAL,
        preset=getattr(arguments, "preset", None),
        list_=getattr(arguments, "list", None),
        minimum=arguments.min_tls,
        dry_run=arguments.dry_run,
    )
    say_changed(changed, output)
    return 0


def _restore(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    say_changed(ciphers.restore(access.LOCAL, dry_run=arguments.dry_run), output)
    return 0
