"""The whole setup in one call, for who has agreed to everything before: look, apply, test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tocsin.central.problem import Invalid
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.actiontest import TestResult, result_json
from tocsin.engine.configuration import Changed
from tocsin.engine.errors import Conflict, Refused, RoleMissing
from tocsin.engine.setup.account import judge_choice
from tocsin.engine.setup.anchoring import chosen
from tocsin.engine.setup.apply import apply, finish, stood_in
from tocsin.engine.setup.entered import AccessKey, Choice, Entered, NewUser
from tocsin.engine.setup.look import look
from tocsin.engine.setup.newuser import make_user
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.told import changed_json, explained_json, proposal_json
from tocsin.engine.setup.where import where
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained

SHAPE = "the credentials cannot be right by their shape; nobody was asked"
UNREACHED = "the server showed no certificate"
UNVERIFIED = "the chain does not verify with what is trusted"
NOT_SIGNED_IN = "the relay did not take the sign-in"
LEFT = (
    "nothing was changed here, but the IAM user {name} was made, with the access key {key}; it may "
    "send, and Tocsin does not have its secret any more: delete it in the IAM console, and begin "
    "again"
)
"""What is left at AWS when the setup ends after a user was made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far the setup came; `problem` says why it ended before its end, else it is empty."""

    proposal: Proposal
    warnings: tuple[Explained, ...] = ()
    """What Amazon SES would refuse of mail to those who were chosen."""
    user_made: str | None = None
    applied: Changed | None = None
    test: TestResult | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether all came about that was asked for."""
        return not self.problem and (self.test is None or self.test.ok)


def hindrance(proposal: Proposal) -> str:
    """Why the setup cannot go on from what was found; empty when it can."""
    if proposal.collection is None:
        return SHAPE
    if not proposal.collection.certificates:
        return UNREACHED
    if not proposal.collection.verdict.trusted:
        return UNVERIFIED
    return NOT_SIGNED_IN if proposal.sign_in is not None else ""


def set_up(
    principal: Principal,
    entered: Entered,
    choice: Choice,
    *,
    dry_run: bool = False,
    test: bool = True,
) -> Outcome:
    """Look with what `choice` agrees to trust; where nothing hinders, apply and test.

    What hinders changes nothing, and no user is made. A new user is made only after a dry run
    of the change; what ends the setup after that is told in `Outcome.problem`, with the user
    that is left.

    Raises: as `look`, `apply` and `make_user`.
    """
    require(principal, Permission.ADMINISTER)
    proposal = look(principal, entered)
    trusting = chosen(proposal, choice.trust) if proposal.collection is not None else ()
    if trusting:
        proposal = look(principal, entered, trusting=trusting)
    outcome = Outcome(proposal, problem=hindrance(proposal))
    if outcome.problem:
        return outcome
    judged = judge_choice(proposal, where(entered).region, choice.sender, choice.to)
    foreseen = apply(principal, entered, proposal, choice, dry_run=True)
    outcome = replace(outcome, warnings=judged, applied=foreseen)
    if dry_run:
        return outcome
    if isinstance(entered.credentials, NewUser):
        outcome = replace(outcome, user_made=entered.credentials.name, applied=None)
        entered = make_user(principal, entered, trusting=trusting)
        outcome = _with_user(principal, entered, choice, outcome)
    else:
        outcome = replace(outcome, applied=apply(principal, entered, proposal, choice))
    return _tested(principal, entered, choice, outcome) if test and outcome.applied else outcome


def _with_user(principal: Principal, entered: Entered, choice: Choice, outcome: Outcome) -> Outcome:
    """Applied with the user that was made a moment ago, if the relay knows it by now."""
    try:
        proposal = look(principal, entered, trusting=outcome.proposal.agreed)
        outcome = replace(outcome, proposal=proposal, problem=hindrance(proposal))
        if not outcome.problem:
            return replace(outcome, applied=apply(principal, entered, proposal, choice))
    except (Invalid, Refused, Conflict) as refusal:
        outcome = replace(outcome, problem=reason_of(refusal))
    return replace(outcome, problem=f"{outcome.problem}; {left(outcome.user_made, entered)}")


def reason_of(refusal: Exception) -> str:
    """Why it was refused, in words."""
    return explain(refusal.finding).cause if isinstance(refusal, Refused) else str(refusal)


def left(name: str | None, entered: Entered) -> str:
    """What is left at AWS of a user that was made and is not used."""
    key = entered.credentials
    return LEFT.format(name=name, key=key.access_key if isinstance(key, AccessKey) else "")


def _tested(principal: Principal, entered: Entered, choice: Choice, outcome: Outcome) -> Outcome:
    key = entered.credentials
    try:
        fresh = isinstance(key, AccessKey) and key.fresh
        return replace(outcome, test=finish(principal, choice.action, fresh=fresh))
    except (RoleMissing, Conflict) as missing:
        return replace(outcome, problem=f"applied, not tested: {missing}")


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome in the shape that the API and ``--json`` give."""
    return {
        "ok": outcome.ok,
        "proposal": proposal_json(outcome.proposal),
        "trusted": [one.sha256 for one in outcome.proposal.agreed],
        "warnings": [explained_json(one) for one in outcome.warnings],
        "user_made": outcome.user_made,
        "applied": None if outcome.applied is None else changed_json(outcome.applied),
        "tested": outcome.test is not None,
        "test": None if outcome.test is None else result_json(outcome.test),
        "stood_in": outcome.test is not None and stood_in(outcome.test),
        "problem": outcome.problem or None,
    }
