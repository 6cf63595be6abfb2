"""Where the first administrator's one-time password waits for the operator."""

from __future__ import annotations

from pathlib import Path

from tocsin.base.home import Home


def first_password_file(home: Home) -> Path:
    """A file of mode 0600; it goes when the password was shown, or was used."""
    return home.folder / "first-password"
