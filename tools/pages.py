"""Pages of the documentation that the program itself knows best; a hook of MkDocs.

The command line, the HTTP interface and every fault of the catalogue are written at build
time, so that they cannot say anything but what is so.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tocsin.cli.main import COMMANDS, make_parser
from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Fault, Finding, Retry, Scope, Seriousness


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path below ``docs`` and its Markdown."""

    path: str
    text: str


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the fault pages into the navigation, area by area."""
    section = next(one for one in config.nav or [] if "Faults" in one)
    for area, faults in areas():
        section["Faults"].append({area: [{one.code: fault_path(one)} for one in faults]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for page in pages():
        files.append(File.generated(config, page.path, content=page.text))
    return files


def pages() -> Iterator[Page]:
    """Every page that is written here."""
    yield Page("reference/commands.md", commands_page())
    yield Page("reference/http.md", http_page(openapi()))
    yield Page("faults/index.md", faults_page())
    for fault in FAULTS.values():
        yield Page(fault_path(fault), fault_page(fault))


# Command line

_COMMANDS_HEAD = """\
# Command line

One program, `tocsin`. Human text goes to standard output, progress and logs to standard
error; with `--json` exactly one JSON document stands on standard output. `NO_COLOR` is
honoured. Where a command takes `--home`, it stands for the folder of the manager, by default
`$TOCSIN_HOME`, else `~/.local/share/tocsin`.

| exit status | meaning |
|---|---|
| `0` | it is so, or it worked |
| `1` | it was established that it is not so |
| `2` | wrong usage or bad input; nothing was changed |
| `3` | something local that it needs is missing |

"""


def commands_page() -> str:
    """The reference of every command, from the parsers that read them."""
    parser = make_parser(whole=True)
    parts = [_COMMANDS_HEAD]
    for name, command in _subcommands(parser).items():
        summary = COMMANDS[name][1]
        parts.append(f"## tocsin {name} {{#{name}}}\n\n{_sentence(summary)}\n\n")
        inner = _subcommands(command)
        if not inner:
            parts.append(_command(command))
        for action, one in inner.items():
            heading = f"### tocsin {name} {action} {{#{name}-{action}}}"
            parts.append(f"{heading}\n\n{_help(command, action)}{_command(one)}")
    return "".join(parts)


def _subcommands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001 -- argparse has no public way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return dict(action.choices)
    return {}


def _help(parser: argparse.ArgumentParser, name: str) -> str:
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for choice in action._choices_actions:  # noqa: SLF001
                if choice.dest == name and choice.help:
                    return f"{_sentence(choice.help)}\n\n"
    return ""


def _command(parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().split()).removeprefix("usage: ")
    rows = [_argument(one) for one in parser._actions if one.dest != "help"]  # noqa: SLF001
    text = f"```text\n{usage}\n```\n\n"
    if rows:
        text += "| argument | meaning |\n|---|---|\n" + "".join(rows) + "\n"
    return text


def _argument(action: argparse.Action) -> str:
    named = ", ".join(f"`{one}`" for one in action.option_strings)
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else None)
    if not named:
        named = f"`{value or action.dest}`"
    elif action.nargs != 0:
        named += f" `{value or action.dest.upper()}`"
    help_ = (action.help or "").replace("%(default)s", str(action.default))
    return f"| {_cell(named)} | {_cell(help_)} |\n"


# HTTP interface

_HTTP_HEAD = """\
# HTTP interface

