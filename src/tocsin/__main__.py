"""``python -m tocsin`` and the command ``tocsin``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line; gives the exit status."""
    from tocsin.cli.main import run  # noqa: PLC0415

    status = run(sys.argv[1:])
    gc.freeze()  # all memory goes back at once: no look for cycles in it first
    return status


if __name__ == "__main__":
    sys.exit(main())
