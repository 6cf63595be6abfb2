"""The home's store, for commands that need one."""

from __future__ import annotations

import os

from tocsin.base.home import Home
from tocsin.cli.trouble import Missing


def use_store(home: Home) -> None:
    """Open the store of the home, making it on first use.

    Raises:
        Missing: the folder cannot be one of a home.
        StoreUnreachable: the database does not answer.
    """
    from tocsin.engine.logs import set_up_logging  # noqa: PLC0415
    from tocsin.engine.start import open_store  # noqa: PLC0415

    try:
        home.make()
        set_up_logging(home, "command")
    except OSError as error:
        raise Missing(f"{home.folder} cannot be the home of a manager: {error.strerror}") from None
    open_store(home)


def has_store(home: Home) -> bool:
    """Whether the home has a store already; looking makes none."""
    return home.database.exists() or bool(os.environ.get("TOCSIN_DATABASE_URL"))
