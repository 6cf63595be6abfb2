"""Which database a URL means."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.store.database import BadDatabaseUrl, database_settings


def test_without_a_url_the_home_holds_the_database() -> None:
    """The embedded database commits durably: WAL, synchronous FULL, IMMEDIATE."""
    found = database_settings(None, Path("/h/tocsin.db"))
    assert found["NAME"] == "/h/tocsin.db"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


def test_a_url_is_taken_apart() -> None:
    """User, password, host, port, name and options stand where they belong."""
    found = database_settings(
        "postgresql://u:p%40ss@db.example.com:5433/tocsin?sslmode=verify-full", Path("/x")
    )
    assert found["USER"] == "u"
    assert found["PASSWORD"] == "p@ss"
    assert found["HOST"] == "db.example.com"
    assert found["PORT"] == "5433"
    assert found["NAME"] == "tocsin"
    assert found["OPTIONS"] == {"sslmode": "verify-full"}


@pytest.mark.parametrize("url", ["mysql://u:hush@h/n", "postgresql://u:hush@h", "nonsense"])
def test_a_wrong_url_is_refused_without_its_password(url: str) -> None:
    """The message says what is accepted and never repeats a password."""
    with pytest.raises(BadDatabaseUrl) as caught:
        database_settings(url, Path("/x"))
    assert "hush" not in str(caught.value)
