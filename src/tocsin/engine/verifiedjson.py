"""A verified message in the shape that the API and ``--json`` give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import Instant, rfc3339
from tocsin.engine.verdict import Statement
from tocsin.engine.verify import Verified
from tocsin.mail.received.alignment import Alignment
from tocsin.mail.received.arc import ArcSet
from tocsin.mail.received.results import AuthenticationResults
from tocsin.mail.received.route import Step
from tocsin.mail.received.signature import Checked, Signature
from tocsin.ses.carried import Carriage

if TYPE_CHECKING:
    from tocsin.engine.ours import Ours


def verified_json(
    found: Verified, verdict: Sequence[Statement], ours: Ours | None
) -> dict[str, Any]:
    """Everything that was found out."""
    message = found.message
    return {
        "ok": found.ok,
        "verdict": [str(one) for one in verdict],
        "ses": found.carriage.carried,
        "rehearsal": found.is_rehearsal,
        "from": message.text("from"),
        "to": message.text("to"),
        "subject": message.text("subject"),
        "date": _time(found.route.written_at),
        "message_id": message.first("message-id"),
        "carriage": _carriage(found.carriage),
        "hops": [_hop(one) for one in found.route.steps],
        "took_s": found.route.took_s,
        "dkim": [_checked(one) for one in found.dkim],
        "arc": {
            "result": found.chain.result.value,
            "reason": found.chain.reason,
            "sets": [_set(one) for one in found.chain.sets],
        },
        "authentication_results": [
            {"own": one.own, **_results(one.results)} for one in found.statements
        ],
        "alignment": _alignment(found.alignment),
        "keys_from": found.source,
        "delivery": ours.delivery if ours is not None else None,
        "alarms": list(ours.alarms) if ours is not None else [],
        "matched_by": ours.matched_by.value if ours is not None else None,
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)


def _carriage(one: Carriage) -> dict[str, Any]:
    return {
        "proof": one.proof.value,
        "region": one.region,
        "message_id": one.message_id,
        "accepted_at": _time(one.accepted_at),
        "evidence": [
            {"field": part.field, "value": part.value, "region": part.region}
            for part in one.evidence
        ],
    }


def _hop(step: Step) -> dict[str, Any]:
    hop = step.hop
    return {
        "number": step.number,
        "from": hop.helo,
        "from_host": hop.host,
        "from_address": hop.address,
        "by": hop.by,
        "with": hop.protocol,
        "id": hop.id,
        "for": hop.recipient,
        "encrypted": hop.encrypted,
        "tls_version": hop.tls_version or None,
        "cipher": hop.cipher or None,
        "at": _time(hop.at),
        "delay_s": step.delay_s,
        "clocks_differ": step.clocks_differ,
    }


def _signature(one: Signature) -> dict[str, Any]:
    return {
        "d": one.domain,
        "s": one.selector,
        "a": one.algorithm,
        "c": one.canonicalization,
        "i": one.identity,
        "signed": list(one.signed),
        "signed_at": _time(one.signed_at),
        "expires_at": _time(one.expires_at),
        "length": one.length,
    }


def _checked(one: Checked) -> dict[str, Any]:
    return {
        **_signature(one.signature),
        "result": one.outcome.value,
        "reason": one.reason,
        "key": {"kind": one.key_kind, "bits": one.key_bits} if one.key_bits else None,
    }


def _set(one: ArcSet) -> dict[str, Any]:
    return {
        "i": one.instance,
        "seal": None
        if one.seal is None
        else {
            "d": one.seal.domain,
            "s": one.seal.selector,
            "cv": one.seal.seal,
            "signed_at": _time(one.seal.signed_at),
            "holds": one.seal_holds,
        },
        "message_signature": None
        if one.message is None
        else {**_signature(one.message), "holds": one.message_holds},
        "authentication_results": None if one.results is None else _results(one.results),
    }


def _results(one: AuthenticationResults) -> dict[str, Any]:
    return {
        "server": one.server or None,
        "version": one.version or None,
        "results": [
            {
                "method": part.method,
                "result": part.result,
                "reason": part.reason,
                "comment": part.comment,
                "properties": dict(part.properties),
            }
            for part in one.results
        ],
    }


def _alignment(one: Alignment) -> dict[str, Any]:
    policy = one.policy
    return {
        "domain": one.domain or None,
        "result": one.result,
        "policy": None
        if policy is None
        else {
            "found_at": policy.found_at,
            "p": policy.policy,
            "adkim": "s" if policy.strict_dkim else "r",
            "aspf": "s" if policy.strict_spf else "r",
        },
        "policy_not_known": one.policy_silence or None,
        "parts": [
            {
                "method": part.method,
                "domain": part.domain,
                "result": part.result,
                "alignment": part.relation.value,
                "word_of": part.word_of,
            }
            for part in one.parts
        ],
    }
