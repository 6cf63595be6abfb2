"""The doctor's remedies: offered, looked at, carried out, and undone.

A change of the configuration is one version of it, made for the version that was looked at and
for no other. The doctor walks again after each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tocsin.base.clock import now
from tocsin.base.home import Home
from tocsin.central.configuration import Configuration
from tocsin.central.difference import Difference
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import ciphereffect, configuration, doctor, relayhealth
from tocsin.engine.ciphereffect import Effect
from tocsin.engine.doctorerrand import Asked
from tocsin.engine.doctorrun import Run
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.engine.relay import relays
from tocsin.engine.remedies import anchor, making, sandbox
from tocsin.engine.remedies.making import Note
from tocsin.engine.remedies.plan import Case, Moot, Plan
from tocsin.engine.remedies.registry import KINDS, OTHERS
from tocsin.engine.remedies.undoing import undoing
from tocsin.engine.remedies.words import Words
from tocsin.engine.trusted import trusted_anchors
from tocsin.store.queries import operation
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate
from tocsin.trust.collect import collect

_SECONDS = 10.0
"""For asking the relays; more than a relay in good health ever needs."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A remedy that would do something now."""

    index: int
    """Its place among the remedies of the walk."""
    kind: RemedyKind
    label: str
    """The words of its button."""
    code: str
    """The finding that it is for."""
    says: Words
    asks: tuple[str, ...]
    """What has to be entered: ``sender``, ``secret``; ``sha256`` is the fingerprint confirmed."""
    permitted: bool
    """Whether whoever looks may carry it out."""


@dataclass(frozen=True, slots=True)
class RemedyPreview:
    """What carrying a remedy out would come to; nothing has changed."""

    offer: Offer
    says: Words
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]
    """What somebody should know before they confirm it."""
    notices: tuple[Words, ...]
    asks: tuple[str, ...]
    """What is still to be entered."""
    version: int
    """The configuration that this was worked out for."""
    certificate: Certificate | None = None
    trusting: Words | None = None
    """What becomes of the relay's chain with that certificate trusted."""
    effects: tuple[Effect, ...] = ()
    """What each relay would choose under the cipher policy."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done. `run` is the walk that began after it; without one, `unwalked` says why."""

    version: int | None
    """The configuration version that was made; None where none was."""
    what: str
    run: str | None
    unwalked: str = ""


def offers(principal: Principal, run_id: str) -> list[Offer]:
    """The remedies of a walk that would do something now.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no such walk.
    """
    run = doctor.find_run(principal, run_id)
    return [one for one, _ in _offered(principal, run)]


def _offered(principal: Principal, run: Run) -> Iterator[tuple[Offer, Plan]]:
    for index, remedy in enumerate(run.remedies):
        try:
            plan = _plan(run, remedy, {})
        except Moot:
            continue
        yield _offer(principal, index, remedy, plan), plan


def _offer(principal: Principal, index: int, remedy: Remedy, plan: Plan) -> Offer:
    kind = KINDS.get(remedy.kind)
    needed = Permission.TEST_ACTIONS if kind is None else Permission.ADMINISTER
    return Offer(
        index=index,
        kind=remedy.kind,
        label=OTHERS[remedy.kind] if kind is None else kind.label,
        code=remedy.code,
        says=plan.says,
        asks=plan.asks,
        permitted=principal.may(needed),
    )


def _plan(run: Run, remedy: Remedy, given: Mapping[str, str]) -> Plan:
    """What it comes to on the configuration in force.

    Raises:
        Moot: it does not fit that.
    """
    present = configuration.current().configuration
    case = Case(present, run.relay, remedy, given, now(), run.host, run.port)
    match remedy.kind:
        case RemedyKind.AWAIT_PRODUCTION:
            return _holding(case)
        case RemedyKind.TRY_NOW:
            return _trying(case)
        case kind:
            return KINDS[kind].plan(case)


def _holding(case: Case) -> Plan:
    case.configured()
    found = sandbox.concerned()
    if not found.failed and not found.waiting:
        raise Moot("no delivery of the last 7 days was refused by the sandbox")
    counts = {"failed": str(len(found.failed)), "waiting": str(len(found.waiting))}
    return Plan(Words(sandbox.HOLDS, counts), "held what the sandbox refuses")


TRIES = "The relay %(relay)s is paused; it is looked at again at once."


def _trying(case: Case) -> Plan:
    one = case.configured()
    state = operation.relay_state(one.name)
    if state is None or state.paused_at is None:
        raise Moot(f"the relay {one.name} is not paused")
    return Plan(Words(TRIES, {"relay": one.name}), f"had the relay {one.name} looked at again")


def preview(
    principal: Principal, run_id: str, index: int, given: Mapping[str, str]
) -> RemedyPreview:
    """What a remedy would change, with what was entered for it; it changes nothing.

    Raises:
        NotPermitted: the role may not carry it out.
        NotFound: there is no such walk or remedy.
        Conflict: it does not fit the configuration any more.
        central.Invalid: what was entered cannot be taken.
    """
    run, remedy = _found(principal, run_id, index)
    present = configuration.current()
    plan = _plan(run, remedy, given)
    shown = RemedyPreview(
        offer=_offer(principal, index, remedy, plan),
        says=plan.says,
        differences=plan.foreseen,
        warnings=(),
        notices=plan.warnings,
        asks=plan.asks,
        version=present.number,
        certificate=plan.certificate,
    )
    if not plan.parts:
        return shown
    changed = configuration.change(principal, plan.parts, expected=present.number, dry_run=True)
    known = configuration.change(principal, {}, dry_run=True).warnings
    return replace(
        shown,
        differences=changed.differences,
        warnings=tuple(str(one) for one in changed.warnings if one not in known),
        trusting=_trusting(run, present.configuration, plan.certificate),
        effects=_effects(present.configuration, plan),
    )


