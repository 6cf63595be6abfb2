"""Deliveries → Feedback: what Amazon SES says later of the mails that it took."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.views.decorators.http import require_POST, require_safe

from tocsin.domain.principal import Principal
from tocsin.engine import (
    feedbackflags,
    feedbacklook,
    feedbacksetup,
    feedbacksns,
    feedbackview,
)
from tocsin.engine.configuration import current
from tocsin.engine.feedbacksetup import Step
from tocsin.engine.feedbacksns import Subscription
from tocsin.engine.feedbackview import Topic
from tocsin.ses.destination import Reporting, Told
from tocsin.web import filters
from tocsin.web.answer import page

# The sentences of `engine.feedbacksetup`, which programs read in English.
SENTENCES = (
    _noop("Make the SNS topic {name}."),
    _noop("Let Amazon SES publish to the topic."),
    _noop("Make the SQS queue {name}."),
    _noop("Let the topic send to the queue."),
    _noop("Let the topic feed the queue, with raw delivery."),
    _noop(
        "Let the configuration set {set} publish bounces, complaints, deliveries, rejects "
        "and delays to the topic."
    ),
    _noop(
        "Let the identity {identity} send its bounces, complaints and deliveries to the "
        "topic, with the headers of the mail."
    ),
    _noop(
        "The identity {identity} reports to {topic} already: let that topic feed the queue "
        "too, or take it away and run this again."
    ),
    _noop("Let the identity of {sender} report to the topic; which one that is could not be seen."),
    _noop("Fetch feedback from the queue."),
)

FEEDBACK = "/ses/feedback"
SNS = "/api/v1/ses/sns"
_FEW = 20


@require_safe
@page
def show(request: HttpRequest, principal: Principal) -> HttpResponse:
    """How feedback comes in, what waits for a person, and what could not be read."""
    return shown(request, principal, {})


def shown(request: HttpRequest, principal: Principal, more: dict[str, Any]) -> HttpResponse:
    """The page, with what was asked for beside it."""
    incoming = feedbackview.incoming(principal)
    offers = feedbacksns.list_subscriptions(principal)
    flags = feedbackflags.list_flags(principal)
    kept = feedbackview.list_kept(principal, cursor=filters.text(request, "cursor"), limit=_FEW)
    context = {
        "place": "deliveries",
        "tab": "feedback",
        "incoming": incoming,
        "offered": [_with_topic(one) for one in offers if one.confirmed_at is None],
        "confirmed": [_with_topic(one) for one in offers if one.confirmed_at is not None],
        "flags": flags,
        "kept": kept,
        "more": filters.query(request, cursor=kept.next) if kept.next else "",
        "nothing": not (incoming.is_set_up or offers or flags or kept.total),
        "address": _own_address(request) + SNS,
        "example_region": incoming.region or "eu-west-1",
        **more,
    }
    return render(request, "tocsin/ses_feedback.html", context)


def _with_topic(one: Subscription) -> tuple[Subscription, Topic]:
    return one, feedbackview.topic_of(one.topic)


def _own_address(request: HttpRequest) -> str:
    """Where this manager is reached; SNS delivers over HTTPS."""
    said = current().configuration.outbox.page_address
    return said if said.startswith("https://") else f"https://{request.get_host()}"


@require_POST
@page
def confirm(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Agree that a topic sends feedback."""
    one = feedbacksns.confirm_subscription(principal, _id(request))
    name = feedbackview.topic_of(one.topic).name
    messages.success(request, _("The topic %(name)s sends feedback from now on.") % {"name": name})
    return HttpResponseRedirect(FEEDBACK)


@require_POST
@page
def remove(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Take no more of a topic."""
    feedbacksns.remove_subscription(principal, _id(request))
    messages.success(
        request, _("Nothing is taken of this topic any more. End the subscription in AWS too.")
    )
    return HttpResponseRedirect(FEEDBACK)


@require_POST
@page
def look(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Ask Amazon SES now to whom it reports."""
    found = feedbacklook.look(principal)
    return shown(request, principal, {"looked": [_looked(one) for one in found]})


def _looked(one: Reporting) -> dict[str, Any]:
    """What is reported of a sender, as the page says it."""
    return {
        "report": one,
        "told": [(told.value, one.ways(told)) for told in Told],
        "unheard": not feedbacklook.reports_bounces(one),
    }


@require_POST
@page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Make topic, queue and what SES reports to them, and fetch from there."""
    made = feedbacksetup.create(principal)
    return shown(
        request, principal, {"made": made, "steps": [(one, _words(one)) for one in made.steps]}
    )


def _words(one: Step) -> str:
    """A step in the language of the page."""
    return _(feedbacksetup.STEPS[one.name]).format_map(one.facts)


def _id(request: HttpRequest) -> str:
    return request.POST.get("id", "").replace("\0", "")


@require_POST
@page
def clear(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Say that a flagged address is right again."""
    address = request.POST.get("address", "").replace("\0", "")
    feedbackflags.clear(principal, address)
    messages.success(
        request,
        _("The flag of %(address)s is cleared; the alarm about it ends.") % {"address": address},
    )
    return HttpResponseRedirect(FEEDBACK)
