"""``/metrics``: the manager's numbers as OpenMetrics text."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Count

from tocsin.base.clock import SECOND, now
from tocsin.central.appliance import GONE_AFTER
from tocsin.domain.delivery import DeliveryState
from tocsin.store import models
from tocsin.store.queries.arrival import last_latency
from tocsin.store.queries.counters import all_counters

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_HELP = {
    "tocsin_alarms": "Reports accepted, by the type of their source.",
    "tocsin_canaries": "Canaries of the arrival probe, by what became of them.",
    "tocsin_alarms_worked": "Alarms that people acknowledged or closed.",
    "tocsin_deliveries": "Entries of deliveries into a state.",
    "tocsin_receipts": "Recipients that a receipt came of, by what it says.",
    "tocsin_transitions": "Transitions in the lives of alarms.",
}


def openmetrics() -> str:
    """Every counter and gauge, ending in the mark that OpenMetrics 1.0 asks for."""
    lines: list[str] = []
    families: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, labels, value in all_counters():
        families[name.removesuffix("_total")].append((labels, value))
    for family, samples in families.items():
        lines += [f"# TYPE {family} counter", f"# HELP {family} {_HELP.get(family, family)}"]
        lines += [f"{family}_total{{{labels}}} {value}" for labels, value in samples]
    lines += _gauges()
    return "\n".join([*lines, "# EOF", ""])


def _gauges() -> list[str]:
    moment = now()
    counted = dict(models.Delivery.objects.values_list("state").annotate(Count("id")))
    lines = [
        "# TYPE tocsin_deliveries_now gauge",
        "# HELP tocsin_deliveries_now Deliveries in each state.",
    ]
    lines += [
        f'tocsin_deliveries_now{{state="{state}"}} {counted.get(state.value, 0)}'
        for state in DeliveryState
    ]
    undecided = models.Transition.objects.filter(decided_at=None).count()
    oldest = (
        models.Delivery.objects.filter(state__in=["queued", "retrying"])
        .order_by("id")
        .values_list("queued_at", flat=True)
        .first()
    )
    age = 0.0 if oldest is None else max(0, moment - oldest) / SECOND
    lines += [
        "# TYPE tocsin_transitions_undecided gauge",
        "# HELP tocsin_transitions_undecided Transitions that wait for a decision.",
        f"tocsin_transitions_undecided {undecided}",
        "# TYPE tocsin_oldest_waiting_seconds gauge",
        "# HELP tocsin_oldest_waiting_seconds Age of the oldest delivery that waits.",
        f"tocsin_oldest_waiting_seconds {age:.3f}",
        "# TYPE tocsin_relay_paused gauge",
        "# HELP tocsin_relay_paused 1 while a relay is paused.",
    ]
    lines += [
        f'tocsin_relay_paused{{relay="{_label(row.name)}"}} {int(row.paused_at is not None)}'
        for row in models.RelayState.objects.order_by("name")
    ]
    latency = last_latency()
    if latency is not None:
        lines += [
            "# TYPE tocsin_arrival_latency_seconds gauge",
            "# HELP tocsin_arrival_latency_seconds From accepted to arrived, of the last canary.",
            f"tocsin_arrival_latency_seconds {latency / SECOND:.3f}",
        ]
    lines += [
        "# TYPE tocsin_role_up gauge",
        "# HELP tocsin_role_up 1 while a role reports itself.",
    ]
    lines += [
        f'tocsin_role_up{{node="{_label(row.node)}",role="{row.role}"}} '
        f"{int(row.heartbeat_at > moment - GONE_AFTER)}"
        for row in models.RoleState.objects.order_by("node", "role")
    ]
    return lines


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