def _found(principal: Principal, run_id: str, index: int) -> tuple[Run, Remedy]:
    """The walk and its remedy; whoever may not carry it out does not see more of it."""
    require(principal, Permission.TEST_ACTIONS)
    run = doctor.find_run(principal, run_id)
    if not 0 <= index < len(run.remedies):
        raise NotFound("remedy", str(index))
    remedy = run.remedies[index]
    require(principal, _needed(remedy.kind))
    return run, remedy


def _needed(kind: RemedyKind) -> Permission:
    return Permission.ADMINISTER if kind in KINDS else Permission.TEST_ACTIONS


def _trusting(run: Run, present: Configuration, certificate: Certificate | None) -> Words | None:
    """A look at the server under the anchors that there would be."""
    if certificate is None or run.encryption == "none":
        return None
    anchors = (*trusted_anchors(present), Anchor(certificate.title, certificate))
    found = asyncio.run(
        collect(
            run.host,
            run.port,
            run.encryption,
            anchors=anchors,
            policy=present.ciphers.policy,
            timeout=_SECONDS,
        )
    )
    return anchor.effect(found, anchors)


def _effects(present: Configuration, plan: Plan) -> tuple[Effect, ...]:
    """What each relay would choose under the policy that there would be."""
    if "ciphers" not in plan.parts:
        return ()
    policy = type(present.ciphers).model_validate(plan.parts["ciphers"]).policy
    settings = [one.settings for one in relays(Home.of_environment(), present)]
    return tuple(asyncio.run(ciphereffect.effects(settings, policy, timeout=_SECONDS)))


def carry_out(
    principal: Principal,
    run_id: str,
    index: int,
    given: Mapping[str, str],
    *,
    seen_version: int,
) -> Done:
    """Do it, all of it or nothing, and let the doctor walk again.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is no such walk or remedy.
        Conflict: something is still to be entered or confirmed; it does not fit the
            configuration any more; or that is not the version that was looked at.
        central.Invalid: what was entered cannot be taken.
        RoleMissing: no responder runs that could look at the relay.
    """
    run, remedy = _found(principal, run_id, index)
    before = configuration.current()
    if before.number != seen_version:
        raise Conflict(
            f"version {before.number} came into force since this was looked at; look at it again"
        )
    plan = _plan(run, remedy, given)
    if plan.asks:
        raise Conflict(f"this needs {', '.join(plan.asks)}; nothing was changed")
    version = _do(principal, run, remedy, plan, seen_version)
    number, why = _walk_again(principal, run, before.configuration)
    return Done(version, plan.note, number, why)


def _do(
    principal: Principal, run: Run, remedy: Remedy, plan: Plan, seen_version: int
) -> int | None:
    if remedy.kind is RemedyKind.AWAIT_PRODUCTION:
        sandbox.hold(principal)
        return None
    if remedy.kind is RemedyKind.TRY_NOW:
        relayhealth.try_now(principal, run.relay or "")
        return None
    note = f"{making.MADE}{plan.note} after walk {run.id}"
    changed = making.make(principal, plan.parts, note, expected=seen_version)
    if not changed.made:
        raise Conflict("it is so already; nothing was changed")
    return changed.version


def undo(principal: Principal, version: int) -> Done:
    """Take back what a remedy changed in that version, and let the doctor walk again.

    What else was changed since stays; a password is again the one before.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is no such version.
        Conflict: no remedy made it, or the same thing was changed again since.
    """
    require(principal, Permission.ADMINISTER)
    note, parts, latest = _undoing(version)
    what = f"{making.UNDONE}{note.what} (version {version})"
    changed = making.make(principal, parts, what, expected=latest)
    if not changed.made:
        raise Conflict(f"version {version} is undone already")
    try:
        run = doctor.find_run(principal, note.run)
    except NotFound:
        return Done(changed.version, note.what, None, "the walk before it is kept no more")
    number, why = _walk_again(principal, run, configuration.version(version).configuration)
    return Done(changed.version, note.what, number, why)


def _undoing(version: int) -> tuple[Note, dict[str, object], int]:
    after = configuration.version(version)
    note = making.note_of(version)
    if note is None:
        raise Conflict(f"version {version} was not made by a remedy; go back to another instead")
    latest = configuration.current()
    before = configuration.version(version - 1)
    parts = undoing(before.configuration, after.configuration, latest.configuration)
    return note, parts, latest.number


def undoable(run: Run) -> Note | None:
    """The remedy after which this walk was made, while it can still be undone."""
    note = making.latest_note(run.began_at)
    if note is None:
        return None
    try:
        _undoing(note.version)
    except (Conflict, NotFound):
        return None
    return note


def _walk_again(principal: Principal, run: Run, before: Configuration) -> tuple[str | None, str]:
    """Begin a walk to the same target; gives its id, or why there is none."""
    try:
        return doctor.start(principal, _same(run, before)), ""
    except (Conflict, NotFound, Refused) as refusal:
        # What was done stays done: the walk can be asked for at any time.
        return None, str(refusal)


def _same(run: Run, before: Configuration) -> Asked:
    """The errand of a walk; a sender that was the relay's own is what it is now."""
    own = {one.sender for one in before.every_relay}
    own |= {one.sender for one in configuration.current().configuration.every_relay}
    same = Asked(
        sender=run.sender,
        recipients=run.recipients or None,
        send=run.sent,
    )
    if run.relay is None:
        return replace(same, host=run.host, port=run.port, encryption=run.encryption)
    return replace(same, relay=run.relay, sender=None if run.sender in own else run.sender)
