"""The anchors that a relay's certificate may lead to."""

from __future__ import annotations

from tocsin.central.configuration import Configuration
from tocsin.trust.anchor import Anchor
from tocsin.trust.systemroots import system_anchors


def trusted_anchors(configuration: Configuration) -> tuple[Anchor, ...]:
    """Those of the trust store, and behind them the operating system's where it is asked for."""
    own = tuple(one.anchor for one in configuration.trust)
    if not configuration.trust_system_roots:
        return own
    held = {one.certificate.sha256 for one in own}
    return (*own, *(one for one in system_anchors() if one.certificate.sha256 not in held))
