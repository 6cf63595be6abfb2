"""A store that starts empty for what the setup assistant changes."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _store(db: None) -> None:
    """Every test of the assistant has a store."""
