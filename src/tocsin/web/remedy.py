"""The button of a failure: where in the pages its fix is done."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from tocsin.base.home import node_name
from tocsin.faults.fault import Explained

_TRUST = frozenset(
    {"tls.untrusted-issuer", "tls.incomplete-chain", "tls.self-signed", "tls.chain-changed"}
)
_SMTP_AREAS = frozenset({"dns", "tcp", "tls", "auth", "ses"})
_SMTP_CODES = frozenset(
    {
        "smtp.banner-timeout",
        "smtp.not-configured",
        "smtp.not-smtp",
        "smtp.relay-denied",
        "smtp.sender-refused",
        "smtp.starttls-missing",
        "smtp.starttls-required",
    }
)
_ACTION_CODES = frozenset(
    {
        "message.template",
        "smtp.address-syntax",
        "smtp.no-recipients",
        "smtp.recipient-refused",
        "smtp.too-many-recipients",
    }
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button: what it does, and its page."""

    label: str
    href: str


_PATH_AREAS = frozenset({*_SMTP_AREAS, "smtp", "clock", "unknown"})
_BEFORE_THE_PATH = frozenset({"smtp.not-configured", "smtp.no-recipients"})


def is_of_the_path(told: Explained) -> bool:
    """Whether the doctor can say more: it was seen on the way to a relay."""
    return told.code.partition(".")[0] in _PATH_AREAS and told.code not in _BEFORE_THE_PATH


def remedy(told: Explained) -> Remedy | None:
    """The button that begins the fix; None when it is not mended in these pages."""
    code = told.code
    if code in _TRUST:
        host, port = told.facts.get("host"), told.facts.get("port")
        server = f"?{urlencode({'server': f'{host}:{port}'})}" if host and port else ""
        return Remedy(_("Collect its certificates"), f"/trust/collect{server}")
    if code.partition(".")[0] in _SMTP_AREAS or code in _SMTP_CODES:
        href = f"/central/appliances/{quote(node_name(), safe='')}/general"
        return Remedy(_("Edit SMTP Configuration"), href)
    if code in _ACTION_CODES:
        return Remedy(_("Open the actions"), "/response/actions")
    return None
