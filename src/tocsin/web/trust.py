"""Trust: the certificates that relays are verified by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.base.clock import now
from tocsin.central.problem import Invalid
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import anchors, certs, configuration, reliance
from tocsin.engine.anchors import Upload
from tocsin.engine.errors import Conflict, Refused
from tocsin.faults.catalogue import explain
from tocsin.trust.anchor import check_anchor, describe_use
from tocsin.trust.certificate import Certificate
from tocsin.web.answer import page, told

TRUST = "/trust"
_MODES = (("", "STARTTLS / SMTPS"), ("starttls", "STARTTLS"), ("smtps", "SMTPS"))
_HOST_PORT = re.compile(r"(?P<host>[^\s:\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
_MOST_ADDED = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate that somebody is about to trust."""

    name: str
    certificate: Certificate
    use: str
    problems: tuple[str, ...]


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every certificate of the trust store, one of them opened."""
    name = request.GET.get("name")
    context = {
        "place": "trust",
        "anchors": anchors.anchors(principal),
        "opened": anchors.anchor(principal, name) if name else None,
        "now": now(),
    }
    return render(request, "tocsin/trust.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def add(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add New: files or pasted text, then the fingerprints to compare."""
    require(principal, Permission.ADMINISTER)
    if request.method != "POST":
        return render(request, "tocsin/trust_add.html", {"place": "trust"})
    uploads = _uploads(request)
    try:
        found = anchors.read_uploads(uploads)
    except Refused as refusal:
        # What was pasted is shown again unless it is a secret.
        secret = refusal.finding.code == "certificate.private-key"
        context = {
            "place": "trust",
            "failure": told(refusal),
            "problem": refusal.finding.facts.get("problem", ""),
            "name": request.POST.get("name", ""),
            "pem": "" if secret else request.POST.get("pem", ""),
        }
        return render(request, "tocsin/trust_add.html", context, status=422)
    return _confirmation(request, found)


def _uploads(request: HttpRequest) -> list[Upload]:
    name = request.POST.get("name", "").strip()
    uploads = [Upload(name, file.read()) for file in request.FILES.getlist("files")]
    pasted = request.POST.get("pem", "").strip()
    if pasted:
        uploads.append(Upload(name, pasted.encode()))
    return uploads


def _confirmation(
    request: HttpRequest,
    found: list[tuple[str, Certificate]],
    refusal: Exception | None = None,
) -> HttpResponse:
    candidates = [
        Candidate(name, one, describe_use(one), tuple(check_anchor(one, now())))
        for name, one in found[:_MOST_ADDED]
    ]
    context = {
        "place": "trust",
        "candidates": candidates,
        "can_add": any(not one.problems for one in candidates),
        "failure": told(refusal) if refusal is not None else None,
    }
    status = 200 if refusal is None else 409
    return render(request, "tocsin/trust_confirm.html", context, status=status)


@require_POST
@page
def confirm(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add the certificates that were looked at."""
    require(principal, Permission.ADMINISTER)
    pairs = list(zip(request.POST.getlist("name"), request.POST.getlist("pem"), strict=False))
    wanted = set(request.POST.getlist("sha256"))
    uploads = []
    for name, pem in pairs:
        certificates = anchors.read_uploads([Upload("", pem.encode())])
        if certificates[0][1].sha256 in wanted:
            uploads.append(Upload(name.strip(), pem.encode()))
    try:
        anchors.add_anchors(principal, uploads)
    except (Refused, Conflict, Invalid) as refusal:
        found = [
            (name, one)
            for name, pem in pairs
            for _name, one in anchors.read_uploads([Upload("", pem.encode())])
        ]
        return _confirmation(request, found, refusal)
    count = len(uploads)
    words = ngettext(
        "%(count)d certificate is trusted now.", "%(count)d certificates are trusted now.", count
    )
    messages.success(request, words % {"count": count})
    return HttpResponseRedirect(TRUST)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def remove(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Say what removing means, then remove."""
    require(principal, Permission.ADMINISTER)
    if request.method != "POST":
        view = anchors.anchor(principal, request.GET.get("name", ""))
        smtp = configuration.current().configuration.smtp
        left = len(anchors.anchors(principal)) - 1
        context = {
            "place": "trust",
            "view": view,
            "smtp": smtp,
            "left": left,
            "needed": reliance.relay_needs(principal, view.name),
        }
        return render(request, "tocsin/trust_remove.html", context)
    name = request.POST.get("name", "")
    anchors.remove_anchor(principal, name)
    messages.success(request, _("%(name)s is trusted no more.") % {"name": name})
    return HttpResponseRedirect(TRUST)


@require_safe
@page
def export(request: HttpRequest, principal: Principal) -> HttpResponse:
    """One certificate, or all of them, as PEM."""
    name = request.GET.get("name")
    views = anchors.anchors(principal) if name is None else [anchors.anchor(principal, name)]
    pem = "".join(one.certificate.pem for one in views)
    answer = HttpResponse(pem.encode(), content_type="application/x-pem-file")
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", name or "tocsin-trust-store").strip("-.") or "cert"
    answer["Content-Disposition"] = content_disposition_header(True, f"{file}.pem") or ""
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@page
def collect(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Look at the chain that a server presents, and what to add of it."""
    require(principal, Permission.ADMINISTER)
    smtp = configuration.current().configuration.smtp
    configured = f"{smtp.server}:{smtp.port}" if smtp is not None else ""
    context: dict[str, Any] = {
        "place": "trust",
        "modes": _MODES,
        "server": request.POST.get("server", request.GET.get("server", configured)).strip(),
        "mode": request.POST.get("mode", ""),
    }
    if request.method != "POST":
        return render(request, "tocsin/collect.html", context)
    match = _HOST_PORT.fullmatch(context["server"])
    if match is None:
        words = _("Give a host name or address and a port, such as smtp.example.com:587.")
        context["error"] = words
        return render(request, "tocsin/collect.html", context, status=422)
    try:
        found = certs.collect(
            principal, match["host"].strip("[]"), int(match["port"]), context["mode"] or None
        )
    except Refused as refusal:
        context["failure"] = told(refusal)
        return render(request, "tocsin/collect.html", context, status=422)
    advice = found.recommendation
    trusted = {one.certificate.sha256 for one in anchors.anchors(principal)}
    context |= {
        "found": found,
        "chain": list(reversed(found.certificates)),
        "trusted": trusted,
        "failures": [explain(one) for one in {one.code: one for one in found.findings}.values()],
        "recommended": found.certificate(advice.sha256) if advice and advice.sha256 else None,
    }
    return render(request, "tocsin/collect.html", context)


@require_POST
@page
def consider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A certificate that was collected goes to the confirmation."""
    require(principal, Permission.ADMINISTER)
    return _confirmation(
        request, anchors.read_uploads([Upload("", request.POST.get("pem", "").encode())])
    )
