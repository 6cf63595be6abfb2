"""``tocsin config``: the one document that makes a manager."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from tocsin.engine.configuration import Changed


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("show", help="the document in force, without secrets")
    common(show)
    show.set_defaults(run=_show)
    get = actions.add_parser("get", help="one part or value: smtp, smtp.port, actions …")
    get.add_argument("path", metavar="PATH")
    common(get)
    get.set_defaults(run=_get)
    set_ = actions.add_parser("set", help="one value: smtp.port 587")
    set_.add_argument("path", metavar="PATH")
    set_.add_argument("value", metavar="VALUE")
    _dry_run(set_)
    set_.set_defaults(run=_set)
    apply = actions.add_parser("apply", help="make the manager as the document says")
    apply.add_argument("file", metavar="FILE|-")
    _dry_run(apply)
    apply.set_defaults(run=_apply)
    diff = actions.add_parser("diff", help="what applying the document would change")
    diff.add_argument("file", metavar="FILE|-")
    common(diff)
    diff.set_defaults(run=_apply, dry_run=True)
    history = actions.add_parser("history", help="the versions, newest first")
    history.add_argument("--limit", type=int, default=50, metavar="N")
    common(history)
    history.set_defaults(run=_history)
    revert = actions.add_parser("revert", help="make the document as it was in a version")
    revert.add_argument("version", type=int, metavar="VERSION")
    _dry_run(revert)
    revert.set_defaults(run=_revert)


def _dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would change, no more")
    common(parser)


def _yaml(document: object) -> str:
    import yaml  # noqa: PLC0415

    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100).rstrip()


def _show(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    document = configuration.show_document(access.LOCAL)
    output.answer(document, _yaml(document))
    return 0


def _get(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    value: Any = configuration.show_document(access.LOCAL)
    for name in arguments.path.split("."):
        if not isinstance(value, dict) or name not in value:
            raise WrongUse(f"the document has no {arguments.path}")
        value = value[name]
    output.answer(value, str(value) if not isinstance(value, dict | list) else _yaml(value))
    return 0


def _set(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    import yaml  # noqa: PLC0415

    part, _, name = arguments.path.partition(".")
    if not name or "." in name:
        raise WrongUse(f"{arguments.path}: accepted is PART.NAME, such as smtp.port")
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    present = configuration.show_document(access.LOCAL).get(part) or {}
    if not isinstance(present, dict):
        raise WrongUse(f"{part} is a list; change it with 'tocsin config apply'")
    document = {part: {**present, name: yaml.safe_load(arguments.value)}}
    return _make(document, arguments, output, Path.cwd())


def _apply(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.central.reading import parse  # noqa: PLC0415

    if arguments.file == "-":
        text, folder = sys.stdin.read(), Path.cwd()
    else:
        path = Path(arguments.file)
        text, folder = path.read_text(encoding="utf-8"), path.resolve().parent
    parsed = parse(text)
    _make_paths_whole(parsed.get("sources"), folder)
    use_store(home)
    return _make(parsed, arguments, output, folder)


def _make_paths_whole(sources: object, folder: Path) -> None:
    """File names are relative to the document; a role does not start where that lies."""
    for one in sources if isinstance(sources, list) else ():
        if isinstance(one, dict) and isinstance(one.get("path"), str):
            one["path"] = str(folder / one["path"])


def _make(document: Any, arguments: argparse.Namespace, output: Output, folder: Path) -> int:
    from tocsin.engine import access, configuration  # noqa: PLC0415

    changed = configuration.change(
        access.LOCAL,
        document,
        read_file=lambda name: (folder / name).read_bytes(),
        dry_run=arguments.dry_run,
    )
    _say(changed, output)
    return 0


def _say(changed: Changed, output: Output) -> None:
    lines = [printable(str(one)) for one in changed.differences]
    if changed.made:
        lines.append(f"version {changed.version} is in force")
    elif changed.differences:
        lines.append(f"nothing was changed; version {changed.version} stays in force")
    else:
        lines.append(f"already so: version {changed.version} stays in force")
    for one in changed.warnings:
        output.note(f"warning: {one.path}: {printable(one.message)}")
    output.answer(
        {
            "ok": True,
            "warnings": [{"path": w.path, "message": w.message} for w in changed.warnings],
            "version": changed.version,
            "changed": changed.made,
            "differences": [
                {"path": one.path, "before": one.before, "after": one.after}
                for one in changed.differences
            ],
        },
        lines,
    )


def _history(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    found = configuration.history(access.LOCAL, arguments.limit)
    output.answer(
        [
            {
                "version": one.number,
                "created_at": rfc3339(one.created_at),
                "actor": one.actor,
                "origin": one.origin,
                "summary": list(one.summary),
            }
            for one in found
        ],
        table(
            ["VERSION", "MADE", "BY", "FROM", "CHANGES"],
            [
                [
                    str(one.number),
                    rfc3339(one.created_at),
                    one.actor,
                    one.origin,
                    "; ".join(one.summary),
                ]
                for one in found
            ],
        ),
    )
    return 0


def _revert(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    changed = configuration.revert(access.LOCAL, arguments.version, dry_run=arguments.dry_run)
    _say(changed, output)
    return 0
