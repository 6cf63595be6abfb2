"""A message ready for the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who it is from and to, and the message itself.

    `content` has CRLF line ends and is not dot-stuffed. `id` is the owner's name for it,
    never seen by the relay.
    """

    id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes
