"""``tocsin config``: the one document that makes a manager."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.given import STDIN, add_limit, read_text
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
    add_limit(history)
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

    class Dumper(yaml.SafeDumper):
        """Texts of several lines (certificates, bodies of mails) as the lines that they are."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)

    Dumper.add_representer(str, text)
    written: str = yaml.dump(
        document, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100
    )
    return written.removesuffix("...\n").rstrip("\n")


def _show(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    document = configuration.show_document(access.LOCAL)
    output.answer(document, _yaml(document))
    return 0


def _get(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    value = _find(configuration.show_document(access.LOCAL, whole=True), arguments.path)
    output.answer(value, value if isinstance(value, str) else _yaml(value))
    return 0


def _find(document: Any, path: str) -> Any:
    """The value at a path such as smtp.port or rules.Everything.when."""
    value, rest = document, path
    if path.endswith("."):
        raise WrongUse(f"the document has no {path}")
    while rest:
        if isinstance(value, list):
            inner = {one["name"]: one for one in value if isinstance(one, dict)}
        else:
            inner = value if isinstance(value, dict) else {}
        # A name may hold dots: the longest one that fits is meant.
        fitting = [one for one in inner if f"{rest}.".startswith(f"{one}.")]
        if not fitting:
            raise WrongUse(f"the document has no {path}")
        name = max(fitting, key=len)
        value, rest = inner[name], rest[len(name) + 1 :]
    return value


def _set(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    part, _, name = arguments.path.partition(".")
    if not name or "." in name:
        raise WrongUse(f"{arguments.path}: accepted is PART.NAME, such as smtp.port")
    value = _value(arguments.value)
    use_store(home)
    from tocsin.engine import access, configuration  # noqa: PLC0415

    present = configuration.show_document(access.LOCAL).get(part) or {}
    if not isinstance(present, dict):
        raise WrongUse(f"{part} is a list; change it with 'tocsin config apply'")
    if part == "ciphers" and name in _EITHER:
        present = {one: said for one, said in present.items() if one not in _EITHER}
    return _make({part: {**present, name: value}}, arguments, output, Path.cwd())


_EITHER = ("preset", "list")
"""Of the cipher policy: the one takes the place of the other."""


def _value(text: str) -> Any:
    import yaml  # noqa: PLC0415

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise WrongUse(f"{text!r} is no YAML; a text with special marks wants quotes") from None


def _apply(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.central.reading import parse  # noqa: PLC0415

    parsed = parse(read_text(arguments.file))
    here = arguments.file == STDIN
    folder = Path.cwd() if here else Path(arguments.file).resolve().parent
    use_store(home)
    return _make(parsed, arguments, output, folder)


def _make(document: Any, arguments: argparse.Namespace, output: Output, folder: Path) -> int:
    from tocsin.engine import access, configuration  # noqa: PLC0415

    changed = configuration.change(
        access.LOCAL,
        document,
        read_file=lambda name: (folder / name).read_bytes(),
        dry_run=arguments.dry_run,
    )
    say_changed(changed, output)
    return 0


def say_changed(changed: Changed, output: Output) -> None:
    """What a change of the document did."""
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
    say_changed(changed, output)
    return 0
