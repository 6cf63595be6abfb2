"""What leans on a certificate of the trust store: asked before it is taken out."""

from __future__ import annotations

import json

from tocsin.base.clock import now
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.store import models
from tocsin.trust.verdict import judge


def relay_needs(principal: Principal, name: str) -> bool | None:
    """Whether an SMTP relay would no longer verify without the certificate of that name.

    Judged by the chain that each relay presented last; None when none presented one yet, or
    none verifies anyway.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    configuration = current().configuration
    anchors = [one.anchor for one in configuration.trust]
    rest = [one.anchor for one in configuration.trust if one.name != name]
    at = now()
    verdicts: list[bool] = []
    for relay in configuration.every_relay:
        chain = _last_chain(relay.name, relay.server, relay.port)
        if chain and judge(chain, anchors, relay.server, at).trusted:
            verdicts.append(not judge(chain, rest, relay.server, at).trusted)
    return any(verdicts) if verdicts else None


def _last_chain(name: str, host: str, port: int) -> list[bytes]:
    """The DER of each certificate that a relay presented last, leaf first."""
    latest = (
        models.Connection.objects.filter(relay=name, host=host, port=port)
        .exclude(chain="[]")
        .order_by("-opened_at")
        .values_list("chain", flat=True)
        .first()
    )
    wanted: list[str] = json.loads(latest) if latest else []
    rows = models.SeenCertificate.objects.filter(sha256__in=wanted)
    kept = {row.sha256: bytes(row.der) for row in rows}
    return [kept[sha256] for sha256 in wanted if sha256 in kept]
