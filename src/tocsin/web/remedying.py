"""The doctor's remedies in the pages: looked at, carried out, undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.clock import Instant
from tocsin.central.problem import Invalid
from tocsin.doctor.remedy import RemedyKind
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import remedy
from tocsin.engine.doctorrun import Run
from tocsin.engine.errors import Conflict, RoleMissing
from tocsin.engine.remedies import sandbox
from tocsin.engine.remedies.words import Words
from tocsin.engine.remedy import Done, RemedyPreview
from tocsin.web import problems
from tocsin.web.answer import page, told

GIVEN = ("sender", "secret", "region", "sha256", "knowingly", "name")
_KEPT = ("sender", "name")
"""What is carried from the look to the confirmation; a secret is not."""

# What the engine says in English, because programs read it too.
TEXTS = (
    _noop("Trust this certificate"),
    _noop("Leave out DHE"),
    _noop("Change port and encryption"),
    _noop("Change the server"),
    _noop("Set the From Email"),
    _noop("Derive the SMTP password"),
    _noop("Trim the password"),
    _noop("Set the sign-in method"),
    _noop("Lower the rate"),
    _noop("Hold until the sandbox is left"),
    _noop("Try now"),
    _noop("%(title)s is added to the trust store, as %(name)s; it holds %(count)s so far."),
    _noop("The relay would verify: %(path)s."),
    _noop("The relay would still not verify: %(code)s."),
    _noop("The relay could not be asked just now: %(code)s."),
    _noop("The cipher policy offers %(dropped)s suites with DHE no more; %(left)s suites stay."),
    _noop(
        "The relay %(relay)s is reached at port %(port)s with %(encryption)s, in place of port "
        "%(old_port)s with %(old_encryption)s."
    ),
    _noop("The relay %(relay)s is reached at %(server)s, in place of %(old_server)s."),
    _noop("Without encryption every mail can be read and altered on its way."),
    _noop(
        "The user name and the password of the relay go to %(server)s from then on, once its "
        "certificate verifies."
    ),
    _noop("The relay %(relay)s sends from an address that you enter, in place of %(old)s."),
    _noop(
        "The relay %(relay)s sends from an address that you enter, in place of %(old)s. The "
        "account lets mail be from %(identities)s."
    ),
    _noop(
        "The account does not let mail be from %(sender)s, as far as the walk saw: it does from "
        "%(identities)s."
    ),
    _noop("The relay %(relay)s sends from %(sender)s, in place of %(old)s."),
    _noop("%(count)s further relays without a From Email of their own send from it too."),
    _noop(
        "The password of the relay %(relay)s becomes the SMTP password that belongs to the IAM "
        "secret access key in %(region)s. The key itself is not kept."
    ),
    _noop(
        "The password of the relay %(relay)s becomes the SMTP password that belongs to the IAM "
        "secret access key; its server's name does not say for which region."
    ),
    _noop(
        "The password of the relay %(relay)s loses what does not belong to it: %(before)s "
        "characters become %(after)s."
    ),
    _noop("The relay %(relay)s is signed in to by %(sign_in)s, in place of %(old)s."),
    _noop("The relay %(relay)s gets at most %(rate)s recipients a second, in place of %(old)s."),
    _noop("The relay %(relay)s gets at most %(rate)s recipients a second; no limit was set."),
    _noop(
        "%(failed)s deliveries of the last 7 days that the sandbox refused are held, and "
        "%(waiting)s that wait to go to the same addresses. They go out when somebody releases "
        "them."
    ),
    _noop("The relay %(relay)s is paused; it is looked at again at once."),
)
"""Every sentence and label of a remedy; a test sees that none is missing."""


@dataclass(frozen=True, slots=True)
class UndoBanner:
    """What the doctor changed before a walk; `version` None: nothing that can be undone."""

    version: int | None
    what: str
    by: str
    at: Instant | None
    held: int
    """Deliveries that are held until the sandbox is left."""


def said(words: Words) -> str:
    """A sentence of a remedy in the language of the page."""
    return _(words.text) % words.facts


def undo_banner(run: Run) -> UndoBanner | None:
    """What stands above the walk that was made after a change; None without one."""
    held = len(sandbox.held()) if run.relay is not None else 0
    note = remedy.undoable(run)
    if note is not None:
        return UndoBanner(note.version, note.what, note.actor, note.at, held)
    return UndoBanner(None, "", "", None, held) if held else None


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def look(request: HttpRequest, principal: Principal, id_: str, place: int) -> HttpResponse:
    """What a remedy would change, and what it asks for; confirmed, it is carried out."""
    given = {name: request.POST[name] for name in GIVEN if request.POST.get(name)}
    confirmed = "confirmed" in request.POST
    try:
        if confirmed:
            seen = _number(request.POST.get("version", ""))
            done = remedy.carry_out(principal, id_, place, given, seen_version=seen)
            return _walked_again(request, done, id_)
        shown = remedy.preview(principal, id_, place, given)
    except Invalid as invalid:
        words = " ".join(problems.words_of(one) for one in invalid.problems)
        shown = remedy.preview(principal, id_, place, {})
        return _page(request, id_, shown, given, wrong=words, status=422)
    except (Conflict, RoleMissing) as refusal:
        if not confirmed:
            raise
        shown = remedy.preview(principal, id_, place, _without_secret(given))
        return _page(request, id_, shown, given, refusal=refusal, status=409)
    return _page(request, id_, shown, given)


def _without_secret(given: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name in _KEPT}


def _page(
    request: HttpRequest,
    id_: str,
    shown: RemedyPreview,
    given: dict[str, str],
    *,
    wrong: str = "",
    refusal: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    sender_wrong = bool(wrong) and shown.offer.kind is RemedyKind.SET_SENDER
    context: dict[str, Any] = {
        "place": "deliveries",
        "tab": "doctor",
        "id": id_,
        "title": _(shown.offer.label),
        "says": said(shown.says),
        "shown": shown,
        "notices": [said(one) for one in shown.notices],
        "trusting": said(shown.trusting) if shown.trusting else "",
        "verifies": shown.trusting is not None and "path" in shown.trusting.facts,
        "given": {name: given[name] for name in _KEPT if name in given},
        "asks_sender": "sender" in shown.asks or sender_wrong,
        "choices": _choices(shown),
        "asks_secret": "secret" in shown.asks,
        "asks_region": "region" in shown.asks,
        "knowingly": "knowingly" in shown.asks,
        "ready": "sender" not in shown.asks and not sender_wrong,
        "name": given.get("name") or shown.says.facts.get("name", ""),
        "wrong": wrong,
        "failure": told(refusal) if refusal is not None else None,
    }
    return render(request, "tocsin/remedy.html", context, status=status)


def _choices(shown: RemedyPreview) -> list[str]:
    """What can be entered as it is, of the identities that the account told: its addresses."""
    named = shown.says.facts.get("identities", "").split(", ")
    return [one for one in named if "@" in one]


def _number(text: str) -> int:
    """The version; what is none is that of no configuration."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1  # noqa: PLR2004


def _walked_again(request: HttpRequest, done: Done, id_: str) -> HttpResponse:
    if done.run is None:
        words = _("It is done, but the doctor did not walk again: %(why)s") % {"why": done.unwalked}
        messages.warning(request, words)
    return HttpResponseRedirect(f"/doctor/{done.run or id_}")


@require_POST
@page
def undo(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Take back what a remedy changed; the doctor walks again."""
    require(principal, Permission.ADMINISTER)
    done = remedy.undo(principal, _number(request.POST.get("version", "")))
    messages.success(request, _("Undone: %(what)s") % {"what": done.what})
    if done.run is None:
        messages.warning(
            request, _("The doctor did not walk again: %(why)s") % {"why": done.unwalked}
        )
        return HttpResponseRedirect("/doctor")
    return HttpResponseRedirect(f"/doctor/{done.run}")


@require_POST
@page
def release(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Let go what is held until the sandbox is left."""
    count = sandbox.release(principal)
    words = ngettext("%(count)d delivery is released.", "%(count)d deliveries are released.", count)
    messages.success(request, words % {"count": count})
    return HttpResponseRedirect("/deliveries")
