"""The whole path of feedback made in AWS: topic, queue, their policies, and what SES reports.

Every step may be made again: names are fixed, and what is there already is made so. A right
that the key lacks leaves its step, and what rests on it, to be done by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from tocsin.central.document import show
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import configuration as configurations
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.engine.feedbacklook import client, senders
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained
from tocsin.ses import topic as topics
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed
from tocsin.ses.destination import Reporting, Told, notify, publish, reporting

T = TypeVar("T")

NAME = "tocsin-feedback"
"""Of the topic, of the queue and of the event destination."""

STEPS: Mapping[str, str] = {
    "topic": "Make the SNS topic {name}.",
    "publish": "Let Amazon SES publish to the topic.",
    "queue": "Make the SQS queue {name}.",
    "send": "Let the topic send to the queue.",
    "feed": "Let the topic feed the queue, with raw delivery.",
    "report": "Let the configuration set {set} publish bounces, complaints, deliveries, rejects "
    "and delays to the topic.",
    "notify": "Let the identity {identity} send its bounces, complaints and deliveries to the "
    "topic, with the headers of the mail.",
    "other": "The identity {identity} reports to {topic} already: let that topic feed the queue "
    "too, or take it away and run this again.",
    "sender": "Let the identity of {sender} report to the topic; which one that is could not be "
    "seen.",
    "configure": "Fetch feedback from the queue.",
}
"""Step → the sentence that says it."""


class Progress(StrEnum):
    """What became of a step."""

    DONE = "done"
    WOULD = "would"
    """It would be done: nothing was changed."""
    LEFT = "left"
    """It is left to be done by hand."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, by its name in `STEPS`."""

    name: str
    progress: Progress
    facts: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None
    """The IAM action that the key lacks."""
    explained: Explained | None = None
    """What went wrong otherwise."""

    @property
    def words(self) -> str:
        """The step as a sentence."""
        return STEPS[self.name].format_map(self.facts)


@dataclass(frozen=True, slots=True)
class Made:
    """Every step in its order."""

    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is left to be done by hand."""
        return all(one.progress is not Progress.LEFT for one in self.steps)


class _Maker:
    """Takes steps, and remembers what became of each."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self.steps: list[Step] = []

    def take(self, name: str, work: Callable[[], T], /, *needs: object, **facts: str) -> T | None:
        """What `work` gives, when all that it needs is there; None when it was not done."""
        if self._dry_run:
            self.steps.append(Step(name, Progress.WOULD, facts))
            return None
        if any(one is None for one in needs):
            self.leave(name, **facts)
            return None
        try:
            result = work()
        except NotAllowed as refusal:
            self.steps.append(Step(name, Progress.LEFT, facts, missing=refusal.action))
        except AwsFailure as failure:
            told = explain(failure.finding)
            self.steps.append(Step(name, Progress.LEFT, facts, explained=told))
        else:
            self.steps.append(Step(name, Progress.DONE, facts))
            return result
        return None

    def leave(self, name: str, /, **facts: str) -> None:
        """Say a step that is left to be done by hand."""
        self.steps.append(Step(name, Progress.LEFT, facts))


def create(principal: Principal, *, dry_run: bool = False) -> Made:
    """Make the path from Amazon SES to the queue that is fetched from.

    Raises:
        NotPermitted: the role may not.
        NotFound: no key, or no From address, is configured.
        Conflict: feedback is fetched from another queue already.
        Refused: the finding says why AWS could not be asked at all.
    """
    require(principal, Permission.ADMINISTER)
    configuration = current().configuration
    aws = client(configuration)
    ses = configuration.ses
    if ses is not None and ses.queue is not None and not ses.queue.endswith(f"/{NAME}"):
        raise Conflict(f"feedback is fetched from {ses.queue} already")
    known = senders(configuration)
    if not known:
        raise NotFound("From address", "under smtp")
    try:
        found = tuple(reporting(aws, one) for one in known)
    except AwsFailure as failure:
        raise Refused(failure.finding) from None
    maker = _Maker(dry_run=dry_run)
    topic, queue = _make_queue(aws, maker)
    for one in _distinct(found):
        _make_reported(aws, maker, one, topic)
    maker.take("configure", lambda: _configure(principal, queue), queue)
    return Made(tuple(maker.steps))


def _make_queue(aws: Aws, maker: _Maker) -> tuple[str | None, topics.Queue | None]:
    """The topic and the queue that it feeds."""
    topic = maker.take("topic", lambda: topics.create_topic(aws, NAME), name=NAME)
    maker.take("publish", lambda: topics.let_publish(aws, topic or ""), topic)
    queue = maker.take("queue", lambda: topics.create_queue(aws, NAME), name=NAME)
    if queue is None or topic is None:
        for name in ("send", "feed"):
            maker.take(name, lambda: None, None)
        return topic, queue
    maker.take("send", lambda: topics.let_send(aws, queue, topic))
    maker.take("feed", lambda: topics.feed(aws, topic, queue))
    return topic, queue


def _distinct(found: tuple[Reporting, ...]) -> list[Reporting]:
    """One for each set or identity, however many senders it has."""
    by = {one.configuration_set or one.identity or one.sender: one for one in reversed(found)}
    return list(reversed(by.values()))


def _make_reported(aws: Aws, maker: _Maker, one: Reporting, topic: str | None) -> None:
    """Let SES report to the topic what becomes of the mails of a sender."""
    used, name = one.configuration_set, one.identity
    if used is not None:
        maker.take("report", lambda: publish(aws, used, NAME, topic or ""), topic, set=used)
    elif name is None:
        maker.leave("sender", sender=one.sender)
    elif other := _other_topic(one, topic):
        maker.leave("other", identity=name, topic=other)
    else:
        maker.take("notify", lambda: notify(aws, name, topic or ""), topic, identity=name)


def _other_topic(one: Reporting, topic: str | None) -> str | None:
    """The topic of somebody else that the identity reports to: there is room for one alone."""
    known = one.notifications.topics if one.notifications is not None else {}
    ours = topic or f":{NAME}"
    return next(
        (known[told] for told in Told if told in known and not known[told].endswith(ours)), None
    )


def _configure(principal: Principal, queue: topics.Queue | None) -> bool:
    if queue is None:
        return False
    ses = show(current().configuration)["ses"]
    configurations.change(principal, {"ses": {**ses, "queue": queue.url}})
    return True


def made_json(made: Made) -> dict[str, Any]:
    """What was done in the shape that ``--json`` gives."""
    return {
        "ok": made.ok,
        "steps": [
            {
                "step": one.name,
                "words": one.words,
                "progress": one.progress.value,
                "missing": one.missing,
                "code": one.explained.code if one.explained is not None else None,
                "cause": one.explained.cause if one.explained is not None else None,
            }
            for one in made.steps
        ],
    }
