"""What a command is given to read: a file, or standard input."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

from tocsin.cli.trouble import WrongUse

STDIN = "-"
_LONGEST_S = 3600.0


def read_text(name: str) -> str:
    """The content of a file of UTF-8 text; ``-`` is standard input.

    Raises:
        OSError: the file cannot be read.
        WrongUse: it is no text.
    """
    shown = "standard input" if name == STDIN else name
    if name != STDIN:
        content = Path(name).read_bytes()
    elif sys.stdin is None:
        raise WrongUse("standard input is closed")
    else:
        content = sys.stdin.buffer.read()
    try:
        return content.decode("utf-8-sig")  # editors of another system put a mark before it
    except UnicodeDecodeError as error:
        raise WrongUse(f"{shown} is no UTF-8 text: {error.reason} at octet {error.start}") from None


def read_json(name: str) -> Any:
    """The content of a file as JSON.

    Raises:
        OSError: the file cannot be read.
        WrongUse: it is no JSON.
    """
    try:
        return json.loads(read_text(name), parse_constant=_refuse_constant)
    except RecursionError:
        raise WrongUse(f"{name} is no JSON that can be read: it is nested too deeply") from None
    except ValueError as error:
        raise WrongUse(f"{name} is not JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """``--limit``: lists are whole unless it is given."""
    parser.add_argument(
        "--limit", type=_count, metavar="N", help="at most so many, the first ones (default: all)"
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def seconds(text: str) -> float:
    """A duration, as an argument is read.

    Raises:
        argparse.ArgumentTypeError: it is none, or longer than an hour.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds up to {_LONGEST_S:.0f}")
    return value
