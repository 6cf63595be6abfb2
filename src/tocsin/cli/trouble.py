"""What a command raised, as words, a JSON document and an exit status."""

from __future__ import annotations

import secrets
import sys
from typing import Any

from tocsin.cli.output import Output

WRONG = 2
MISSING = 3


class WrongUse(Exception):
    """The command was called in a way that cannot work; the message says how it can."""


class Missing(Exception):
    """Something local that the command needs is not there."""


def report(error: Exception, output: Output) -> int:
    """Say what is wrong; gives the exit status."""
    known = _known(error)
    if known is None:
        return _unknown(error, output)
    status, document, lines = known
    if output.as_json:
        output.answer({"ok": False, **document}, "")
    else:
        for line in lines:
            sys.stderr.write(line + "\n")
    return status


def _known(error: Exception) -> tuple[int, dict[str, Any], list[str]] | None:
    # Named by their names: importing them here would load what a command may not need.
    name = type(error).__name__
    if name == "Invalid":
        problems = [
            {"path": one.path, "message": one.message, "accepted": one.accepted}
            for one in error.problems  # type: ignore[attr-defined]
        ]
        lines = ["nothing was changed:"]
        lines += [
            f"  {one['path']}: {one['message']}"
            + (f" (accepted: {one['accepted']})" if one["accepted"] else "")
            for one in problems
        ]
        return WRONG, {"code": "input.invalid", "problems": problems}, lines
    if name in {"Refused", "NotCertificates"}:
        from tocsin.faults.catalogue import explain  # noqa: PLC0415

        told = explain(error.finding)  # type: ignore[attr-defined]
        document = {
            "code": told.code,
            "title": told.title,
            "cause": told.cause,
            "fix": list(told.fix),
        }
        return WRONG, document, [told.title, f"  {told.cause}", *(f"  - {s}" for s in told.fix)]
    if name in {"NotFound", "Conflict", "NotPermitted", "WrongUse", "BadDatabaseUrl"}:
        return WRONG, {"code": "input.invalid", "title": str(error)}, [str(error)]
    if name in {"RoleMissing", "StoreUnreachable", "HomeInUse", "AlreadyRunning", "Missing"} | {
        "UnusableKey",
        "WrongKey",
        "OperationalError",
    }:
        return MISSING, {"code": "local.missing", "title": str(error)}, [str(error)]
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        title = f"{error.filename}: {error.strerror}"
        return WRONG, {"code": "input.invalid", "title": title}, [title]
    return None


def _unknown(error: Exception, output: Output) -> int:
    """A fault of ours: a number to find it by in the log, never a stack trace."""
    incident = secrets.token_hex(4)
    import structlog  # noqa: PLC0415

    structlog.get_logger("command").exception("incident", incident=incident)
    title = f"unexpected {type(error).__name__}; incident {incident} in logs/tocsin.log"
    if output.as_json:
        output.answer({"ok": False, "code": "unknown", "title": title}, "")
    else:
        sys.stderr.write(title + "\n")
    return MISSING
