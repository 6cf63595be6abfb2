"""The kinds there are: a new one costs one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.central.configuration import RuleEntry
from tocsin.central.kinds import Kinds, KindSchema
from tocsin.channels.email.kind import Email
from tocsin.channels.kind import ActionKind
from tocsin.intake.eve.kind import Eve
from tocsin.intake.kind import SourceKind
from tocsin.rules.condition import check_when
from tocsin.rules.match import Rule

ACTIONS: Mapping[str, ActionKind] = {kind.name: kind for kind in (Email(),)}
SOURCES: Mapping[str, SourceKind] = {kind.name: kind for kind in (Eve(),)}


def _schemas(kinds: Mapping[str, Any]) -> dict[str, KindSchema]:
    return {name: KindSchema(kind.settings, kind.check) for name, kind in kinds.items()}


KINDS = Kinds(sources=_schemas(SOURCES), actions=_schemas(ACTIONS), check_when=check_when)
"""What the configuration document is told about kinds."""


def rule_of(entry: RuleEntry) -> Rule:
    """A rule of the document as matching takes it."""
    return Rule(entry.name, entry.enabled, entry.when, entry.active, entry.inactive)