JSON below `/api/v1`, described in OpenAPI at `/api/v1/openapi.json`. A request carries
`Authorization: Bearer TOKEN`; make one with [`tocsin token add`](commands.md#token-add).
Errors are problem documents (RFC 9457) whose `code` is that of a [fault](../faults/index.md).
Lists answer `{"items": […], "next": cursor|null}`; `?limit=` (to 1,000) and `?cursor=` page on.

```sh
curl --cacert web.crt -H "Authorization: Bearer $TOKEN" \\
  -d '{"type": "Suspect Data Loss", "severity": "major", "source_host": {"ip": "192.0.2.7"}}' \\
  https://localhost:8443/api/v1/alarms
```

`POST /api/v1/alarms` takes one [alarm](alarm.md) or an array of up to 10,000. It answers `202`
only after the alarms are durably stored, with one result for each, in order:
`{"ok": true, "id": …}` or `{"ok": false, "problem": …}`. When none could be stored it answers
`422`.

Beside the API there are `/healthz` (alive), `/readyz` (can accept alarms) and `/metrics`
([OpenMetrics](operation.md#metrics)). These three ask for no sign-in when the request comes
from the machine itself and was not forwarded; otherwise they take a token too.

"""


def openapi() -> Mapping[str, Any]:
    """The description of the API, made without a manager."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TOCSIN_HOME", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.settings")
        import django  # noqa: PLC0415 -- only once the environment names a home

        django.setup()
        from tocsin.api.urls import api  # noqa: PLC0415

        schema: Mapping[str, Any] = api.get_openapi_schema()
        return schema


def http_page(schema: Mapping[str, Any]) -> str:
    """A row for each operation."""
    parts = [_HTTP_HEAD]
    operations = [
        (operation.get("tags", ["manager"])[0], method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    for tag, found in groupby(sorted(operations, key=lambda one: one[0]), lambda one: one[0]):
        parts.append(
            f"## {tag.capitalize()}\n\n| request | what it does | query |\n|---|---|---|\n"
        )
        for _, method, path, operation in found:
            query = ", ".join(
                f"`{one['name']}`"
                for one in operation.get("parameters", ())
                if one["in"] == "query"
            )
            summary = _cell(operation.get("summary", ""))
            parts.append(f"| `{method} {path}` | {summary} | {query} |\n")
        parts.append("\n")
    return "".join(parts)


# Faults

_AREAS = {
    "dns": "Name lookup",
    "tcp": "Connection",
    "smtp": "SMTP",
    "tls": "Encryption and certificates",
    "auth": "Sign-in to the relay",
    "ses": "Amazon SES",
}
_SEVERITY = {
    Seriousness.ERROR: "Error: no mail gets through while it lasts.",
    Seriousness.WARNING: "Warning: mail gets through, but something is not as it should be.",
    Seriousness.NOTE: "Note: worth knowing.",
}
_RETRY = {
    Retry.TRANSIENT: "It may pass by itself: the same is tried again, with growing pauses.",
    Retry.FINAL: "It does not pass by itself: somebody has to change something.",
}
_SCOPE = {
    Scope.MESSAGE: "It concerns one message; others go on.",
    Scope.RECIPIENT: "It concerns one recipient; the others of the message still get it.",
    Scope.ACTION: "It concerns one action; others go on.",
    Scope.RELAY: "It concerns the relay: mail to it waits in the outbox, nothing is lost.",
}
_FAULTS_HEAD = """\
# Faults

Whatever goes wrong has a code that never changes. The same code stands in the evidence of a
delivery, in the log, in the answers of the API and on the pages; each says what happened, why,
and what to do about it.

"""


def areas() -> Iterable[tuple[str, list[Fault]]]:
    """The faults by area, in the order of a mail's way; what is ours comes last."""
    found: dict[str, list[Fault]] = {name: [] for name in (*_AREAS.values(), "Tocsin itself")}
    for fault in FAULTS.values():
        area = fault.code.partition(".")[0]
        found[_AREAS.get(area, "Tocsin itself")].append(fault)
    return [(name, faults) for name, faults in found.items() if faults]


def fault_path(fault: Fault) -> str:
    """Where the page of a fault stands."""
    return f"faults/{fault.code}.md"


def faults_page() -> str:
    """All faults on one page."""
    parts = [_FAULTS_HEAD]
    for area, faults in areas():
        parts.append(f"## {area}\n\n| code | what happened |\n|---|---|\n")
        parts += [
            f"| [`{one.code}`]({one.code}.md) | {_cell(explain(Finding(one.code)).title)} |\n"
            for one in faults
        ]
        parts.append("\n")
    return "".join(parts)


def fault_page(fault: Fault) -> str:
    """One fault, told as where no facts are known."""
    told = explain(Finding(fault.code))
    steps = "".join(f"{place}. {step}\n" for place, step in enumerate(told.fix, 1))
    return (
        f"---\ntitle: {fault.code}\n---\n\n# {told.title}\n\n`{fault.code}`\n\n"
        f"{told.cause}\n\n## What to do\n\n{steps}\n"
        f"## What it means for other mail\n\n- {_SEVERITY[fault.severity]}\n"
        f"- {_RETRY[fault.retry]}\n- {_SCOPE[fault.scope]}\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
