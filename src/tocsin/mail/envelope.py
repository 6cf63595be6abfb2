"""A message ready for the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who it is from and to, and the message itself.

    `content` has CRLF line ends and is not dot-stuffed. `id` is the owner's name for it; the
    relay sees it only where notices are asked for, which quote it.

    `notify` says for what later events a notice (RFC 3461) goes to the sender: any of
    ``failure``, ``delay`` and ``success``, or ``never`` alone. Nothing is asked for when it
    is empty, or when the relay does not offer to be asked.
    """

    id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    notify: tuple[str, ...] = ()
