"""Deliveries → Amazon SES: the account as it was seen last."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.home import node_name
from tocsin.domain.principal import Permission, Principal
from tocsin.engine import sesaccount
from tocsin.engine.configuration import current
from tocsin.engine.feedbackflags import actions_using
from tocsin.engine.sesaccount import Told
from tocsin.ses.concern import Kind
from tocsin.web import seslines
from tocsin.web.answer import page
from tocsin.web.remedy import Remedy

SES = "/ses"


@require_safe
@page
def show(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Lines, what is to be seen to, identities, recipients that are suppressed."""
    status = sesaccount.status(principal)
    seen = status.seen
    configuration = current().configuration
    context = {
        "place": "deliveries",
        "tab": "ses",
        "account": status,
        "seen": seen,
        "lines": seslines.of_account(status),
        "concerns": [(one.explained, _offers(principal, one)) for one in status.concerns],
        "suppressed": [
            (one, actions_using(configuration, one.address))
            for one in (seen.suppressed if seen else None) or ()
        ],
        "more": (seen.identity_count or 0) - len(seen.identities or ()) if seen else 0,
    }
    return render(request, "tocsin/ses.html", context)


_OF_ACTIONS = {Kind.QUOTA, Kind.BOUNCES, Kind.COMPLAINTS, Kind.SANDBOX, Kind.SUPPRESSED}
_OF_SMTP = {Kind.IDENTITY, Kind.KEY_AGE, Kind.KEY_STATE}


def _offers(principal: Principal, told: Told) -> tuple[Remedy, ...]:
    """The page on which this person can do what the fix says, where it is one of ours."""
    kind = told.concern.kind
    if kind in _OF_ACTIONS and principal.may(Permission.CHANGE_RESPONSE):
        return (Remedy(_("Open the actions"), "/response/actions"),)
    if kind in _OF_SMTP and told.concern.relay and principal.may(Permission.ADMINISTER):
        href = f"/central/appliances/{quote(node_name(), safe='')}/general"
        return (Remedy(_("Edit SMTP Configuration"), href),)
    return ()


@require_POST
@page
def look(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Look now."""
    sesaccount.ask(principal)
    words = _("The account is looked at now. What is seen stands here in a moment.")
    messages.success(request, words)
    return HttpResponseRedirect(SES)
