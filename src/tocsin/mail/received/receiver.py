"""Whose word is whose: which server received the message, and what it wrote itself.

The receiving server writes above everything that came with the message; whatever stands
below its own fields could have been written by anybody who sent it. A receiver takes off
what pretends to be of its own (RFC 8601 section 5), so its fields stand at the top.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.mail.received.alignment import Relation, relate
from tocsin.mail.received.hop import Hop, read_hop
from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.results import AuthenticationResults, Result, read_results

_FIELD = "authentication-results"
_MOST = 50
_BETWEEN = frozenset(
    {_FIELD, "received", "received-spf", "arc-seal", "arc-message-signature"}
    | {"arc-authentication-results"}
)
"""What a receiver writes between two fields of its own."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One Authentication-Results field; `own`: by its place the receiving server's word."""

    results: AuthenticationResults
    own: bool


def receivers(message: ReceivedMessage) -> tuple[str, ...]:
    """The servers of whoever received the message, by the topmost Received fields."""
    found: list[str] = []
    for value in message.values("received"):
        by = read_hop(value).by.lower()
        if "." not in by:  # an address, or a name inside a house
            continue
        if found and relate(by, found[0]) is Relation.NONE:
            break
        found.append(by)
    return tuple(dict.fromkeys(found))


def own_hops(message: ReceivedMessage) -> list[Hop]:
    """What the receiving servers themselves wrote of how the message came, topmost first.

    Those below came with the message.
    """
    known = receivers(message)
    found: list[Hop] = []
    for value in message.values("received"):
        hop = read_hop(value)
        if not _is_own(hop, known):
            break
        found.append(hop)
    return found


def _is_own(hop: Hop, known: tuple[str, ...]) -> bool:
    by = hop.by.lower()
    return "." not in by or by in known


def read_statements(message: ReceivedMessage) -> tuple[Statement, ...]:
    """The Authentication-Results fields, topmost first."""
    known = receivers(message)
    found: list[Statement] = []
    begun, open_ = False, True
    for field in message.fields:
        if field.key == "received":
            open_ = open_ and _is_own(read_hop(field.value), known)
        elif begun and field.key not in _BETWEEN:
            open_ = False
        if field.key == _FIELD and len(found) < _MOST:
            results = read_results(field.value)
            own = open_ and _is_of(results.server, known)
            begun = begun or own
            found.append(Statement(results, own))
    return tuple(found)


def own_results(statements: tuple[Statement, ...]) -> list[Result]:
    """All results that the receiving server wrote."""
    return [result for one in statements if one.own for result in one.results.results]


def _is_of(server: str, known: tuple[str, ...]) -> bool:
    """Whether the name is that of one of these servers, or of the same domain.

    Exchange Online does not say who it is; and a message without a route came to
    whoever stands at its top.
    """
    return not server or not known or relate(server, known[0]) is not Relation.NONE
