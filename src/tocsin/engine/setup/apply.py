"""What was proposed made so: one version of the configuration, and then Test Action."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from tocsin.base.clock import now
from tocsin.base.secret import Secret
from tocsin.central.appliance import GONE_AFTER
from tocsin.central.problem import Invalid, Problem
from tocsin.central.smtp import REHEARSAL
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import nudge
from tocsin.engine.actiontest import TestResult, test_action
from tocsin.engine.configuration import Changed, change, current, current_number
from tocsin.engine.errors import Conflict, Refused, RoleMissing
from tocsin.engine.setup.account import judge_choice
from tocsin.engine.setup.anchoring import chosen
from tocsin.engine.setup.document import parts
from tocsin.engine.setup.entered import Choice, Entered, NewUser
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.trying import PATIENCE_S, REJECTED
from tocsin.engine.setup.where import where
from tocsin.faults.fault import Finding, Seriousness
from tocsin.mail.address import check_address
from tocsin.store import models

_TAKE_OVER_S = 60.0
_LOOK_EVERY_S = 0.1
_AGAIN_S = 2.0
_UNVERIFIED = "ses.identity-not-verified"
_FIELDS = (
    (re.compile(r"smtp\.from"), "from"),
    (re.compile(r"smtp\.password.*"), "password"),
    (re.compile(r"smtp\.([a-z]+)"), r"\1"),
    (re.compile(r"ses\.secret_key.*"), "secret_key"),
    (re.compile(r"ses\.([a-z_]+)"), r"\1"),
    (re.compile(r"actions\[\d+\]\.to(.*)"), r"to\1"),
    (re.compile(r"actions\[\d+\]\.name"), "action"),
    (re.compile(r"trust.*"), "trust"),
)
"""Where a value stands in the document → the field that it came from."""


def apply(
    principal: Principal,
    entered: Entered,
    proposal: Proposal,
    choice: Choice,
    *,
    dry_run: bool = False,
) -> Changed:
    """Relay, anchors, account, action and rule in one change: all of them or none.

    What else was set of these stays. Done again it changes nothing and makes no version.
    A dry run also takes a `NewUser`, whose user is not there yet.

    Raises:
        NotPermitted: the role may not.
        Invalid: names every field that cannot be; nothing was changed.
        Refused: by their shape the credentials cannot be right.
        Conflict: the user is still to be made; or another version came into force meanwhile.
    """
    require(principal, Permission.ADMINISTER)
    there = where(entered)
    _refuse_hopeless(proposal)
    if isinstance(entered.credentials, NewUser):
        if not dry_run:
            raise Conflict(f"the user {entered.credentials.name} is still to be made")
        # What a dry run shows in their place.
        user = f"the access key of {entered.credentials.name}"
        proposal = replace(proposal, user=user, password=Secret("to be made"))
    certificates = chosen(proposal, choice.trust)
    _check_choice(proposal, there.region, choice)

    def make() -> Changed:
        latest = current()
        given = parts(latest.configuration, entered, proposal, choice, certificates, there.region)
        return change(principal, given, expected=latest.number, dry_run=dry_run)

    try:
        try:
            return make()
        except Conflict:  # somebody changed something meanwhile: made of theirs, once more
            return make()
    except Invalid as error:
        raise Invalid(_as_entered(one) for one in error.problems) from None


def _refuse_hopeless(proposal: Proposal) -> None:
    for one in proposal.shape:
        if one.severity is Seriousness.ERROR:
            raise Refused(Finding(one.code, one.facts))


def _check_choice(proposal: Proposal, region: str, choice: Choice) -> None:
    problems = [
        *_address_problems("from", (choice.sender,)),
        *_address_problems("to", choice.to),
        *([] if choice.to else [Problem("to", "is missing")]),
        *([] if choice.action.strip() else [Problem("action", "is missing")]),
    ]
    if problems:
        raise Invalid(problems)
    accepted = ", ".join(one.name for one in proposal.senders)
    told = judge_choice(proposal, region, choice.sender, choice.to)
    unverified = [
        Problem("from", one.cause, f"an address of: {accepted}" if accepted else "")
        for one in told
        if one.code == _UNVERIFIED
    ]
    if unverified:
        raise Invalid(unverified)


def _address_problems(field: str, addresses: tuple[str, ...]) -> list[Problem]:
    found = []
    for one in addresses:
        try:
            check_address(one)
        except ValueError as error:
            accepted = "an address such as alarms@example.com"
            found.append(Problem(field, str(error) if one else "is missing", accepted))
    return found


def _as_entered(problem: Problem) -> Problem:
    """The problem at the field that it came from."""
    for form, field in _FIELDS:
        found = form.fullmatch(problem.path)
        if found is not None:
            return replace(problem, path=found.expand(field))
    return problem


def finish(principal: Principal, action: str, *, fresh: bool = False) -> TestResult:
    """Test Action, the way a real alarm goes, once the responders have taken over the setup.

    With a key that is `fresh` a sign-in that is refused is tried again for a while: IAM takes
    some seconds to tell Amazon SES of it.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is no such action.
        RoleMissing: no responder runs, so nothing would be sent.
        Conflict: the responders do not take the setup over.
    """
    require(principal, Permission.TEST_ACTIONS)
    _await_responders(current_number())
    until = time.monotonic() + PATIENCE_S
    while True:
        result = test_action(principal, action)
        refused = result.explained is not None and result.explained.code == REJECTED
        if not fresh or not refused or time.monotonic() > until:
            return result
        time.sleep(_AGAIN_S)


def stood_in(result: TestResult) -> bool:
    """Whether the rehearsal relay took the place of what was set up: that was not tested then."""
    return result.attempt is not None and result.attempt.relay == REHEARSAL


def _await_responders(version: int) -> None:
    """Wait until every responder that reports itself works by this version."""
    until = time.monotonic() + _TAKE_OVER_S
    nudge.wake("responder")
    while True:
        rows = models.RoleState.objects.filter(
            role="responder", heartbeat_at__gt=now() - GONE_AFTER
        )
        found = list(rows.values_list("applied_version", "failure"))
        if not found:
            raise RoleMissing("responder")
        if all(applied >= version for applied, _ in found):
            return
        if time.monotonic() > until:
            why = next((failure for _, failure in found if failure), "it has not said why")
            raise Conflict(f"a responder does not work by version {version}: {why}")
        time.sleep(_LOOK_EVERY_S)
