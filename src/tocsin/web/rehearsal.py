"""The rehearsal inbox: what the rehearsal relay took, as a reader would see it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import rehearsal
from tocsin.engine.errors import NotFound
from tocsin.engine.rehearsal import RehearsalFacts
from tocsin.rehearsal import inbox
from tocsin.rehearsal.inbox import InboxMail, NoSuchMail
from tocsin.web import filters, mailframe
from tocsin.web.answer import page

_PAGE = 50


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The newest mails."""
    require(principal, Permission.READ)
    return _list(request, _facts(), None)


@require_safe
@page
def detail(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """One mail beside the list: rendered, as text, its headers."""
    require(principal, Permission.READ)
    facts = _facts()
    mail = _mail(facts, id_)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "tocsin/part/mail.html", {"mail": mail, "facts": facts})
    return _list(request, facts, mail)


def _list(request: HttpRequest, facts: RehearsalFacts, mail: InboxMail | None) -> HttpResponse:
    mails = inbox.list_mails(facts.inbox, limit=_PAGE + 1, before=filters.text(request, "cursor"))
    rest = len(mails) > _PAGE
    context = {
        "place": "rehearsal",
        "facts": facts,
        "mails": mails[:_PAGE],
        "total": inbox.count_mails(facts.inbox),
        "more": filters.query(request, cursor=mails[_PAGE - 1].id) if rest else "",
        "mail": mail,
    }
    return render(request, "tocsin/inbox.html", context)


@require_safe
@page
def html(_request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """The HTML part alone, for its frame."""
    require(principal, Permission.READ)
    return mailframe.html_answer(_mail(_facts(), id_).html or "")


@require_safe
@page
def raw(_request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """The mail as it came over the wire."""
    require(principal, Permission.READ)
    answer = HttpResponse(_mail(_facts(), id_).raw, content_type="message/rfc822")
    answer["Content-Disposition"] = content_disposition_header(True, f"{id_}.eml") or ""
    return answer


def _facts() -> RehearsalFacts:
    facts = rehearsal.facts()
    if facts is None:
        raise Http404("no rehearsal relay runs")
    return facts


def _mail(facts: RehearsalFacts, id_: str) -> InboxMail:
    try:
        return inbox.read_mail(facts.inbox, id_)
    except NoSuchMail:
        raise NotFound("mail", id_) from None
