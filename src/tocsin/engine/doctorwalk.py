"""A walk in the background, written down as it goes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading

import structlog
from django.db import DatabaseError

from tocsin.base.clock import now
from tocsin.doctor.errand import Errand
from tocsin.doctor.step import Step
from tocsin.engine.doctorrun import ended, kept_step
from tocsin.engine.storethread import StoreThread
from tocsin.store.queries import doctor as queries

_APART_S = 0.1
"""Seconds between two writes of what was seen so far."""
_BEAT_S = 2.0
"""Seconds after which it is written that the walk goes on, though nothing new was seen."""
_PATIENCE_S = 30.0
"""Seconds for which a store that does not answer is waited for at the end."""

_log = structlog.get_logger("doctor")


def walk_in_background(id_: str, errand: Errand) -> threading.Thread:
    """Walk in a thread of its own; it ends with the process, whatever it waits for."""
    thread = threading.Thread(
        target=lambda: asyncio.run(_run(id_, errand)), name=f"doctor {id_}", daemon=True
    )
    thread.start()
    return thread


async def _run(id_: str, errand: Errand) -> None:
    store = StoreThread()
    try:
        await _walk(store, id_, errand)
    except Exception as error:  # noqa: BLE001 -- the walk ends, and says so
        _log.error("incident", incident=secrets.token_hex(4), run=id_, exc_info=error)
        with contextlib.suppress(DatabaseError):
            await store.call(queries.break_off, id_, now())
    finally:
        await store.close()


async def _walk(store: StoreThread, id_: str, errand: Errand) -> None:
    from tocsin.doctor.told import report_json, report_text  # noqa: PLC0415 -- with its libraries
    from tocsin.doctor.walk import walk  # noqa: PLC0415

    steps: list[Step] = []
    changed = asyncio.Event()

    def on_step(step: Step) -> None:
        steps.append(step)
        changed.set()

    keeping = asyncio.create_task(_keep(store, id_, steps, changed))
    try:
        report = await walk(errand, on_step)
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
    over = ended(report, report_json(report), report_text(report))
    async with asyncio.timeout(_PATIENCE_S):
        await store.insist(queries.end, id_, over)


async def _keep(store: StoreThread, id_: str, steps: list[Step], changed: asyncio.Event) -> None:
    """Write the steps as they come, and that the walk goes on while none does."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BEAT_S):
                await changed.wait()
        changed.clear()
        # A store that does not answer just now gets them with the next ones.
        with contextlib.suppress(DatabaseError):
            await store.call(queries.go_on, id_, [kept_step(one) for one in steps], now())
        await asyncio.sleep(_APART_S)
