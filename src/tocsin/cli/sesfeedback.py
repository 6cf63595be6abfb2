"""``tocsin ses flags``, ``subscriptions``, ``quarantine``, ``feedback``: what SES says later."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.given import add_limit
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from tocsin.engine.feedbackflags import Flag
    from tocsin.engine.feedbacksetup import Step
    from tocsin.engine.feedbacksns import Subscription
    from tocsin.ses.destination import Reporting


def add_actions(actions: Any) -> None:
    """Add these to the actions of ``tocsin ses``."""
    flags = actions.add_parser("flags", help="addresses that bounced for good or complained")
    common(flags)
    flags.set_defaults(run=_flags)
    unflag = actions.add_parser("unflag", help="say that a flagged address is right again")
    unflag.add_argument("address", metavar="ADDRESS")
    common(unflag)
    unflag.set_defaults(run=_unflag)
    subscriptions = actions.add_parser(
        "subscriptions", help="SNS topics that offered to send feedback"
    )
    common(subscriptions)
    subscriptions.set_defaults(run=_subscriptions)
    confirm = actions.add_parser("confirm", help="agree that a topic sends feedback")
    confirm.add_argument("subscription", metavar="ID|TOPIC", help="as 'subscriptions' lists it")
    common(confirm)
    confirm.set_defaults(run=_confirm)
    unsubscribe = actions.add_parser("unsubscribe", help="take no more of a topic")
    unsubscribe.add_argument("subscription", metavar="ID|TOPIC")
    common(unsubscribe)
    unsubscribe.set_defaults(run=_unsubscribe)
    quarantine = actions.add_parser("quarantine", help="feedback that could not be read")
    add_limit(quarantine)
    common(quarantine)
    quarantine.set_defaults(run=_quarantine)
    _add_feedback(actions)


def _add_feedback(actions: Any) -> None:
    feedback = actions.add_parser("feedback", help="whether SES reports anything: look, create")
    whats = feedback.add_subparsers(metavar="WHAT", required=True)
    look = whats.add_parser("look", help="to whom SES reports bounces, complaints, deliveries")
    common(look)
    look.set_defaults(run=_look)
    create = whats.add_parser(
        "create", help="make topic and queue, let SES report to them, and fetch from there"
    )
    create.add_argument(
        "--dry-run", action="store_true", help="say the steps; nothing is changed anywhere"
    )
    common(create)
    create.set_defaults(run=_create)


def _look(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    """Exit status 1 when a bounce would be reported to nobody."""
    use_store(home)
    from tocsin.engine import access, feedbacklook  # noqa: PLC0415

    found = feedbacklook.look(access.LOCAL)
    lines = [line for one in found for line in _reporting(one)]
    output.answer(
        [feedbacklook.reporting_json(one) for one in found],
        lines or ["no From address is configured"],
    )
    return 0 if all(map(feedbacklook.reports_bounces, found)) else 1


def _reporting(one: Reporting) -> Iterator[str]:
    from tocsin.ses.destination import Told  # noqa: PLC0415

    covered = f", covered by the identity {one.identity}" if one.identity else ""
    used = f", configuration set {one.configuration_set}" if one.configuration_set else ""
    yield printable(f"{one.sender}{covered}{used}")
    for told in Told:
        ways = [
            f"{way.kind} {way.target}".strip() + (f" ({way.name})" if way.name else "")
            for way in one.ways(told)
        ]
        yield printable(f"  {told.value.lower():<10} {'; '.join(ways) or 'is reported to nobody'}")
    if one.forwarded and not one.ways(Told.BOUNCE):
        yield "  bounces are mailed to the sender, where no program reads them"
    yield from (f"  not seen: the key may not {action}" for action in one.missing)


def _create(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    """Exit status 1 when a step is left to be done by hand."""
    use_store(home)
    from tocsin.engine import access, feedbacksetup  # noqa: PLC0415

    made = feedbacksetup.create(access.LOCAL, dry_run=arguments.dry_run)
    lines = [line for one in made.steps for line in _step(one)]
    output.answer(feedbacksetup.made_json(made), lines)
    return 0 if made.ok else 1


def _step(one: Step) -> Iterator[str]:
    word = {"done": "done", "would": "would", "left": "BY HAND"}[one.progress.value]
    yield f"{word:<8} {printable(one.words)}"
    if one.missing is not None:
        yield f"         the key may not {one.missing}"
    if one.explained is not None:
        told = f"{one.explained.title} [{one.explained.code}]: {one.explained.cause}"
        yield f"         {printable(told)}"


def _flags(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, feedbackflags  # noqa: PLC0415

    found = feedbackflags.list_flags(access.LOCAL)
    lines = [line for one in found for line in _flag(one)]
    output.answer(
        [feedbackflags.flag_json(one) for one in found], lines or ["no address is flagged"]
    )
    return 0


def _flag(one: Flag) -> list[str]:
    using = ", ".join(one.actions) if one.actions else "no action any more"
    return [
        f"{printable(one.address)}: {'complained' if one.complained else 'bounces'}"
        + (f" ({one.code})" if one.code else ""),
        f"  since     {rfc3339(one.since)}",
        f"  reason    {printable(one.reason)}",
        f"  used by   {printable(using)}",
        f"  delivery  {one.delivery}",
    ]


def _unflag(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, feedbackflags  # noqa: PLC0415

    feedbackflags.clear(access.LOCAL, arguments.address)
    output.answer(
        {"ok": True, "address": arguments.address},
        f"{printable(arguments.address)}: the flag is cleared; the alarm about it ends",
    )
    return 0


def _subscriptions(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, feedbacksns  # noqa: PLC0415

    found = feedbacksns.list_subscriptions(access.LOCAL)
    output.answer(
        [feedbacksns.subscription_json(one) for one in found],
        table(
            ["ID", "TOPIC", "OFFERED", "CONFIRMED"],
            [[one.id, one.topic, rfc3339(one.received_at), _confirmed(one)] for one in found],
        ),
    )
    return 0


def _confirmed(one: Subscription) -> str:
    if one.confirmed_at is None:
        return "no: it waits for 'tocsin ses confirm'"
    return f"{rfc3339(one.confirmed_at)} by {one.confirmed_by}"


def _confirm(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, feedbacksns  # noqa: PLC0415

    one = feedbacksns.confirm_subscription(access.LOCAL, _id_of(arguments.subscription))
    output.answer(
        feedbacksns.subscription_json(one),
        f"{printable(one.topic)}: confirmed; it sends feedback from now on",
    )
    return 0


def _unsubscribe(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, feedbacksns  # noqa: PLC0415

    id_ = _id_of(arguments.subscription)
    feedbacksns.remove_subscription(access.LOCAL, id_)
    output.answer(
        {"ok": True, "id": id_},
        "nothing more is taken of this topic; end the subscription in AWS too",
    )
    return 0


def _id_of(given: str) -> str:
    """The id of a subscription that is named by its id or its topic."""
    from tocsin.engine import access, feedbacksns  # noqa: PLC0415

    for one in feedbacksns.list_subscriptions(access.LOCAL):
        if given in {one.id, one.topic}:
            return one.id
    raise WrongUse(f"no topic {given} offered to send; 'tocsin ses subscriptions' lists them")


def _quarantine(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, feedbackview  # noqa: PLC0415

    found = list(feedbackview.every_kept(access.LOCAL, limit=arguments.limit))
    lines = []
    for one in found:
        lines.append(f"{rfc3339(one.received_at)} {one.channel}: {printable(one.reason)}")
        lines.append(f"  {printable(one.body)}")
    output.answer(
        [feedbackview.kept_json(one) for one in found], lines or ["nothing was kept aside"]
    )
    return 0
