"""Which database the store lives in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadDatabaseUrl(ValueError):
    """``TOCSIN_DATABASE_URL`` is not understood."""


def database_settings(url: str | None, embedded: Path) -> dict[str, Any]:
    """Django's settings for the database of that URL, or for the embedded one.

    Raises:
        BadDatabaseUrl: says what is wrong, without repeating a password.
    """
    return _embedded(embedded) if not url else _postgresql(url)


def _embedded(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "tocsin.store.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A write transaction that starts as a read may find itself out of date
            # and fail; IMMEDIATE takes its turn at the start instead.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                # The responder moves the log every second; this is for when none runs.
                "PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=67108864; "
                "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728; PRAGMA cache_size=-16000"
            ),
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise BadDatabaseUrl(
            f"TOCSIN_DATABASE_URL begins with {parts.scheme or 'nothing'!r}; "
            "accepted is postgresql://USER:PASSWORD@HOST:PORT/NAME"
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise BadDatabaseUrl("TOCSIN_DATABASE_URL names no database after the host")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", parts.port or "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
