"""What a command raised, as words, a JSON document and an exit status."""

from __future__ import annotations

import os
import sys
from typing import Any

from tocsin.cli.output import Output, printable

WRONG = 2
MISSING = 3

Known = tuple[int, dict[str, Any], list[str]]
"""Exit status, JSON document and lines."""


class WrongUse(Exception):
    """The command was called in a way that cannot work; the message says how it can."""


class Missing(Exception):
    """Something local that the command needs is not there."""


# Named by their names: importing them here would load what a command may not need.
_WRONG = frozenset({"NotFound", "Conflict", "NotPermitted", "WrongUse", "BadDatabaseUrl"})
_MISSING = frozenset(
    {"RoleMissing", "StoreUnreachable", "HomeInUse", "AlreadyRunning", "Missing"}
    | {"UnusableKey", "WrongKey", "DatabaseError", "InterfaceError"}
)
_MISSING_CODES = frozenset({"smtp.not-configured"})


def report(error: Exception, output: Output) -> int:
    """Say what is wrong; gives the exit status."""
    status, document, lines = _known(error) or _unknown(error)
    if output.as_json:
        output.answer({"ok": False, **document}, "")
    else:
        for line in lines:
            sys.stderr.write(printable(line) + "\n")  # it may repeat what was given
    return status


def _known(error: Exception) -> Known | None:
    names = {one.__name__ for one in type(error).__mro__}
    if "Invalid" in names:
        return _invalid(error)
    if "PrivateKeyFound" in names:
        return _told("certificate.private-key", {})
    if "NotCertificates" in names:
        return _told("certificate.not-a-certificate", {"problem": str(error).rstrip(".")})
    if "Refused" in names:
        finding = error.finding  # type: ignore[attr-defined]
        return _told(finding.code, finding.facts)
    if names & _WRONG:
        return WRONG, {"code": "input.invalid", "title": str(error)}, [str(error)]
    if names & _MISSING:
        words = " ".join(str(error).split())
        return MISSING, {"code": "local.missing", "title": words}, [words]
    if isinstance(error, OSError):
        return _of_the_system(error)
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        title = f"{error.object[:80]!a} is no text: it holds octets that are no UTF-8"
        return WRONG, {"code": "input.invalid", "title": title}, [title]
    return None


def _invalid(error: Exception) -> Known:
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
    title = "What was given cannot be taken; nothing was changed"
    return WRONG, {"code": "input.invalid", "title": title, "problems": problems}, lines


def _told(code: str, facts: dict[str, str]) -> Known:
    from tocsin.faults.catalogue import explain  # noqa: PLC0415
    from tocsin.faults.fault import Finding  # noqa: PLC0415

    told = explain(Finding(code, facts))
    document = {"code": told.code, "title": told.title, "cause": told.cause, "fix": list(told.fix)}
    lines = [f"{told.title} [{told.code}]", f"  {told.cause}", *(f"  - {one}" for one in told.fix)]
    return MISSING if code in _MISSING_CODES else WRONG, document, lines


def _of_the_system(error: OSError) -> Known:
    """A file that was named and cannot be used is bad input; anything else is missing here."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return MISSING, {"code": "local.missing", "title": reason}, [reason]
    title = f"{os.fsdecode(error.filename)}: {reason}"
    return WRONG, {"code": "input.invalid", "title": title}, [title]


def _unknown(error: Exception) -> Known:
    """A fault of ours: a number to find it by in the log, never a stack trace."""
    import secrets  # noqa: PLC0415 -- start-up time

    incident = secrets.token_hex(4)
    where = _record(error, incident)
    title = f"unexpected {type(error).__name__}; incident {incident} in {where}"
    return MISSING, {"code": "unknown", "title": title}, [title]


def _record(error: Exception, incident: str) -> str:
    """Write down what happened, in the log of the home or else in a file of its own."""
    import logging  # noqa: PLC0415 -- start-up time
    import tempfile  # noqa: PLC0415
    import traceback  # noqa: PLC0415
    from logging.handlers import WatchedFileHandler  # noqa: PLC0415

    root = logging.getLogger()
    files = [one for one in root.handlers if isinstance(one, WatchedFileHandler)]
    if files:
        import structlog  # noqa: PLC0415

        root.handlers = list(files)  # people at the terminal get the number alone
        structlog.get_logger("command").error("incident", incident=incident, exc_info=error)
        return files[0].baseFilename
    handle, path = tempfile.mkstemp(prefix=f"tocsin-incident-{incident}-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
        log.writelines(traceback.format_exception(error))
    return path
