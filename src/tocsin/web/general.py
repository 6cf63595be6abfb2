"""Edit Appliance Configuration > General: SMTP Configuration, Trust Store, Apply Settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tocsin.base.clock import Instant
from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid
from tocsin.central.smtp import FIRST, FurtherRelay, Relay
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import anchors, configuration, furtherrelay
from tocsin.engine.configuration import Changed
from tocsin.engine.errors import Conflict, NotFound
from tocsin.engine.trusted import trusted_anchors
from tocsin.web import problems, relayform, sealedfield
from tocsin.web.answer import page
from tocsin.web.central import find
from tocsin.web.problems import FormProblems

_LOOK_BACK = 50


class _Edited:
    """The relay that a page is about: the first, one of the further ones, or a new one.

    Raises:
        NotFound: there is no further relay of that name.
    """

    def __init__(self, name: str | None) -> None:
        self.name = name
        """None: the first one; empty: a new one."""
        self.configuration = configuration.current().configuration
        self.further = name is not None
        self.relay: Relay | None = self.configuration.smtp if name is None else self._find(name)

    def _find(self, name: str) -> FurtherRelay | None:
        for one in self.configuration.relays:
            if one.name == name:
                return one
        if name:
            raise NotFound("relay", name)
        return None

    @property
    def fields(self) -> frozenset[str]:
        """Names of the form's fields."""
        return relayform.FURTHER if self.further else relayform.SHARED

    @property
    def path(self) -> str:
        """What its settings are told under."""
        return f"relays {self.name}" if self.further else FIRST

    def change(
        self, principal: Principal, document: dict[str, Any], expected: int | None, *, dry: bool
    ) -> Changed:
        """Make it as the document says."""
        if self.further:
            return furtherrelay.put_relay(
                principal, document, replaces=self.name or None, expected=expected, dry_run=dry
            )
        return configuration.change(principal, {FIRST: document}, expected=expected, dry_run=dry)

    def wrong(self, invalid: Invalid) -> FormProblems:
        """The problems at its fields."""
        if not self.further:
            return relayform.at_fields(problems.of_part(invalid, FIRST, self.fields))
        relays = self.configuration.relays
        names = [one.name for one in relays]
        place = names.index(str(self.name)) if self.name else len(relays)
        return relayform.at_fields(problems.of_entry(invalid, "relays", place, self.fields))


@sensitive_post_parameters("password", "kept")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, principal: Principal, node: str) -> HttpResponse:
    """The form; sent, it shows what would change; confirmed, it changes it.

    ``?relay=NAME`` is the form of a further relay, without a name of a new one;
    ``?removed=NAME`` takes one away.
    """
    view = find(principal, node)
    if request.method == "POST" and "removed" in request.GET:
        return _remove(request, principal, request.GET["removed"])
    edited = _Edited(request.GET.get("relay"))
    if request.method != "POST":
        values = relayform.values_of(edited.relay)
        return _form(request, principal, view, edited, values, FormProblems())
    require(principal, Permission.ADMINISTER)
    sent = relayform.typed(request, edited.fields)
    if "back" in request.POST:
        return _form(request, principal, view, edited, sent, FormProblems())
    password = _password(request, principal, edited)
    confirmed = "confirmed" in request.POST
    expected = _number(request.POST.get("expected", "")) if confirmed else None
    try:
        changed = edited.change(
            principal, relayform.document_of(sent, password), expected, dry=not confirmed
        )
    except Invalid as invalid:
        return _form(request, principal, view, edited, sent, edited.wrong(invalid))
    except Conflict as conflict:
        wrong = FormProblems(other=[str(conflict)])
        return _form(request, principal, view, edited, sent, wrong)
    if not confirmed:
        return _confirmation(request, principal, view, edited, sent, password, changed)
    return _applied(request, changed)


def _remove(request: HttpRequest, principal: Principal, name: str) -> HttpResponse:
    return _applied(request, furtherrelay.remove_relay(principal, name))


def _applied(request: HttpRequest, changed: Changed) -> HttpResponse:
    words = _("The settings are applied as version %(number)d.") % {"number": changed.version}
    messages.success(request, words)
    return HttpResponseRedirect(f"/central?applied={changed.version}")


def _form(
    request: HttpRequest,
    principal: Principal,
    view: Any,
    edited: _Edited,
    values: dict[str, Any],
    wrong: FormProblems,
) -> HttpResponse:
    context = {
        "place": "central",
        "tab": "appliances",
        "view": view,
        "edited": edited,
        "values": values,
        "errors": wrong.fields,
        "others": wrong.other,
        "encryptions": relayform.ENCRYPTIONS,
        "sign_ins": relayform.SIGN_INS,
        "unfolded": bool(relayform.ADVANCED & set(wrong.fields)),
        "has_password": edited.relay is not None and edited.relay.password is not None,
        "password_set_at": _password_set_at(principal, edited.path),
        "relays": edited.configuration.relays,
        "anchors": anchors.anchors(principal),
    }
    return render(request, "tocsin/general.html", context, status=422 if wrong else 200)


def _password_set_at(principal: Principal, path: str) -> Instant | None:
    """When the password in force was set, as far as the latest versions tell."""
    for one in configuration.history(principal, _LOOK_BACK):
        if any(line.startswith(f"{path}.password:") for line in one.summary):
            return one.created_at
    return None


def _confirmation(
    request: HttpRequest,
    principal: Principal,
    view: Any,
    edited: _Edited,
    values: dict[str, str],
    password: Secret | None,
    changed: Changed,
) -> HttpResponse:
    context = {
        "place": "central",
        "tab": "appliances",
        "view": view,
        "values": values,
        "differences": changed.differences,
        "expected": changed.version,
        "kept": sealedfield.seal(principal.name, edited.path, password) if password else "",
        "unencrypted": values["encryption"] == "none",
        "untrusted": values["encryption"] != "none"
        and not trusted_anchors(configuration.current().configuration),
    }
    return render(request, "tocsin/apply.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def _password(request: HttpRequest, principal: Principal, edited: _Edited) -> Secret | None:
    sent = request.POST.get("password", "")
    if sent:
        return Secret(sent)
    kept = request.POST.get("kept", "")
    return sealedfield.unseal(principal.name, edited.path, kept) if kept else None
