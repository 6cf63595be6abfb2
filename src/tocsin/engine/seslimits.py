"""What the account at Amazon SES lets its relays send, as it was seen last."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.base.clock import DAY, SYSTEM_CLOCK, Clock
from tocsin.central.configuration import Configuration
from tocsin.engine import sesledger
from tocsin.engine.relay import Limits
from tocsin.engine.sesinterest import relays_of_account
from tocsin.engine.sesledger import Known
from tocsin.store.queries import sesaccount as queries


def limits(configuration: Configuration, clock: Clock = SYSTEM_CLOCK) -> Mapping[str, Limits]:
    """By relay what its account allows; nothing where no account is known.

    A relay whose key the account has not signs in to another one, whose limits nobody told.
    """
    ses = configuration.ses
    if ses is None or ses.access_key is None:
        return {}
    known = sesledger.known_of(queries.look_at(ses.region))
    if known is None:
        return {}
    # After a day nothing of what others sent counts any more.
    lately = clock.now() - known.seen.at < DAY
    strange = {one.id for one in known.seen.keys if one.exists is False}
    return {
        one.name: limits_of(known, one.name, lately=lately)
        for one in relays_of_account(configuration)
        if one.user not in strange
    }


def limits_of(known: Known, relay: str, *, lately: bool = True) -> Limits:
    """What is allowed to one relay of the account.

    Amazon SES counts what everybody sent by the account; what this relay took of us at that
    time is known, and the rest is others'.
    """
    account = known.seen.account
    if account is None:
        return Limits()
    quota, rate = account.max_24_hour_send, account.max_send_rate
    sent = account.sent_last_24_hours or 0
    others = max(0, round(sent) - known.used.get(relay, 0))
    return Limits(
        # A quota of -1 is none at all.
        max_send_rate=rate if rate is not None and rate > 0 else None,
        max_24_hour_send=int(quota) if quota is not None and quota > 0 else None,
        sent_by_others=others if lately else 0,
    )
