"""Which mechanism is taken of those offered."""

from __future__ import annotations

import pytest

from tocsin.base.secret import Secret
from tocsin.mail.smtp.failure import AuthNotOffered, NoMechanism, UnfitLogin
from tocsin.mail.smtp.sasl import MECHANISMS, Login, choose

ALL = ("LOGIN", "PLAIN", "CRAM-MD5", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-256")
SES = ("PLAIN", "LOGIN")


def login(mechanism="auto", password="pencil") -> Login:
    return Login("user", Secret(password), mechanism)


@pytest.mark.parametrize(
    ("mechanism", "offered", "chosen"),
    [
        ("auto", ALL, "SCRAM-SHA-256"),
        ("auto", ("PLAIN", "SCRAM-SHA-1"), "SCRAM-SHA-1"),
        ("auto", SES, "PLAIN"),
        ("auto", ("XOAUTH2", "LOGIN"), "LOGIN"),
        ("plain", ALL, "PLAIN"),
        ("login", ALL, "LOGIN"),
        ("scram", ALL, "SCRAM-SHA-256"),
        ("scram", ("SCRAM-SHA-1", "PLAIN"), "SCRAM-SHA-1"),
        ("xoauth2", ALL, "XOAUTH2"),
    ],
)
def test_the_best_of_what_is_offered_and_allowed_is_taken(mechanism, offered, chosen):
    """The order is ours, not the relay's; a setting narrows it."""
    assert choose(login(mechanism), offered).name == chosen


@pytest.mark.parametrize(
    ("mechanism", "offered"),
    [
        ("auto", ("XOAUTH2", "GSSAPI")),
        ("plain", ("LOGIN",)),
        ("login", ("PLAIN",)),
        ("scram", SES),
        ("scram", ("SCRAM-SHA-256-PLUS",)),
        ("xoauth2", SES),
    ],
)
def test_what_is_not_offered_is_not_replaced(mechanism, offered):
    """The failure names what was chosen and what is offered."""
    with pytest.raises(NoMechanism) as caught:
        choose(login(mechanism), offered)
    assert (caught.value.chosen, caught.value.offered) == (mechanism, offered)
    assert mechanism in caught.value.words
    assert " ".join(offered) in caught.value.words


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_relay_without_sign_in_is_another_failure(mechanism):
    """Nothing offered at all is not the same as nothing in common."""
    with pytest.raises(AuthNotOffered):
        choose(login(mechanism), ())


def test_what_one_mechanism_cannot_say_another_may():
    """A password that SASLprep refuses goes by PLAIN, one with a NUL by none."""
    assert choose(login(password="tab\there"), ALL).name == "PLAIN"
    for password in ("nul\0", "\ud800"):
        with pytest.raises(UnfitLogin):
            choose(login(password=password), ALL)
    with pytest.raises(UnfitLogin):
        choose(login("scram", "tab\there"), ALL)


def test_an_unknown_choice_is_refused_when_it_is_made():
    """A setting with a slip of the pen does not wait for the relay."""
    with pytest.raises(ValueError, match="no way to sign in"):
        login("cram-md5")


def test_a_login_does_not_show_its_password():
    """Neither printed nor formatted."""
    assert "pencil" not in repr(login())
