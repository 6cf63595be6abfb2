"""What is shared by the connections to one relay."""

from __future__ import annotations

import pytest

import chains
from tocsin.base.secret import Secret
from tocsin.mail.relay import Deadlines, Encryption, RelayConnection, RelayMemory, RelaySettings
from tocsin.mail.relay.leave import Leave
from tocsin.mail.smtp.reply import Reply
from tocsin.trust.policy import CipherPolicy

ANCHOR = chains.make("Some CA", ca=True).anchor()


def settings(**changes) -> RelaySettings:
    known = {
        "name": "r",
        "host": "relay.example.com",
        "port": 587,
        "encryption": Encryption.STARTTLS,
        "user": "u",
        "password": Secret("p"),
        "anchors": (ANCHOR,),
    }
    return RelaySettings(**{**known, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"anchors": ()},
        {"policy": CipherPolicy("ECDHE-RSA-AES256-GCM-SHA384")},
        {"password": Secret("q")},
        {"host": "relay.example.net"},
        {"port": 2587},
        {"encryption": Encryption.SMTPS},
        {"idle_limit": 3.0},
    ],
)
def test_a_memory_serves_the_settings_it_was_made_for(changes):
    """Sessions agreed on under other trust, ciphers or credentials are out of reach."""
    memory = RelayMemory(settings())
    with pytest.raises(ValueError, match="other settings"):
        RelayConnection(settings(**changes), memory)


def test_how_long_to_wait_and_how_much_to_hand_over_may_differ():
    """A test of somebody who waits uses shorter deadlines with the same relay."""
    memory = RelayMemory(settings())
    RelayConnection(settings(deadlines=Deadlines(greeting=1), window=1), memory)


def test_the_context_of_a_memory_is_one_object():
    """Sessions can only be resumed under it."""
    memory = RelayMemory(settings())
    assert memory.context() is memory.context()


def test_connections_are_counted_and_a_refusal_beside_them_lowers_their_number(clock):
    """Three are open, a fourth was not let in: three it is."""
    memory = RelayMemory(settings(), clock)
    for _ in range(4):
        memory.came()
    memory.went()
    memory.turned_away()
    assert memory.open_connections == 3
    assert memory.limits().connections == 3


def test_a_notice_of_leave_is_learnt_from(clock):
    """It reaches the limits."""
    memory = RelayMemory(settings(), clock)
    memory.dismissed(Leave(Reply(421, ("too many messages per session",)), 7, 0.0, 3.0))
    assert memory.limits().messages_per_connection == 7
    assert memory.addresses() == ()
