"""Whether Amazon SES is set up to report anything, asked on demand with the document's key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.central.configuration import Configuration
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound, Refused
from tocsin.engine.sesclient import client_of
from tocsin.engine.sesinterest import relays_of_account
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.ses.destination import Reporting, Told, Way, reporting


def look(principal: Principal) -> tuple[Reporting, ...]:
    """What is reported of each sender, and of each configuration set that an action names.

    Raises:
        NotPermitted: the role may not have AWS asked.
        NotFound: no key is configured.
        Refused: the finding says why AWS could not be asked.
    """
    require(principal, Permission.ADMINISTER)
    configuration = current().configuration
    aws = client(configuration)
    try:
        return tuple(reporting(aws, *one) for one in _asked(configuration))
    except AwsFailure as failure:
        raise Refused(failure.finding) from None


def client(configuration: Configuration) -> Aws:
    """The account that the document names.

    Raises:
        NotFound: it names none, or no key of it.
    """
    found = client_of(configuration)
    if found is None:
        raise NotFound("AWS access key", "under ses")
    return found


def senders(configuration: Configuration) -> tuple[str, ...]:
    """The From addresses of the account's relays, each once.

    Of all there are where none is known to be the account's: one may be reached by another name.
    """
    ours = relays_of_account(configuration) or configuration.every_relay
    first = configuration.smtp.sender if configuration.smtp is not None else None
    return tuple(dict.fromkeys(said for one in ours if (said := one.sender or first)))


def _asked(configuration: Configuration) -> Iterator[tuple[str, str | None]]:
    """Each sender by itself, and the first one in every set that an action names."""
    known = senders(configuration)
    yield from ((one, None) for one in known)
    named = (getattr(one, "configuration_set", None) for one in configuration.actions)
    yield from ((known[0], one) for one in dict.fromkeys(named) if one and known)


def reports_bounces(one: Reporting) -> bool:
    """Whether anybody but the sender's mailbox hears of a bounce."""
    return bool(one.ways(Told.BOUNCE))


def reporting_json(one: Reporting) -> dict[str, Any]:
    """What is reported of a sender in the shape that ``--json`` gives."""
    return {
        "sender": one.sender,
        "identity": one.identity,
        "configuration_set": one.configuration_set,
        "reports": {
            told.value.lower(): [_way_json(way) for way in one.ways(told)] for told in Told
        },
        "forwarded_to_sender": one.forwarded,
        "missing": list(one.missing),
    }


def _way_json(way: Way) -> dict[str, Any]:
    return {
        "kind": way.kind,
        "target": way.target,
        "configuration_set": way.configuration_set,
        "name": way.name,
    }
