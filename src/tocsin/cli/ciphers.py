"""``tocsin ciphers``: the cipher policy, a part of the configuration document."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from ssl import OPENSSL_VERSION
from typing import TYPE_CHECKING, Any

from tocsin.base.home import Home
from tocsin.cli.config import say_changed
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.trust.policy import VERSIONS

if TYPE_CHECKING:
    from tocsin.engine.ciphereffect import Effect


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
        one.add_argument("--min-tls", choices=VERSIONS, help="TLS version at least")
        one.add_argument("--max-tls", choices=VERSIONS, help="TLS version at most")
        _changes(one, _set)
    restore = actions.add_parser("restore", help="the policy before its last change")
    _changes(restore, _restore)


def _changes(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would change, and what each relay would choose; change nothing",
    )
    common(parser)
    parser.set_defaults(run=run)


class _WithEffects(Output):
    """Puts what the relays would make of a policy into the document of the answer."""

    def __init__(self, effects: Sequence[Effect]) -> None:
        super().__init__(as_json=True)
        self._effects = effects

    def answer(self, document: Any, text: str | Iterable[str]) -> None:
        """The answer, with the effects in it."""
        effects = [one.to_json() for one in self._effects]
        super().answer({**document, "effects": effects}, text)


def _tell(effects: Sequence[Effect], output: Output) -> Output:
    """Say the effects before anything is changed; where to say what was."""
    if output.as_json:
        return _WithEffects(effects)
    output.answer(None, [f"{printable(one.where)}: {one.words}" for one in effects])
    return output


def _show(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    view = ciphers.present_policy(access.LOCAL)
    policy, checked = view.policy, view.checked
    lines = [
        f"{'preset ' + view.preset if view.preset else 'a list of its own'}, "
        f"TLS {policy.minimum} at least"
        + (f", {policy.maximum} at most" if policy.maximum else "")
        + f", security level {checked.level}",
        f"  list     {policy.ciphers}",
    ]
    if checked.ordered:
        lines.append("  offered  in TLS 1.2, in this order:")
        lines += [f"    {one}" for one in checked.ordered]
    if checked.fixed:
        lines.append(f"  fixed    in TLS 1.3, by {OPENSSL_VERSION}; no list alters it:")
        lines += [f"    {one}" for one in checked.fixed]
    if checked.without_effect:
        lines.append(f"  These names choose and order nothing: {', '.join(checked.without_effect)}")
    if checked.weak_exchange:
        lines.append(
            f"  Of these the relay decides how strong they are: {', '.join(checked.weak_exchange)}"
        )
    output.answer(ciphers.policy_json(view), lines)
    return 0


def _presets(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    found = ciphers.presets(access.LOCAL)
    output.answer(
        [ciphers.policy_json(one) for one in found],
        table(
            ["PRESET", "TLS", "SUITES", "WHAT IT IS"],
            [
                [
                    one.preset or "",
                    f"{one.policy.minimum}+",
                    str(len(one.checked.offered)),
                    one.source,
                ]
                for one in found
            ],
        ),
    )
    return 0


def _set(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    wanted = ciphers.Wanted(
        preset=getattr(arguments, "preset", None),
        list=getattr(arguments, "list", None),
        minimum=arguments.min_tls,
        maximum=arguments.max_tls,
    )
    considered = ciphers.consider(access.LOCAL, wanted)
    told = _tell(considered.effects, output)
    changed = considered.changed
    if not arguments.dry_run:
        changed = ciphers.set_policy(access.LOCAL, wanted)
    say_changed(changed, told)
    return 0


def _restore(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, ciphers  # noqa: PLC0415

    considered = ciphers.consider_restore(access.LOCAL)
    told = _tell(considered.effects, output)
    changed = considered.changed
    if not arguments.dry_run:
        changed = ciphers.restore(access.LOCAL)
    say_changed(changed, told)
    return 0
