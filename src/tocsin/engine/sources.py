"""How far each source has been read, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.clock import Instant
from tocsin.base.home import node_name
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.store import models


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source with its counts since it was first read."""

    name: str
    kind: str
    path: str
    enabled: bool
    configured: bool
    """Whether the version in force still has it."""
    records: int
    alarms: int
    broken: int
    """Lines that could not be read; they are kept in the quarantine."""
    updated_at: Instant | None
    """When something of it was last stored; None when nothing was yet."""


def sources(principal: Principal, node: str | None = None) -> list[SourceView]:
    """The sources that a node reads, and those that it once read; this node when not given.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    node = node or node_name()
    read = {row.source: row for row in models.SourcePosition.objects.filter(node=node)}
    found = [
        _view(one, read.pop(one.name, None))
        for one in current().configuration.sources
        if one.node is None or one.node == node
    ]
    return [*found, *(_former(row) for _, row in sorted(read.items()))]


def _view(settings: object, row: models.SourcePosition | None) -> SourceView:
    return SourceView(
        name=getattr(settings, "name", ""),
        kind=getattr(settings, "kind", ""),
        path=getattr(settings, "path", ""),
        enabled=getattr(settings, "enabled", True),
        configured=True,
        records=row.records if row else 0,
        alarms=row.alarms if row else 0,
        broken=row.broken if row else 0,
        updated_at=row.updated_at if row else None,
    )


def _former(row: models.SourcePosition) -> SourceView:
    return SourceView(
        name=row.source,
        kind="",
        path="",
        enabled=False,
        configured=False,
        records=row.records,
        alarms=row.alarms,
        broken=row.broken,
        updated_at=row.updated_at,
    )
