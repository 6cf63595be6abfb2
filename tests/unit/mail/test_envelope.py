"""The envelope is a plain value."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tocsin.mail.envelope import Envelope


def test_envelope_cannot_change():
    """What was composed is what is sent: an envelope's fields cannot be set again."""
    envelope = Envelope("1", "sna@example.com", ("soc@example.com",), b"x\r\n")
    with pytest.raises(FrozenInstanceError):
        envelope.content = b""  # type: ignore[misc]
