"""Remedies in the shape that the API and ``--json`` give."""

from __future__ import annotations

from typing import Any

from tocsin.base.clock import rfc3339
from tocsin.engine.remedy import Done, Offer, RemedyPreview
from tocsin.trust.certificate import Certificate


def offer_json(one: Offer) -> dict[str, Any]:
    """A remedy that is offered."""
    return {
        "index": one.index,
        "kind": one.kind.value,
        "label": one.label,
        "code": one.code,
        "does": str(one.says),
        "asks": list(one.asks),
        "permitted": one.permitted,
    }


def preview_json(shown: RemedyPreview) -> dict[str, Any]:
    """What carrying it out would come to; `version` is given back to carry it out."""
    return {
        **offer_json(shown.offer),
        "does": str(shown.says),
        "asks": list(shown.asks),
        "version": shown.version,
        "differences": [
            {"path": one.path, "before": one.before, "after": one.after}
            for one in shown.differences
        ],
        "warnings": [*map(str, shown.notices), *shown.warnings],
        "certificate": _certificate(shown.certificate) if shown.certificate else None,
        "trusting": str(shown.trusting) if shown.trusting else None,
        "effects": [one.to_json() for one in shown.effects],
    }


def _certificate(one: Certificate) -> dict[str, Any]:
    return {
        "sha256": one.sha256,
        "subject": one.subject,
        "issuer": one.issuer,
        "not_before": rfc3339(one.not_before),
        "not_after": rfc3339(one.not_after),
        "key": one.key,
        "ca": one.is_ca,
    }


def done_json(done: Done) -> dict[str, Any]:
    """What was done; `walk` is the one that began after it."""
    return {
        "ok": True,
        "version": done.version,
        "did": done.what,
        "walk": done.run,
        "unwalked": done.unwalked or None,
    }
