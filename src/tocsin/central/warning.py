"""What a configuration allows, but hardly anybody wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tocsin.base.clock import DAY, Instant, rfc3339
from tocsin.central.configuration import Configuration
from tocsin.central.problem import Problem, join
from tocsin.central.smtp import FIRST, FurtherRelay, Relay, Smtp
from tocsin.trust.anchor import check_anchor, warn_of

EXPIRES_SOON: Instant = 30 * DAY

_OF_QUEUE = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com")
_SMTPS_PORTS = frozenset({465, 2465})
_STARTTLS_PORTS = frozenset({25, 587, 2587})


def warnings_of(configuration: Configuration, now: Instant) -> list[Problem]:
    """What somebody should look at; none of it keeps the document from being applied."""
    return [
        *_relays(configuration),
        *_ses(configuration),
        *_trust(configuration, now),
        *_sources(configuration),
        *_rules(configuration),
    ]


def _relays(configuration: Configuration) -> Iterator[Problem]:
    if configuration.smtp is None:
        if any(one.kind == "email" for one in configuration.actions):
            yield Problem(FIRST, "is not set: email actions have no server to send by")
        return
    relays: list[tuple[str, Smtp | FurtherRelay]] = [
        (FIRST, configuration.smtp),
        *((join("relays", place), one) for place, one in enumerate(configuration.relays)),
    ]
    for path, one in relays:
        yield from _relay(path, one)
    trusting = configuration.trust or configuration.trust_system_roots
    if not trusting and any(one.encryption != "none" for _, one in relays):
        yield Problem("trust", "is empty: no certificate of a relay verifies, and no mail goes out")
    yield from _same(relays)


def _relay(path: str, relay: Relay) -> Iterator[Problem]:
    if relay.encryption == "none":
        problem = "'none': all mail goes in the clear"
        yield Problem(join(path, "encryption"), problem, "starttls, smtps")
    if relay.sign_in != "auto" and not relay.user:
        yield Problem(join(path, "sign_in"), "has no effect: there is no user to sign in")
    yield from _port(join(path, "port"), relay)


def _port(path: str, relay: Relay) -> Iterator[Problem]:
    """The ports of the field: RFC 8314 section 3.3, and Amazon SES's own beside them."""
    if relay.encryption == "starttls" and relay.port in _SMTPS_PORTS:
        yield Problem(path, f"{relay.port} is a port for smtps", "587, 2587, 25")
    if relay.encryption == "smtps" and relay.port in _STARTTLS_PORTS:
        yield Problem(path, f"{relay.port} is a port for starttls", "465, 2465")


def _same(relays: Sequence[tuple[str, Smtp | FurtherRelay]]) -> Iterator[Problem]:
    """A second way to the same server fails with the first."""
    seen: dict[tuple[str, int, str | None], str] = {}
    for path, one in relays:
        first = seen.setdefault((one.server.casefold(), one.port, one.user), one.name)
        if first != one.name:
            yield Problem(join(path, "server"), f"is the server and user of {first!r} too")


def _ses(configuration: Configuration) -> Iterator[Problem]:
    """Queue, topics and relays of another region belong to another set of identities."""
    ses = configuration.ses
    if ses is None:
        return
    queue = _OF_QUEUE.match(ses.queue or "")
    if queue is not None and queue[1] != ses.region:
        yield Problem("ses.queue", f"is of {queue[1]}, and ses.region is {ses.region}")
    for place, topic in enumerate(ses.topics):
        region = topic.split(":")[3]
        if region != ses.region:
            problem = f"is of {region}, and ses.region is {ses.region}: nothing is taken of it"
            yield Problem(join("ses.topics", place), problem)
    if ses.relay is not None and ses.relay not in {one.name for one in configuration.every_relay}:
        named = ", ".join(one.name for one in configuration.every_relay)
        yield Problem("ses.relay", f"there is no relay {ses.relay!r}", named)


def _trust(configuration: Configuration, now: Instant) -> Iterator[Problem]:
    for place, one in enumerate(configuration.trust):
        certificate = one.anchor.certificate
        problems = check_anchor(certificate, now)
        yield from (Problem(join("trust", place), words) for words in warn_of(certificate))
        yield from (Problem(join("trust", place), problem) for problem in problems)
        if not problems and certificate.not_after < now + EXPIRES_SOON:
            day = rfc3339(certificate.not_after)[:10]
            yield Problem(join("trust", place), f"The certificate expires on {day}.")


def _sources(configuration: Configuration) -> Iterator[Problem]:
    """Two sources that read the same tell every alarm twice."""
    seen: dict[tuple[object, ...], str] = {}
    for place, one in enumerate(configuration.sources):
        path = getattr(one, "path", None)
        if path is None or not one.enabled:
            continue
        first = seen.setdefault((one.kind, path, getattr(one, "node", None)), one.name)
        if first != one.name:
            yield Problem(join("sources", place, "path"), f"{first!r} reads the same")


def _rules(configuration: Configuration) -> Iterator[Problem]:
    disabled = {one.name for one in configuration.actions if not one.enabled}
    for place, rule in enumerate(configuration.rules):
        if not rule.enabled:
            continue
        if not rule.active and not rule.inactive:
            yield Problem(join("rules", place), "names no action: it tells nobody")
        for when in ("active", "inactive"):
            for at, name in enumerate(getattr(rule, when)):
                if name in disabled:
                    path = join("rules", place, when, at)
                    yield Problem(path, f"{name!r} is not enabled: it tells nobody")
