"""A message as a client handed it over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Submission:
    """Envelope and content, before anybody has judged them.

    `content` is without dot-stuffing; it is empty when the message was longer than the
    endpoint takes, which `size` (octets) then says.
    """

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    size: int
    user: str
    outdated_password: bool = False
