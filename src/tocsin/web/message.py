"""Verify a message: what the header of a received mail proves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import rehearsal
from tocsin.engine.errors import NotFound, Refused
from tocsin.engine.messages import verify_message
from tocsin.mail.received.message import LARGEST
from tocsin.rehearsal import inbox
from tocsin.web.answer import page, told
from tocsin.web.verdictwords import in_words, mark_of


@require_http_methods(["GET", "HEAD", "POST"])
@page
def verify(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A form for a message, and below it what the message proves; nothing of it is kept.

    ``?mail=ID`` verifies one of the rehearsal's inbox.
    """
    require(principal, Permission.READ)
    context: dict[str, Any] = {"place": "deliveries", "tab": "verify"}
    content = _given(request)
    if content is None:
        return render(request, "tocsin/message_verify.html", context)
    if not content.strip():
        context["nothing"] = True
        return render(request, "tocsin/message_verify.html", context, status=422)
    try:
        here = verify_message(principal, content)
    except Refused as refusal:
        context["failure"] = told(refusal)
        return render(request, "tocsin/message_verify.html", context, status=422)
    context |= {
        "found": here.found,
        "ours": here.ours,
        "mark": mark_of(here.found),
        "verdict": [in_words(one) for one in here.verdict],
        "shown": _shown(here.found.message),
    }
    return render(request, "tocsin/message_verify.html", context)


def _given(request: HttpRequest) -> bytes | None:
    """The message of a form or of the rehearsal's inbox; None where none was asked about."""
    if request.method == "POST":
        file = request.FILES.get("message")
        if file is not None:
            return bytes(file.read(LARGEST + 1))
        return str(request.POST.get("text", "")).encode()
    mail = request.GET.get("mail", "")
    return _rehearsed(mail) if mail else None


def _rehearsed(id_: str) -> bytes:
    facts = rehearsal.facts()
    try:
        if facts is not None:
            return inbox.read_mail(facts.inbox, id_).raw
    except inbox.NoSuchMail:
        pass
    raise NotFound("mail", id_)


def _shown(message: Any) -> list[tuple[str, str]]:
    """The fields that say what the message is."""
    names = ("From", "To", "Subject", "Date", "Message-ID")
    return [(name, text) for name in names if (text := message.text(name.lower()))]
