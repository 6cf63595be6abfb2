"""What roles, relays and sources last said of themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from tocsin.base.clock import MINUTE, Instant
from tocsin.store.models import RelayState, RelayUsage, SourcePosition
from tocsin.store.queries.rows import to_json

USAGE_SPAN: Instant = 10 * MINUTE
"""How finely it is kept what a relay took."""


def beat(  # noqa: PLR0913 -- one for each column
    *,
    node: str,
    role: str,
    instance: str,
    pid: int,
    started_at: Instant,
    now: Instant,
    applied_version: int,
    ready: bool,
    failure: str,
    detail: Mapping[str, Any],
) -> None:
    """Write what a role says of itself now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO role_state (node, role, instance, pid, started_at, heartbeat_at, "
            "applied_version, ready, failure, detail) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (node, role) DO UPDATE SET instance = excluded.instance, "
            "pid = excluded.pid, started_at = excluded.started_at, "
            "heartbeat_at = excluded.heartbeat_at, applied_version = excluded.applied_version, "
            "ready = excluded.ready, failure = excluded.failure, detail = excluded.detail",
            [
                node,
                role,
                instance,
                pid,
                started_at,
                now,
                applied_version,
                ready,
                failure[:500],
                to_json(dict(detail)),
            ],
        )


def relay_state(name: str) -> RelayState | None:
    """What was last observed of a relay."""
    return RelayState.objects.filter(name=name).first()


def save_relay_pause(
    name: str,
    *,
    paused_at: Instant | None,
    code: str | None,
    facts: Mapping[str, str],
    failures: int,
    probe_at: Instant | None,
) -> None:
    """Write that a relay is paused, or no more."""
    _save_relay(
        name,
        paused_at=paused_at,
        code=code,
        facts=to_json(dict(facts)),
        failures=failures,
        probe_at=probe_at,
    )


def save_relay_probe(name: str, at: Instant) -> None:
    """Write that a paused relay was looked at."""
    _save_relay(name, probed_at=at)


def save_learnt_rate(name: str, rate: float | None) -> None:
    """Write what its refusals have taught of a relay's rate."""
    _save_relay(name, learnt_rate=rate)


def paused_relays(*, without: Sequence[str]) -> list[str]:
    """Names of relays that are paused, others than these."""
    paused = RelayState.objects.filter(paused_at__isnull=False).exclude(name__in=without)
    return list(paused.values_list("name", flat=True))


def _save_relay(name: str, **columns: object) -> None:
    RelayState.objects.update_or_create(
        name=name,
        defaults=columns,
        create_defaults={"facts": "{}", "failures": 0, **columns},
    )


def relay_accepted(name: str, at: Instant, messages: int, recipients: int) -> None:
    """Write that a relay took so many messages for so many recipients just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO relay_state (name, facts, failures, last_accepted_at) "
            "VALUES (%s, '{}', 0, %s) "
            "ON CONFLICT (name) DO UPDATE SET last_accepted_at = excluded.last_accepted_at",
            [name, at],
        )
        cursor.execute(
            "INSERT INTO relay_usage (relay, at, messages, recipients) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (relay, at) DO UPDATE SET "
            "messages = relay_usage.messages + excluded.messages, "
            "recipients = relay_usage.recipients + excluded.recipients",
            [name, at - at % USAGE_SPAN, messages, recipients],
        )


def relay_usage(name: str, since: Instant) -> list[tuple[Instant, int, int]]:
    """What a relay took in each span since then: (when, messages, recipients)."""
    return list(
        RelayUsage.objects.filter(relay=name, at__gte=since - since % USAGE_SPAN)
        .order_by("at")
        .values_list("at", "messages", "recipients")
    )


def forget_usage(before: Instant) -> None:
    """Drop what relays took in spans before a moment."""
    RelayUsage.objects.filter(at__lt=before).delete()


def source_position(node: str, source: str) -> dict[str, Any] | None:
    """How far a source was read on this node; None when it never was."""
    row = SourcePosition.objects.filter(node=node, source=source).first()
    return None if row is None else json.loads(row.position)


def save_source_position(
    *,
    node: str,
    source: str,
    position: Mapping[str, Any],
    records: int,
    alarms: int,
    broken: int,
    now: Instant,
) -> None:
    """Write how far a source was read, in the transaction of the alarms that came of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO source_position (node, source, position, records, alarms, broken, "
            "updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (node, source) DO UPDATE SET position = excluded.position, "
            "records = source_position.records + excluded.records, "
            "alarms = source_position.alarms + excluded.alarms, "
            "broken = source_position.broken + excluded.broken, "
            "updated_at = excluded.updated_at",
            [node, source, to_json(dict(position)), records, alarms, broken, now],
        )
