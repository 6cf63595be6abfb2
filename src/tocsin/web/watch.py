"""Trust → Watch: what the relays presented, over time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _noop
from django.views.decorators.http import require_POST, require_safe

from tocsin.domain.principal import Principal
from tocsin.engine import chainhistory
from tocsin.engine.chainchange import Change
from tocsin.engine.chainhistory import Entry
from tocsin.web.answer import page

WATCH = "/trust/watch"
_MOST_SHOWN = 20
"""Chains of one address."""

# The sentences of `engine.chainchange`, which programs read in English.
SENTENCES = (
    _noop(
        "The server's certificate was renewed with its key: valid until {new}, "
        "the one before until {old}."
    ),
    _noop(
        "The server's certificate is another one with another key: valid until {new}, "
        "the one before until {old}."
    ),
    _noop("The server's certificate is made out for {new}, not {old}."),
    _noop("It was issued by {new}, not by {old}."),
    _noop("{new} is presented with it."),
    _noop("{old} is no longer presented with it."),
    _noop("The same certificates are presented in another order, or another number of times."),
    _noop("It differs in certificates that cannot be read."),
)


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every relay, address by address, the newest first."""
    found = chainhistory.histories(principal, most=_MOST_SHOWN)
    shown = [
        (one, [(line, [_shown(entry) for entry in line.entries]) for line in one.lines])
        for one in found
    ]
    context = {
        "place": "trust",
        "tab": "watch",
        "relays": shown,
        "watching": any(one.configured for one in found),
    }
    return render(request, "tocsin/watch.html", context)


def _shown(entry: Entry) -> tuple[Entry, list[str]]:
    return entry, [_words(one) for one in entry.changes]


def _words(change: Change) -> str:
    """A change in the language of the page."""
    return gettext(change.sentence).format_map(change.facts)


@require_POST
@page
def look(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Look now: at one relay, or at all."""
    asked = chainhistory.ask(principal, request.POST.get("name") or None)
    words = ngettext(
        "%(names)s is looked at now. What it shows stands here in a moment.",
        "%(names)s are looked at now. What they show stands here in a moment.",
        len(asked),
    )
    messages.success(request, words % {"names": ", ".join(asked)})
    return HttpResponseRedirect(WATCH)
