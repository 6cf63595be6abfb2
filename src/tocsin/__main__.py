"""``python -m tocsin`` and the command ``tocsin``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; gives the exit status."""
    from tocsin.cli.main import run  # noqa: PLC0415

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
