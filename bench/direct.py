"""Tocsin's own client without its outbox: the yardstick of what the outbox costs.

    direct.py HOME [--connections N] [--ahead]

Takes what waits in a home's outbox, makes the same messages of it by the same composer, and
hands them to the configured relay by the same client in batches of the same size; nothing
is claimed, recorded or logged. With ``--ahead`` all are composed before the first leaves;
else each batch just before its turn. The home stays as it is.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.clock import now
from tocsin.base.home import Home
from tocsin.engine.start import open_store

if TYPE_CHECKING:
    from tocsin.engine.composer import MessageComposer
    from tocsin.engine.relay import Relay
    from tocsin.mail.envelope import Envelope
    from tocsin.mail.relay import RelaySettings
    from tocsin.store.queries.outgoing import Outgoing


def main() -> int:
    """Send everything; 1 when a message was not taken."""
    options = _options()
    home = Home(options.home)
    open_store(home)
    # Only a process whose store is open may load these.
    from tocsin.engine.composer import MessageComposer  # noqa: PLC0415
    from tocsin.engine.configuration import current  # noqa: PLC0415
    from tocsin.engine.relay import relays  # noqa: PLC0415

    (relay,) = relays(home, current().configuration)
    composer = MessageComposer()
    batches = _batches(composer, relay, _waiting(composer))
    if options.ahead:
        batches = iter(list(batches))
    return asyncio.run(_send(relay.settings, batches, options.connections))


def _waiting(composer: MessageComposer) -> list[Outgoing]:
    """The whole outbox, in the order in which it would be emptied."""
    from tocsin.engine import ledger  # noqa: PLC0415

    found: dict[str, Outgoing] = {}
    while more := ledger.waiting(composer, now(), 5_000, without=found.keys()):
        found.update((one.id, one) for one in more)
    return list(found.values())


def _batches(
    composer: MessageComposer, relay: Relay, waiting: Sequence[Outgoing]
) -> Iterator[list[Envelope]]:
    for first in range(0, len(waiting), relay.settings.window):
        batch = waiting[first : first + relay.settings.window]
        yield [composer.compose(one, relay) for one in batch]


async def _send(relay: RelaySettings, batches: Iterator[list[Envelope]], connections: int) -> int:
    refused = await asyncio.gather(*(_serve(relay, batches) for _ in range(connections)))
    return int(any(refused))


async def _serve(relay: RelaySettings, batches: Iterator[list[Envelope]]) -> int:
    from tocsin.mail.relay import RelayConnection  # noqa: PLC0415

    connection = RelayConnection(relay)
    await connection.open()
    refused = 0
    for batch in batches:
        refused += sum(not one.ok for one in await connection.deliver(batch))
    await connection.close()
    return refused


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--ahead", action="store_true", help="compose everything first")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
