"""What a relay's settings refuse, and how deadlines are found."""

from __future__ import annotations

import pytest

from tocsin.base.secret import Secret
from tocsin.mail.relay import Deadlines, Encryption, RelaySettings
from tocsin.mail.smtp.step import Step


def settings(**changes):
    known = {
        "name": "first",
        "host": "relay.example.com",
        "port": 587,
        "encryption": Encryption.STARTTLS,
    }
    return RelaySettings(**{**known, **changes})


def test_a_password_without_encryption_is_refused():
    """There are no settings under which a password could go out in the clear."""
    with pytest.raises(ValueError, match="never sent without encryption"):
        settings(encryption=Encryption.NONE, user="u", password=Secret("p"))


@pytest.mark.parametrize("changes", [{"user": "u"}, {"password": Secret("p")}])
def test_half_a_login_is_refused(changes):
    """A user without a password, or the reverse, is a mistake and not a choice."""
    with pytest.raises(ValueError, match="go together"):
        settings(**changes)


def test_a_name_for_ehlo_that_could_break_the_command_is_refused():
    """Our own name cannot carry a line end."""
    with pytest.raises(ValueError, match="EHLO"):
        settings(helo="host\r\nMAIL FROM:<>")


def test_settings_do_not_show_the_password():
    """Printing them is safe."""
    assert "hunter2" not in repr(settings(user="u", password=Secret("hunter2")))


def test_every_step_has_a_deadline():
    """No step of a conversation is without an end."""
    deadlines = Deadlines()
    assert all(deadlines.of(step) > 0 for step in Step)


def test_deadlines_can_be_capped():
    """One number bounds every step and the whole."""
    capped = Deadlines().capped(5)
    assert all(capped.of(step) <= 5 for step in Step)
    assert capped.quit == Deadlines().quit
    assert capped.opening == 5


@pytest.mark.parametrize(
    "changes", [{"max_connections": 0}, {"max_messages_per_connection": 0}, {"sign_in": "guess"}]
)
def test_bounds_that_let_nothing_through_and_unknown_ways_to_sign_in_are_refused(changes):
    """They would only show when the first mail does not leave."""
    with pytest.raises(ValueError, match=r"at least one|no way to sign in"):
        settings(**changes)
