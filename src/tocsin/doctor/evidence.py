"""What shows that a finding is so: the connection in the shapes that JSON has."""

from __future__ import annotations

from typing import Any

from tocsin.base.clock import rfc3339
from tocsin.doctor.passage import Passage
from tocsin.trust.verdict import readable

_MOST_EXCHANGES = 40


def evidence_of(passage: Passage) -> dict[str, Any]:
    """Encryption, chain and what was said; secrets are masked in the transcript already."""
    found: dict[str, Any] = {}
    facts = passage.tls
    if facts is not None:
        found = {
            "tls_version": facts.version,
            "cipher": facts.cipher,
            "temp_key": _temp_key(facts.temp_key_kind, facts.temp_key_bits),
            "chain": [
                {
                    "sha256": one.sha256,
                    "subject": one.subject,
                    "issuer": one.issuer,
                    "not_before": rfc3339(one.not_before),
                    "not_after": rfc3339(one.not_after),
                }
                for one in readable(facts.chain)
            ],
        }
    found["transcript"] = [one._asdict() for one in passage.transcript[-_MOST_EXCHANGES:]]
    return {name: value for name, value in found.items() if value}


def _temp_key(kind: str | None, bits: int | None) -> str:
    return " ".join(str(one) for one in (kind, bits and f"{bits} bits") if one)
