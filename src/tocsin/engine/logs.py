"""One place for what the program says of itself: JSON in a file, words on the console."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from functools import partial
from pathlib import Path

import structlog

from tocsin.base.home import Home
from tocsin.base.secret import Secret


def set_up_logging(home: Home | None, role: str) -> None:
    """Send structlog and the standard library's loggers to both places.

    The file is ``logs/tocsin.log``, shared by all roles of the home, a line of JSON
    each; it may be moved away while they run (logrotate). Without a home there is
    the console alone: standard error, colours only on a terminal.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        partial(_name_role, role),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        _hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_console(shared)]
    if home is not None:
        root.handlers.append(_file(home, shared))
    root.setLevel(logging.INFO)
    # Each refused certificate and each slow callback is told by us in better words.
    for noisy in ("asyncio", "_granian", "granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _console(shared: list[structlog.types.Processor]) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    colours = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # A plain trace: the richer one would print the values of local variables.
                structlog.dev.ConsoleRenderer(
                    colors=colours, exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )
    )
    return handler


def _file(home: Home, shared: list[structlog.types.Processor]) -> logging.Handler:
    handler = logging.handlers.WatchedFileHandler(home.logs / "tocsin.log", encoding="utf-8")
    Path(handler.baseFilename).chmod(0o600)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    return handler


def _name_role(
    role: str,
    _logger: structlog.types.WrappedLogger,
    _method: str,
    event: structlog.types.EventDict,
) -> structlog.types.EventDict:
    """Whose line it is, also in threads and in the process that a server forks."""
    event.setdefault("role", role)
    event.setdefault("pid", os.getpid())
    return event


def _hide_secrets(
    _logger: structlog.types.WrappedLogger, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """A value that is a secret, or is filed under a name for one, is not written."""
    for name, value in event.items():
        if isinstance(value, Secret) or any(
            word in name.lower() for word in ("password", "token", "secret")
        ):
            event[name] = "***"
    return event
