"""The proposal and what became of it, in the shape that the API and ``--json`` give."""

from __future__ import annotations

from typing import Any

from tocsin.base.clock import rfc3339
from tocsin.engine.configuration import Changed
from tocsin.engine.setup.proposal import Proposal
from tocsin.faults.fault import Explained
from tocsin.ses.account import Overview
from tocsin.trust.certificate import Certificate


def proposal_json(proposal: Proposal) -> dict[str, Any]:
    """What was found, without the password."""
    return {
        "host": proposal.host,
        "port": proposal.port,
        "encryption": proposal.encryption,
        "user": proposal.user,
        "shape": [explained_json(one) for one in proposal.shape],
        "collection": None if proposal.collection is None else proposal.collection.to_json(),
        "anchor": None if proposal.anchor is None else _certificate(proposal.anchor),
        "anchor_reason": proposal.anchor_reason,
        "signed_in": proposal.signed_in,
        "sign_in": None if proposal.sign_in is None else explained_json(proposal.sign_in),
        "account": None if proposal.account is None else _account(proposal.account),
        "api": None if proposal.api is None else explained_json(proposal.api),
        "in_sandbox": proposal.in_sandbox,
        "senders": [{"name": one.name, "kind": one.kind} for one in proposal.senders],
        "actions": [
            {"action": one.action, "refused": list(one.refused)} for one in proposal.actions
        ],
    }


def explained_json(told: Explained) -> dict[str, Any]:
    """A fault as it is told."""
    return {
        "code": told.code,
        "title": told.title,
        "severity": told.severity.value,
        "cause": told.cause,
        "fix": list(told.fix),
    }


def _certificate(one: Certificate) -> dict[str, Any]:
    return {
        "sha256": one.sha256,
        "title": one.title,
        "subject": one.subject,
        "issuer": one.issuer,
        "not_before": rfc3339(one.not_before),
        "not_after": rfc3339(one.not_after),
    }


def _account(overview: Overview) -> dict[str, Any]:
    seen, rates = overview.account, overview.rates
    return {
        "sending_enabled": None if seen is None else seen.sending_enabled,
        "enforcement": None if seen is None else seen.enforcement,
        "max_24_hour_send": None if seen is None else seen.max_24_hour_send,
        "max_send_rate": None if seen is None else seen.max_send_rate,
        "sent_last_24_hours": None if seen is None else seen.sent_last_24_hours,
        "bounce_rate": None if rates is None else rates.bounce_rate,
        "complaint_rate": None if rates is None else rates.complaint_rate,
        "suppressed": None if overview.suppressed is None else len(overview.suppressed),
        "missing": list(overview.missing),
    }


def changed_json(changed: Changed) -> dict[str, Any]:
    """What the one change did."""
    return {
        "version": changed.version,
        "changed": changed.made,
        "differences": [
            {"path": one.path, "before": one.before, "after": one.after}
            for one in changed.differences
        ],
        "warnings": [{"path": one.path, "message": one.message} for one in changed.warnings],
    }
