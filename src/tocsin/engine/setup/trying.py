"""One sign-in at the endpoint, to see whether it takes the credentials; no mail is sent."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained
from tocsin.mail.relay import Deadlines, RelayConnection, RelayFailure, RelaySettings

_STEP_S = 10.0
PATIENCE_S = 30.0
"""IAM tells SES of a new key within seconds; a refusal after so many is meant."""
_AGAIN_S = 2.0
REJECTED = "auth.rejected"
"""The relay does not know the user, or the password is another."""


def try_sign_in(settings: RelaySettings, *, fresh: bool = False) -> Explained | None:
    """Why the relay does not take the sign-in; None when it does.

    The password goes out over a connection that was verified, and over no other: that is in
    the nature of `RelayConnection`. A key that is `fresh` is tried again for a while.
    """
    patient = replace(settings, deadlines=Deadlines().capped(_STEP_S))
    until = time.monotonic() + PATIENCE_S
    while True:
        told = asyncio.run(_sign_in(patient))
        if told is None or not fresh or told.code != REJECTED or time.monotonic() > until:
            return told
        time.sleep(_AGAIN_S)


async def _sign_in(settings: RelaySettings) -> Explained | None:
    connection = RelayConnection(settings)
    try:
        await connection.open()
    except RelayFailure as failure:
        return explain(failure.finding)
    finally:
        await connection.close()
    return None
