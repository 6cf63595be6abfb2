"""What every run of a benchmark has: options, a folder for a while, figures at its end."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import machine
from comparison import Aim, Comparison


def parser(words: str) -> argparse.ArgumentParser:
    """A parser with what they all understand."""
    made = argparse.ArgumentParser(
        description=words, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--rounds", type=int, default=5, help="the median of so many counts")
    made.add_argument("--json", metavar="FILE", help="write the figures there too")
    made.add_argument("--keep", action="store_true", help="keep the folder, with logs and homes")
    return made


@contextmanager
def folder(options: argparse.Namespace) -> Iterator[Path]:
    """A folder for everything that the run makes."""
    made = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    made.chmod(0o755)  # a peer may run as a user of its own
    print(machine.describe(), flush=True)
    try:
        yield made
    finally:
        if options.keep:
            print(f"kept: {made}")
        else:
            shutil.rmtree(made)


def report(
    options: argparse.Namespace,
    compared: Comparison,
    aims: Sequence[Aim],
    further: Mapping[str, Any] | None = None,
) -> None:
    """Print figures and ratios, and write them, with `further` ones, where they are wanted."""
    print(f"\n{compared.figures()}\n", flush=True)
    if aims:
        print(compared.ratios(aims), flush=True)
    if options.json:
        plain = compared.to_plain(aims) | dict(further or {})
        Path(options.json).write_text(json.dumps(plain, indent=2) + "\n")
