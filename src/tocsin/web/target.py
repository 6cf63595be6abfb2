"""The form that asks for a server to look at."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from tocsin.engine import configuration

_MODES = (("", "STARTTLS / SMTPS"), ("starttls", "STARTTLS"), ("smtps", "SMTPS"))
_HOST_PORT = re.compile(r"(?P<host>[^\s:\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """What the form shows: what was typed, or else the first relay that is configured."""
    smtp = configuration.current().configuration.smtp
    configured = f"{smtp.server}:{smtp.port}" if smtp is not None else ""
    return {
        "place": "trust",
        "modes": _MODES,
        "server": request.POST.get("server", request.GET.get("server", configured)).strip(),
        "mode": request.POST.get("mode", ""),
    }


def target_of(form: dict[str, Any]) -> tuple[str, int] | None:
    """Host and port of the form; None, and an error in it, when it has none."""
    match = _HOST_PORT.fullmatch(form["server"])
    if match is None:
        form["error"] = _("Give a host name or address and a port, such as smtp.example.com:587.")
        return None
    return match["host"].strip("[]"), int(match["port"])
