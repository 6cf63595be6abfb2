"""``tocsin trust watch``: what the relays presented, over time."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.output import Output, printable
from tocsin.cli.store import use_store

if TYPE_CHECKING:
    from tocsin.engine.chainhistory import Entry, History, Line


def run(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    """Exit status 1 when what a relay presents now would not verify."""
    use_store(home)
    from tocsin.engine import access, chainhistory  # noqa: PLC0415

    found = chainhistory.histories(access.LOCAL)
    lines = [line for one in found for line in _relay(one)]
    output.answer(
        [chainhistory.history_json(one) for one in found], lines or ["no relay is watched"]
    )
    return 0 if all(map(_verifies, found)) else 1


def _verifies(history: History) -> bool:
    entries = (entry for line in history.lines for entry in line.entries)
    return all(one.trusted for one in entries if one.present)


def _relay(history: History) -> Iterator[str]:
    """A relay for a person."""
    yield f"{printable(history.relay)}: {printable(history.host)}:{history.port}"
    if not history.configured:
        yield "  is not watched any more"
    elif history.looked_at is None:
        yield "  was not looked at yet"
    else:
        yield f"  looked at        {rfc3339(history.looked_at)}"
    if history.explained:
        yield f"  no address was reached: {history.explained.title} [{history.explained.code}]"
    for line in history.lines:
        yield from _address(line, configured=history.configured)


def _address(line: Line, *, configured: bool) -> Iterator[str]:
    gone = ", not found under its name any more" if configured and not line.known else ""
    yield f"  {printable(line.address)}{gone}"
    if line.explained:
        yield f"    was not reached: {line.explained.title} [{line.explained.code}]"
    for entry in line.entries:
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    until = "now" if entry.present else rfc3339(entry.last_seen_at)[:16]
    yield f"    {rfc3339(entry.first_seen_at)[:16]} until {until}: {_verdict(entry)}"
    leaf = entry.leaf
    if leaf is None:
        yield "      a certificate that cannot be read"
    else:
        yield f"      {printable(leaf.title)}, issued by {printable(leaf.issuer)}"
        yield f"      valid {rfc3339(leaf.not_before)[:10]} to {rfc3339(leaf.not_after)[:10]}"
        yield f"      SHA-256 {leaf.sha256}"
    yield from (f"      - {printable(str(one))}" for one in entry.changes)


def _verdict(entry: Entry) -> str:
    if entry.trusted:
        name = entry.anchor_name or (entry.anchor or "")[:16]
        return f"verified, resting on {printable(name)}" if name else "verified"
    told = entry.explained
    return f"did not verify: {told.title} [{told.code}]" if told else "did not verify"
