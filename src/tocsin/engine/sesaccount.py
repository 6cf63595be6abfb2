"""The account at Amazon SES as it was seen last, for whoever wants to know; and looking now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import SYSTEM_CLOCK, Clock, Instant, now, rfc3339
from tocsin.central.configuration import Configuration
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import appliance, nudge, sesledger
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound, RoleMissing
from tocsin.engine.sesclient import client_of
from tocsin.engine.sesinterest import basis_of, interest_of, relays_of_account
from tocsin.engine.sesledger import FAILED_FOR, LEASE
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.ses.account import Account, Identity, IdentityDetail, Rates
from tocsin.ses.aws import AwsFailure
from tocsin.ses.concern import Concern
from tocsin.ses.keys import KeySeen
from tocsin.ses.seen import Seen, Sender, look
from tocsin.store.queries import sesaccount as queries

RESPONDER = "responder"


@dataclass(frozen=True, slots=True)
class Told:
    """Something to see to, in the words of the catalogue."""

    concern: Concern
    explained: Explained


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What is known of the account that is configured."""

    region: str | None
    """None where the part ``ses`` is not configured."""
    can_ask: bool
    """Whether there is a key to ask it with."""
    relays: tuple[str, ...]
    """The relays whose mail goes into it."""
    looked_at: Instant | None
    """When it was asked last, whether it answered or not."""
    next_look_at: Instant | None
    looking: bool
    """Somebody looks just now."""
    failure: Explained | None
    """Why the last look saw nothing."""
    failing_since: Instant | None
    seen: Seen | None
    """What was seen last; None before the first time."""
    concerns: tuple[Told, ...]
    """What is to be seen to, the gravest first."""
    used: Mapping[str, int]
    """Recipients that each relay took from us in the 24 hours before the look."""

    @property
    def sent_by_us(self) -> int:
        """Recipients that all its relays took from us in these 24 hours."""
        return sum(self.used.values())

    @property
    def failing(self) -> bool:
        """Whether it could not be asked for so long that somebody is told of it."""
        since, at = self.failing_since, self.looked_at
        return since is not None and at is not None and at - since >= FAILED_FOR

    @property
    def grave(self) -> bool:
        """Whether something stops mail, or soon may."""
        return any(one.concern.grave for one in self.concerns)


