"""The setup assistant of Amazon SES: what is entered, what was found, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import Changed, current
from tocsin.engine.errors import Conflict, Refused, RoleMissing
from tocsin.engine.setup import apply as applying
from tocsin.engine.setup import look as looking
from tocsin.engine.setup.document import RULE
from tocsin.engine.setup.entered import AccessKey, Choice, NewUser
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.whole import hindrance
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained
from tocsin.ses.endpoint import ENDPOINTS
from tocsin.ses.iam import POLICY_NAME
from tocsin.web import deliveries, sessetupform
from tocsin.web.answer import page, told
from tocsin.web.problems import FormProblems
from tocsin.web.sessetupcarried import PATH, Carried, brought, forget, hand_on, remembered
from tocsin.web.sessetupfound import found, proposed_values, would_be_refused

LOOK = f"{PATH}/look"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def enter(request: HttpRequest, principal: Principal) -> HttpResponse:
    """First step: a region and a way to sign in. Nobody is asked yet."""
    require(principal, Permission.ADMINISTER)
    if request.method != "POST":
        before = remembered(request, principal)
        values = sessetupform.values_of(before.entered) if before else sessetupform.new()
        return _form(request, values, FormProblems())
    values = sessetupform.typed(request.POST)
    entered = sessetupform.read(values, Secret(request.POST.get("password", "")))
    if isinstance(entered, FormProblems):
        return _form(request, values, entered)
    try:
        wrong = sessetupform.judge(entered, current().configuration)
    except Refused as refusal:
        return _form(request, values, FormProblems(), told(refusal))
    if wrong:
        return _form(request, values, wrong)
    answer = HttpResponseRedirect(LOOK)
    hand_on(answer, request, principal, Carried(entered))
    return answer


def _form(
    request: HttpRequest,
    values: dict[str, Any],
    wrong: FormProblems,
    failure: Explained | None = None,
) -> HttpResponse:
    context = {
        "place": "deliveries",
        "regions": ENDPOINTS.values(),
        "encryptions": sessetupform.ENCRYPTIONS,
        "values": values,
        "errors": wrong.fields,
        "others": wrong.other,
        "failure": failure,
        "policy": POLICY_NAME,
        "new_name": sessetupform.NEW_NAME,
        "unfolded": sessetupform.is_unfolded(values, wrong),
    }
    status = 422 if wrong or failure else 200
    return render(request, "tocsin/ses_setup.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def look(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Second step: what was found, and what is proposed. Nothing is changed.

    Sent, the certificate that was ticked counts as trusted for a look further.
    """
    require(principal, Permission.ADMINISTER)
    carried = brought(request, principal)
    if carried is None:
        return _begin_again(request)
    if request.method != "POST":
        second = _Second(request, principal, carried, _look(principal, carried))
        return second.show(proposed_values(second.proposal))
    values = sessetupform.chosen(request.POST)
    second = _looked_at(request, principal, carried, values)
    wrong = FormProblems()
    if second.proposal.anchor is not None and not found(second.proposal).verified:
        wrong.tell("sha256", _("Compare the fingerprint and tick this to look further."))
    kept = {name: value for name, value in values.items() if value}
    return second.show({**proposed_values(second.proposal), **kept}, wrong)


def _begin_again(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("What was entered is no longer there. Enter it again."))
    return HttpResponseRedirect(PATH)


def _look(principal: Principal, carried: Carried) -> Proposal:
    """What can be known; with what was ticked trusted, if it is still what is proposed."""
    first = looking.look(principal, carried.entered)
    if first.anchor is None or first.anchor.sha256 != carried.trusting:
        return first
    further = looking.look(principal, carried.entered, trusting=(first.anchor,))
    # By itself the further look proposes nothing any more: the chain verifies.
    return replace(further, anchor=first.anchor, anchor_reason=first.anchor_reason)


@dataclass(frozen=True, slots=True)
class _Second:
    """The page of the second step."""

    request: HttpRequest
    principal: Principal
    carried: Carried
    proposal: Proposal

    def show(
        self,
        values: dict[str, Any],
        wrong: FormProblems | None = None,
        failure: Explained | None = None,
        planned: Changed | None = None,
    ) -> HttpResponse:
        """What was found, with what was chosen so far, what is wrong with it or would change."""
        problems = wrong or FormProblems()
        credentials = self.carried.entered.credentials
        context = {
            "place": "deliveries",
            "proposal": self.proposal,
            "found": found(self.proposal),
            "made": self.carried.made,
            "to_make": credentials.name if isinstance(credentials, NewUser) else "",
            "has_key": isinstance(credentials, AccessKey | NewUser),
            "policy": POLICY_NAME,
            "rule": RULE,
            "values": values,
            "errors": problems.fields,
            "others": problems.other,
            "failure": failure,
            "planned": planned,
            "refused": would_be_refused(self.proposal, values["to"]),
        }
        status = 422 if problems or failure else 200
        answer = render(self.request, "tocsin/ses_setup_proposal.html", context, status=status)
        hand_on(answer, self.request, self.principal, self.carried)
        return answer


