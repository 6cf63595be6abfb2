"""Explain: what a log line of any mail program means."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from tocsin.domain.principal import Permission, Principal, require
from tocsin.faults.text.given import masked
from tocsin.faults.text.recognise import recognise_text
from tocsin.faults.text.told import told
from tocsin.web.answer import page

_MOST_SHOWN = 20_000
"""Characters that stand in the form again: more than is read, and a page stays small."""


@require_http_methods(["GET", "HEAD", "POST"])
@page
def explain(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A form for a text, and below it what the text tells; nothing is kept."""
    require(principal, Permission.READ)
    given = request.POST.get("text", "").strip()
    # What looks like a secret is not sent back, not even to whoever typed it.
    context: dict[str, Any] = {
        "place": "deliveries",
        "tab": "explain",
        "given": masked(given[:_MOST_SHOWN]),
    }
    if request.method != "POST":
        return render(request, "tocsin/explain.html", context)
    if not given:
        context["nothing"] = True
        return render(request, "tocsin/explain.html", context, status=422)
    recognised = recognise_text(given)
    context |= {"failures": told(recognised), "known": recognised.known}
    return render(request, "tocsin/explain.html", context)
