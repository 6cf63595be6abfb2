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
from tocsin.central.configuration import Smtp
from tocsin.central.problem import Invalid
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import anchors, configuration
from tocsin.engine.configuration import Changed
from tocsin.engine.errors import Conflict
from tocsin.web import problems, sealedfield
from tocsin.web.answer import page
from tocsin.web.central import find
from tocsin.web.problems import FormProblems

ENCRYPTIONS = (("starttls", "STARTTLS"), ("smtps", "SMTPS"), ("none", "None"))
PORTS = {"starttls": 587, "smtps": 465, "none": 25}
_NAMES = frozenset({"server", "port", "encryption", "from", "user", "password"})
_TEXTS = ("server", "port", "from", "user", "encryption")
_LONGEST_PASSWORD = 1000
_LOOK_BACK = 50
_PASSWORD = "smtp.password"  # noqa: S105 -- the name of the field


@sensitive_post_parameters("password", "kept")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, principal: Principal, node: str) -> HttpResponse:
    """The form; sent, it shows what would change; confirmed, it changes it."""
    view = find(principal, node)
    smtp = configuration.current().configuration.smtp
    if request.method != "POST":
        return _form(request, principal, view, values_of(smtp), FormProblems())
    require(principal, Permission.ADMINISTER)
    values = {name: request.POST.get(name, "").strip() for name in _TEXTS}
    values["drop"] = request.POST.get("drop", "")
    if "back" in request.POST:
        return _form(request, principal, view, values, FormProblems())
    password = _password(request, principal)
    if password is not None and not _usable(password):
        wrong = FormProblems({"password": _("It holds line ends or control characters.")})
        return _form(request, principal, view, values, wrong)
    document = {"smtp": _document(values, password)}
    confirmed = "confirmed" in request.POST
    expected = _number(request.POST.get("expected", "")) if confirmed else None
    try:
        changed = configuration.change(
            principal, document, expected=expected, dry_run=not confirmed
        )
    except Invalid as invalid:
        wrong = problems.of_part(invalid, "smtp", _NAMES)
        if "password_file" in str(invalid):
            wrong = _at_password(wrong)
        return _form(request, principal, view, values, wrong)
    except Conflict as conflict:
        return _form(request, principal, view, values, FormProblems(other=[str(conflict)]))
    if not confirmed:
        return _confirmation(request, principal, view, values, password, changed)
    words = _("The settings are applied as version %(number)d.") % {"number": changed.version}
    messages.success(request, words)
    return HttpResponseRedirect(f"/central?applied={changed.version}")


def values_of(smtp: Smtp | None) -> dict[str, Any]:
    """The form's values for what is configured."""
    if smtp is None:
        return {"encryption": "starttls", "port": PORTS["starttls"]}
    return {
        "server": smtp.server,
        "port": smtp.port,
        "from": smtp.sender,
        "user": smtp.user or "",
        "encryption": smtp.encryption,
    }


def _document(values: dict[str, str], password: Secret | None) -> dict[str, Any]:
    port = values["port"]
    document: dict[str, Any] = {
        "server": values["server"],
        "port": int(port) if port.isascii() and port.isdigit() and len(port) < 10 else port,  # noqa: PLR2004
        "encryption": values["encryption"],
        "from": values["from"],
    }
    if values["user"]:
        document["user"] = values["user"]
    if password is not None:
        document["password"] = password
    elif values["drop"] or not values["user"]:
        document["password"] = None
    return document


def _at_password(wrong: FormProblems) -> FormProblems:
    others = [one for one in wrong.other if "password_file" not in one]
    fields = {**wrong.fields, "password": _("The user name needs a password.")}
    return FormProblems(fields, others)


def _usable(password: Secret) -> bool:
    content = password.reveal()
    return content.isprintable() and len(content) <= _LONGEST_PASSWORD


def _form(
    request: HttpRequest,
    principal: Principal,
    view: Any,
    values: dict[str, Any],
    wrong: FormProblems,
) -> HttpResponse:
    smtp = configuration.current().configuration.smtp
    context = {
        "place": "central",
        "tab": "appliances",
        "view": view,
        "values": values,
        "errors": wrong.fields,
        "others": wrong.other,
        "encryptions": ENCRYPTIONS,
        "has_password": smtp is not None and smtp.password is not None,
        "password_set_at": _password_set_at(principal),
        "anchors": anchors.anchors(principal),
    }
    return render(request, "tocsin/general.html", context, status=422 if wrong else 200)


def _password_set_at(principal: Principal) -> Instant | None:
    """When the password in force was set, as far as the latest versions tell."""
    for one in configuration.history(principal, _LOOK_BACK):
        if any(line.startswith("smtp.password:") for line in one.summary):
            return one.created_at
    return None


def _confirmation(
    request: HttpRequest,
    principal: Principal,
    view: Any,
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
        "kept": sealedfield.seal(principal.name, _PASSWORD, password) if password else "",
        "unencrypted": values["encryption"] == "none",
        "untrusted": not anchors.anchors(principal) and values["encryption"] != "none",
    }
    return render(request, "tocsin/apply.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def _password(request: HttpRequest, principal: Principal) -> Secret | None:
    typed = request.POST.get("password", "")
    if typed:
        return Secret(typed)
    kept = request.POST.get("kept", "")
    return sealedfield.unseal(principal.name, _PASSWORD, kept) if kept else None
