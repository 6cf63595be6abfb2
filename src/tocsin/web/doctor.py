"""The doctor: what is to be walked, the walk while it goes on, and what it found."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import configuration, doctor
from tocsin.engine.doctorerrand import Asked
from tocsin.engine.doctorrun import Run, RunFinding
from tocsin.engine.errors import Refused
from tocsin.engine.relay import relays
from tocsin.faults.fault import Finding
from tocsin.web import filters, remedying, walkedpath
from tocsin.web.answer import page, told
from tocsin.web.doctorevidence import Evidence, evidence_of
from tocsin.web.offered import Offered, offered
from tocsin.web.relayform import ENCRYPTIONS

_TYPED = ("relay", "host", "port", "encryption", "from", "to", "user", "send")
_OF_ANOTHER = frozenset({"host", "port", "encryption", "user", "password"})
_SHOWN = 20
"""Earlier walks on the page."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as the page shows it."""

    finding: RunFinding
    station: str
    """Empty where it is about none: the API of AWS could not be asked."""
    evidence: Evidence
    offers: tuple[Offered, ...]


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def ask(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The form, and the walks before; sent, it begins one."""
    if request.method != "POST":
        values = {**dict.fromkeys(_TYPED, ""), "relay": filters.text(request, "relay") or ""}
        return _form(request, principal, values, {})
    require(principal, Permission.TEST_ACTIONS)
    values = {name: request.POST.get(name, "").replace("\0", "").strip() for name in _TYPED}
    try:
        asked = _asked(values, request.POST.get("password", ""))
        id_ = doctor.start(principal, asked)
    except Refused as refusal:
        field = refusal.finding.facts.get("field", "")
        if field not in {*_TYPED, "password"}:
            raise
        return _form(request, principal, values, {field: _words(refusal)})
    return HttpResponseRedirect(f"/doctor/{id_}")


def _asked(values: dict[str, str], password: str) -> Asked:
    """What the form asks for.

    Raises:
        Refused: the port is no number, or a server is missing for what is said of one.
    """
    port = values["port"]
    if port and not (port.isascii() and port.isdigit() and len(port) < 6):  # noqa: PLR2004
        raise Refused(Finding("input.invalid", {"field": "port", "problem": "is no port"}))
    another = bool(values["host"])
    if not another and (values["user"] or password):
        problem = "is missing: a user name and a password are of a server"
        raise Refused(Finding("input.invalid", {"field": "host", "problem": problem}))
    to = tuple(one.strip() for one in values["to"].split(",") if one.strip())
    return Asked(
        relay=None if another else values["relay"] or None,
        host=values["host"] or None,
        port=int(port) if another and port else None,
        encryption=(values["encryption"] or None) if another else None,
        sender=values["from"] or None,
        recipients=to or None,
        user=values["user"] or None,
        password=Secret(password) if password else None,
        send=bool(values["send"]),
    )


def _words(refusal: Refused) -> str:
    """What is wrong with a field, as a sentence that stands below it."""
    cause = told(refusal).cause
    field = refusal.finding.facts["field"]
    words = cause.removeprefix(f"{field} ")
    return words[:1].upper() + words[1:]


def _form(
    request: HttpRequest, principal: Principal, values: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    found = relays(Home.of_environment(), configuration.current().configuration)
    shown = doctor.list_runs(principal, cursor=filters.text(request, "cursor"), limit=_SHOWN)
    names = [one.settings.name for one in found]
    context = {
        "place": "deliveries",
        "tab": "doctor",
        "values": values | {"encryption": values["encryption"] or "starttls"},
        "errors": errors,
        "relays": [
            (one.settings.name, f"{one.settings.name}: {one.settings.host}:{one.settings.port}")
            for one in found
        ],
        "chosen": values["relay"] if values["relay"] in names else "",
        "encryptions": ENCRYPTIONS,
        "another": bool(_OF_ANOTHER & set(errors)),
        "runs": shown.items,
        "more": filters.query(request, cursor=shown.next) if shown.next else "",
    }
    return render(request, "tocsin/doctor.html", context, status=422 if errors else 200)


@require_safe
@page
def walk(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """One walk, as far as it is."""
    run = doctor.find_run(principal, id_)
    stations = walkedpath.visited(run)
    findings = _told(principal, run)
    context = {
        "place": "deliveries",
        "tab": "doctor",
        "run": run,
        "stops": tuple(one.stop for one in stations),
        "first": findings[0] if findings else None,
        "others": findings[1:],
        "steps": [one for one in run.steps if not walkedpath.beside(one)],
        "looks": [one for one in run.steps if walkedpath.beside(one)],
        "encryption": dict(ENCRYPTIONS).get(run.encryption, run.encryption),
        "again": _again(run),
        "undo": None if run.is_running else remedying.undo_banner(run),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "tocsin/part/walk.html", context)
    return render(request, "tocsin/doctor_walk.html", context)


def _told(principal: Principal, run: Run) -> list[Told]:
    offers = offered(principal, run)
    return [
        Told(
            finding=one,
            station="" if walkedpath.is_of_api(one) else walkedpath.where(one).value,
            evidence=evidence_of(one),
            # What one code offers stands at its first finding alone.
            offers=offers.pop(one.explained.code, ()),
        )
        for one in run.findings
    ]


def _again(run: Run) -> bool:
    """Whether the same can be asked once more; of another server no password is kept."""
    names = relays(Home.of_environment(), configuration.current().configuration)
    return run.relay in {one.settings.name for one in names}


@require_safe
@page
def report(_request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """The report as text, for a ticket."""
    text = doctor.report_of(principal, id_)
    answer = HttpResponse(text.encode(), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"doctor-{id_}.txt") or ""
    return answer
