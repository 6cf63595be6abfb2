"""Times among the arguments of a command."""

from __future__ import annotations

import argparse

from tocsin.base.clock import Instant, parse_rfc3339


def moment(text: str) -> Instant:
    """A time of RFC 3339, as an argument is read.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        return parse_rfc3339(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text}: accepted is an RFC 3339 time such as 2026-11-24T22:00:00Z"
        ) from None