def _looked_at(
    request: HttpRequest, principal: Principal, carried: Carried, values: dict[str, Any]
) -> _Second:
    """The second step with what is ticked in its form."""
    ticked = replace(carried, trusting=next(iter(values["sha256"]), None))
    return _Second(request, principal, ticked, _look(principal, ticked))


@require_POST
@page
def apply(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Third step: the settings are applied, and the action is tested with them.

    The server is looked at once more: what was ticked counts only if it is proposed still. A
    user is made at IAM only once it is known that the rest can be applied.
    """
    require(principal, Permission.ADMINISTER)
    carried = brought(request, principal)
    if carried is None:
        return _begin_again(request)
    values = sessetupform.chosen(request.POST)
    second = _looked_at(request, principal, carried, values)
    proposal = second.proposal
    if proposal.collection is None:
        return second.show(values)
    anchor = proposal.anchor.sha256 if proposal.anchor is not None else None
    choice = sessetupform.read_choice(values, anchor)
    if isinstance(choice, FormProblems):
        return second.show(values, choice)
    try:
        planned = applying.apply(principal, carried.entered, proposal, choice, dry_run=True)
        if "show" in request.POST:
            return second.show(values, planned=planned)
        hindered = _hindered(proposal)
        if hindered is not None:
            return second.show(values, failure=hindered)
        second = _with_user(second)
    except Invalid as invalid:
        return second.show(values, sessetupform.at_fields(invalid))
    except (Refused, Conflict) as refusal:
        return second.show(values, failure=told(refusal))
    return _apply(second, values, choice)


def _hindered(proposal: Proposal) -> Explained | None:
    """Why nothing is applied: the server does not verify, or did not take the sign-in."""
    problem = hindrance(proposal)
    if not problem:
        return None
    if proposal.sign_in is not None:
        return proposal.sign_in
    seen = proposal.collection
    finding = seen.verdict.finding or next(iter(seen.findings), None) if seen else None
    return explain(finding) if finding is not None else told(Conflict(problem))


def _with_user(second: _Second) -> _Second:
    """The same with a user that can sign in: one that is to be made is made here, once."""
    carried, anchor = second.carried, second.proposal.anchor
    new = carried.entered.credentials
    if not isinstance(new, NewUser):
        return second
    trusting = () if anchor is None else (anchor,)
    entered = looking.make_user(second.principal, carried.entered, trusting=trusting)
    return replace(second, carried=replace(carried, entered=entered, made=new.name))


def _apply(second: _Second, values: dict[str, Any], choice: Choice) -> HttpResponse:
    principal, carried = second.principal, second.carried
    try:
        if not second.proposal.user:  # it was not made yet when this was looked at
            second = replace(second, proposal=_look(principal, carried))
            hindered = _hindered(second.proposal)
            if hindered is not None:
                return second.show(values, failure=hindered)
        changed = applying.apply(principal, carried.entered, second.proposal, choice)
    except Invalid as invalid:
        return second.show(values, sessetupform.at_fields(invalid))
    except (Refused, Conflict) as refused:
        return second.show(values, failure=told(refused))
    return _done(second, choice, changed)


def _done(second: _Second, choice: Choice, changed: Changed) -> HttpResponse:
    """Test Action, and what became of it."""
    context: dict[str, Any] = {"place": "deliveries", "name": choice.action, "changed": changed}
    key = second.carried.entered.credentials
    fresh = isinstance(key, AccessKey) and key.fresh
    try:
        result = applying.finish(second.principal, choice.action, fresh=fresh)
    except (RoleMissing, Conflict) as refusal:
        context |= {"failure": told(refusal)}
    else:
        context |= {
            "result": result,
            "stood_in": applying.stood_in(result),
            "failure": result.explained,
            **deliveries.shown(second.principal, result.delivery),
        }
    answer = render(second.request, "tocsin/ses_setup_done.html", context)
    forget(answer)
    return answer
