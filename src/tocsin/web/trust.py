"""Trust: the certificates that relays are verified by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
from tocsin.engine.anchors import AnchorView, Offered, Upload
from tocsin.engine.errors import Conflict, Refused
from tocsin.faults.catalogue import explain
from tocsin.trust.anchor import check_new_anchor, describe_use, warn_of
from tocsin.trust.certificate import Certificate
from tocsin.trust.name import printable
from tocsin.trust.published import is_impostor, published_root
from tocsin.web.answer import page, told
from tocsin.web.target import asked_for, target_of

TRUST = "/trust"
_MOST_ADDED = 200
_LONGEST_ORIGIN = 300
_PASTED = "pasted text"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate that somebody is about to trust."""

    name: str
    certificate: Certificate
    origin: str
    use: str
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    published: str
    """The root that Amazon Trust Services publishes with this fingerprint; else empty."""
    held_as: str | None
    hopeless: bool
    """No connection would be accepted with it, whoever wants it."""

    @property
    def may_be_added(self) -> bool:
        """Whether there is anything to decide."""
        return not self.hopeless and self.held_as is None


@dataclass(frozen=True, slots=True)
class Row:
    """A certificate of the trust store, and the relays that rest on it."""

    anchor: AnchorView
    carried: tuple[reliance.Carried, ...]


def _row(anchor: AnchorView, carried: Mapping[str, Sequence[reliance.Carried]]) -> Row:
    return Row(anchor, tuple(carried.get(anchor.certificate.sha256, ())))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every certificate of the trust store, one of them opened; the operating system's roots."""
    if request.method == "POST":
        wanted = request.POST.get("system_roots") == "on"
        anchors.trust_system_roots(principal, wanted=wanted)
        return HttpResponseRedirect(TRUST)
    name = request.GET.get("name")
    carried = reliance.carried(principal)
    opened = anchors.anchor(principal, name) if name else None
    context = {
        "place": "trust",
        "rows": [_row(one, carried) for one in anchors.anchors(principal)],
        "opened": _row(opened, carried) if opened else None,
        "system_roots": configuration.current().configuration.trust_system_roots,
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
    password = request.POST.get("password", "")
    uploads = [
        Upload(name, file.read(), origin=_origin_of(file.name), password=password)
        for file in request.FILES.getlist("files")
    ]
    pasted = request.POST.get("pem", "").strip()
    if pasted:
        uploads.append(Upload(name, pasted.encode(), origin=_PASTED, password=password))
    return uploads


def _origin_of(file: str | None) -> str:
    return _origin(f"the file {file or ''}")


def _confirmation(
    request: HttpRequest,
    found: Sequence[Offered],
    refusal: Exception | None = None,
) -> HttpResponse:
    """Each certificate once, with all that speaks for and against it."""
    distinct = {one.certificate.sha256: one for one in reversed(found)}
    candidates = [_candidate(one) for one in reversed(distinct.values())][:_MOST_ADDED]
    context = {
        "place": "trust",
        "candidates": candidates,
        "doubled": len(found) - len(distinct),
        "can_add": any(one.may_be_added for one in candidates),
        "failure": told(refusal) if refusal is not None else None,
    }
    status = 200 if refusal is None else 409
    return render(request, "tocsin/trust_confirm.html", context, status=status)


def _candidate(one: Offered) -> Candidate:
    certificate, at = one.certificate, now()
    published = published_root(certificate)
    same = published is not None and published.sha256 == certificate.sha256
    return Candidate(
        name=one.name,
        certificate=certificate,
        origin=one.origin,
        use=describe_use(certificate),
        problems=tuple(check_new_anchor(certificate, at)),
        warnings=tuple(warn_of(certificate)),
        published=published.name if published is not None and same else "",
        held_as=one.held_as,
        hopeless=bool(check_new_anchor(certificate, at, knowingly=True)),
    )


@require_POST
@page
def confirm(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add the certificates that were looked at and whose fingerprint was ticked."""
    require(principal, Permission.ADMINISTER)
    knowingly = set(request.POST.getlist("knowingly"))
    wanted = {*request.POST.getlist("sha256"), *knowingly}
    shown, uploads = [], []
    for name, pem, origin in _looked_at(request):
        upload = Upload(name, pem.encode(), origin=origin)
        (found, *_rest) = anchors.read_uploads([upload])
        shown.append(found)
        if found.certificate.sha256 in wanted:
            known = found.certificate.sha256 in knowingly
            uploads.append(replace(upload, knowingly=known))
    try:
        anchors.add_anchors(principal, uploads)
    except (Refused, Conflict, Invalid) as refusal:
        return _confirmation(request, shown, refusal)
    count = len(uploads)
    words = ngettext(
        "%(count)d certificate is trusted now.", "%(count)d certificates are trusted now.", count
    )
    messages.success(request, words % {"count": count})
    return HttpResponseRedirect(TRUST)


def _looked_at(request: HttpRequest) -> Iterator[tuple[str, str, str]]:
    """Name, PEM and origin of each certificate of the confirmation."""
    names, pems = request.POST.getlist("name"), request.POST.getlist("pem")
    origins = request.POST.getlist("origin")
    for place, (name, pem) in enumerate(zip(names, pems, strict=False)):
        yield name.strip(), pem, _origin(origins[place] if place < len(origins) else "")


def _origin(text: str) -> str:
    """Where a certificate came from, as the form carried it along."""
    return printable(text.strip(), _LONGEST_ORIGIN)


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
            "reliance": reliance.without(principal, view.name),
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
    context = asked_for(request)
    if request.method != "POST":
        return render(request, "tocsin/collect.html", context)
    target = target_of(context)
    if target is None:
        return render(request, "tocsin/collect.html", context, status=422)
    try:
        found = certs.collect(principal, *target, context["mode"] or None)
    except Refused as refusal:
        context["failure"] = told(refusal)
        return render(request, "tocsin/collect.html", context, status=422)
    advice = found.recommendation
    held = {one.certificate.sha256: one for one in anchors.anchors(principal)}
    carrying = found.verdict.anchor
    context |= {
        "found": found,
        "chain": list(reversed(found.certificates)),
        "trusted": held.keys(),
        "carrying": carrying,
        "above": held.get(carrying or "") if not found.certificate(carrying or "") else None,
        "failures": [explain(one) for one in {one.code: one for one in found.findings}.values()],
        "recommended": found.certificate(advice.sha256) if advice and advice.sha256 else None,
        "impostors": {one.sha256 for one in found.certificates if is_impostor(one)},
        "origin": f"collected from {context['server']}",
    }
    return render(request, "tocsin/collect.html", context)


@require_POST
@page
def consider(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A certificate that was collected goes to the confirmation."""
    require(principal, Permission.ADMINISTER)
    pem, origin = request.POST.get("pem", ""), _origin(request.POST.get("origin", ""))
    return _confirmation(request, anchors.read_uploads([Upload("", pem.encode(), origin=origin)]))