def status(principal: Principal) -> AccountStatus:
    """What is known of the account that is configured.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return account_status(current().configuration)


def account_status(configuration: Configuration) -> AccountStatus:
    """What is known of the account that a configuration names."""
    ses = configuration.ses
    interest = interest_of(configuration)
    row = queries.look_at(ses.region) if ses is not None and interest is not None else None
    known = sesledger.known_of(row)
    return AccountStatus(
        region=ses.region if ses is not None else None,
        can_ask=interest is not None,
        relays=tuple(one.name for one in relays_of_account(configuration)),
        looked_at=row.looked_at if row else None,
        next_look_at=row.next_look_at if row else None,
        looking=bool(row and row.looking_until > now()),
        failure=explain(Finding(row.code, json.loads(row.code_facts)))
        if row and row.code
        else None,
        failing_since=row.failing_since if row else None,
        seen=known.seen if known else None,
        concerns=tuple(Told(one, explain(one.finding)) for one in known.concerns) if known else (),
        used=known.used if known else {},
    )


def ask(principal: Principal) -> str:
    """Have the account looked at now by the responder; gives its region.

    Raises:
        NotPermitted: the role may not.
        NotFound: no key is configured.
        RoleMissing: no responder runs that could look.
    """
    require(principal, Permission.TEST_ACTIONS)
    interest = interest_of(current().configuration)
    if interest is None:
        raise NotFound("AWS access key", "under ses")
    if not appliance.is_running(RESPONDER):
        raise RoleMissing(RESPONDER)
    at = now()
    if not queries.ask(interest.region, at):
        # The responder has not taken the configuration over yet.
        queries.watch(interest.region, basis_of(interest), at)
    nudge.wake(RESPONDER)
    return interest.region


def look_now(principal: Principal, *, clock: Clock = SYSTEM_CLOCK) -> AccountStatus:
    """Look at once, in this process; whatever comes of it is kept and told as ever.

    Raises:
        NotPermitted: the role may not.
        NotFound: no key is configured.
    """
    require(principal, Permission.TEST_ACTIONS)
    configuration = current().configuration
    interest, aws = interest_of(configuration), client_of(configuration)
    if interest is None or aws is None:
        raise NotFound("AWS access key", "under ses")
    at = clock.now()
    sesledger.keep_watch(configuration, at, clock)
    row = queries.look_at(interest.region)
    turn = queries.Turn(interest.region, row.turn, row.next_look_at) if row else None
    mine = queries.claim(turn, at + LEASE) if turn is not None else None
    if mine is None:  # another looks just now: what it sees is as new
        return account_status(configuration)
    try:
        seen = look(aws, interest, at)
    except AwsFailure as failure:
        sesledger.record_failure(mine, configuration, failure.finding, at, clock)
    else:
        sesledger.record(mine, configuration, seen, 0, clock)
    return account_status(configuration)


def status_json(status: AccountStatus) -> dict[str, Any]:
    """The account in the shape that the API and ``--json`` give."""
    seen, failure = status.seen, status.failure
    return {
        "region": status.region,
        "can_ask": status.can_ask,
        "relays": list(status.relays),
        "looked_at": _time(status.looked_at),
        "next_look_at": _time(status.next_look_at),
        "looking": status.looking,
        "failing_since": _time(status.failing_since),
        "code": failure.code if failure else None,
        "title": failure.title if failure else None,
        "cause": failure.cause if failure else None,
        "fix": list(failure.fix) if failure else [],
        "concerns": [_concern_json(one) for one in status.concerns],
        "seen": _seen_json(seen, status) if seen is not None else None,
    }


def _concern_json(one: Told) -> dict[str, Any]:
    return {
        "kind": one.concern.kind.value,
        "subject": one.concern.subject,
        "severity": one.concern.severity.value,
        "relay": one.concern.relay or None,
        "code": one.explained.code,
        "title": one.explained.title,
        "cause": one.explained.cause,
        "fix": list(one.explained.fix),
        "facts": dict(one.concern.finding.facts),
    }


def _seen_json(seen: Seen, status: AccountStatus) -> dict[str, Any]:
    return {
        "at": rfc3339(seen.at),
        "account": _account_json(seen.account, status) if seen.account else None,
        "rates": _rates_json(seen.rates) if seen.rates else None,
        "identities": _list(seen.identities, _identity_json),
        "identity_count": seen.identity_count,
        "senders": _list(seen.senders, _sender_json),
        "refused_recipients": None if seen.refused is None else list(seen.refused),
        "suppressed": _list(
            seen.suppressed,
            lambda one: {
                "address": one.address,
                "reason": one.reason,
                "since": rfc3339(one.since),
            },
        ),
        "suppressed_count": seen.suppressed_count,
        "keys": [_key_json(one) for one in seen.keys],
        "missing_rights": list(seen.missing),
    }


def _list(rows: Sequence[Any] | None, shape: Any) -> list[dict[str, Any]] | None:
    return None if rows is None else [shape(one) for one in rows]


def _account_json(account: Account, status: AccountStatus) -> dict[str, Any]:
    return {
        "sandbox": not account.production_access,
        "sending_enabled": account.sending_enabled,
        "enforcement": account.enforcement,
        "max_24_hour_send": account.max_24_hour_send,
        "max_send_rate": account.max_send_rate,
        "sent_last_24_hours": account.sent_last_24_hours,
        "sent_by_us_24_hours": status.sent_by_us,
        "suppressed_reasons": list(account.suppressed_reasons),
    }


def _rates_json(rates: Rates) -> dict[str, Any]:
    return {
        "attempts": rates.attempts,
        "bounces": rates.bounces,
        "complaints": rates.complaints,
        "rejects": rates.rejects,
        "bounce_rate": rates.bounce_rate,
        "complaint_rate": rates.complaint_rate,
    }


def _identity_json(one: Identity) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "sending_enabled": one.sending_enabled,
        "verification": one.verification,
    }


def _sender_json(one: Sender) -> dict[str, Any]:
    return {
        "relay": one.relay,
        "address": one.address,
        "identity": one.identity,
        **(_detail_json(one.detail) if one.detail else {}),
    }


def _detail_json(detail: IdentityDetail) -> dict[str, Any]:
    return {
        "verified": detail.verified,
        "verification": detail.verification,
        "dkim": detail.dkim,
        "mail_from": detail.mail_from,
        "mail_from_status": detail.mail_from_status,
        "configuration_set": detail.configuration_set,
    }


def _key_json(one: KeySeen) -> dict[str, Any]:
    return {
        "id": one.id,
        "use": one.use.value,
        "relay": one.relay or None,
        "user": one.user,
        "exists": one.exists,
        "active": one.active,
        "created_at": _time(one.created_at),
        "used_at": _time(one.used_at),
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)
