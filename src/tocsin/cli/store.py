"""The home's store, for commands that need one."""

from __future__ import annotations

from tocsin.base.home import Home


def use_store(home: Home) -> None:
    """Open the store of the home, making it on first use.

    Raises:
        StoreUnreachable: the database does not answer.
    """
    from tocsin.engine.logs import set_up_logging  # noqa: PLC0415
    from tocsin.engine.start import open_store  # noqa: PLC0415

    home.make()
    set_up_logging(home, "command")
    open_store(home)
