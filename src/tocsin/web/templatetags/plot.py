"""Filters of the drawings."""

from __future__ import annotations

from django import template

from tocsin.base.clock import Instant, to_datetime
from tocsin.domain.delivery import DeliveryState
from tocsin.web import wording

register = template.Library()


@register.filter
def clock(instant: Instant) -> str:
    """The time of day in UTC, to the minute."""
    return to_datetime(instant).strftime("%H:%M")


@register.filter
def state_word(kind: str) -> str:
    """A delivery's state in words."""
    return wording.delivery_state(DeliveryState(kind))
