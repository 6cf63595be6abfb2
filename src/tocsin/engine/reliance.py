"""What leans on a certificate of the trust store: asked before it is taken out."""

from __future__ import annotations

import json

from tocsin.base.clock import now
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.relay import FIRST
from tocsin.store import models
from tocsin.trust.verdict import judge


def relay_needs(principal: Principal, name: str) -> bool | None:
    """Whether the SMTP relay would no longer verify without the certificate of that name.

    Judged by the chain that the relay presented last; None when it presented none yet, or
    does not verify anyway.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    configuration = current().configuration
    smtp = configuration.smtp
    if smtp is None:
        return None
    chain = _last_chain(smtp.server, smtp.port)
    if not chain:
        return None
    anchors = [one.anchor for one in configuration.trust]
    rest = [one.anchor for one in configuration.trust if one.name != name]
    at = now()
    if not judge(chain, anchors, smtp.server, at).trusted:
        return None
    return not judge(chain, rest, smtp.server, at).trusted


def _last_chain(host: str, port: int) -> list[bytes]:
    """The DER of each certificate that the configured relay presented last, leaf first."""
    latest = (
        models.Connection.objects.filter(relay=FIRST, host=host, port=port)
        .exclude(chain="[]")
        .order_by("-opened_at")
        .values_list("chain", flat=True)
        .first()
    )
    wanted: list[str] = json.loads(latest) if latest else []
    rows = models.SeenCertificate.objects.filter(sha256__in=wanted)
    kept = {row.sha256: bytes(row.der) for row in rows}
    return [kept[sha256] for sha256 in wanted if sha256 in kept]
