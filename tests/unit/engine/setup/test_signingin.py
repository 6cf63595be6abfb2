"""What was typed wrong is told by its shape, and nobody is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid
from tocsin.central.ses import Ses
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration
from tocsin.engine.errors import Refused
from tocsin.engine.setup import trying
from tocsin.engine.setup.apply import apply
from tocsin.engine.setup.entered import AccessKey, Choice, Credentials, Entered, NewUser, SmtpUser
from tocsin.engine.setup.look import look, make_user
from tocsin.engine.setup.signingin import signing_in
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.ses.password import derive

REGION = "us-east-1"
USER = "AKIAIOSFODNN7EXAMPLE"
KEY = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PASSWORD = derive(KEY, REGION)
CHOICE = Choice("tocsin@example.com", ("soc@example.com",))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may be asked anything."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody was asked")

    for name in ("collect", "ask", "try_sign_in"):
        monkeypatch.setattr(f"tocsin.engine.setup.look.{name}", refuse)
    monkeypatch.setattr("tocsin.engine.setup.newuser.create_smtp_user", refuse)


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (SmtpUser(USER, KEY), "auth.secret-not-smtp-password"),
        (SmtpUser("ASIAIOSFODNN7EXAMPLE", PASSWORD), "auth.temporary-credentials"),
        (SmtpUser("ses-smtp-user.20261125-101500", PASSWORD), "auth.wrong-user-name"),
        (SmtpUser(USER, Secret(f" {PASSWORD.reveal()}")), "auth.password-damaged"),
        (AccessKey("ASIAIOSFODNN7EXAMPLE", KEY), "auth.temporary-credentials"),
        (AccessKey("alarms@example.com", KEY), "auth.wrong-user-name"),
        (AccessKey(USER, KEY, watch=AccessKey("ASIAX" * 4, KEY)), "auth.temporary-credentials"),
        (NewUser("ASIAIOSFODNN7EXAMPLE", KEY, "tocsin"), "auth.temporary-credentials"),
    ],
)
def test_a_wrong_shape_stops_before_anybody_is_asked(nobody, credentials, code):
    """The look ends with the finding; neither is applied, nor is a user made."""
    entered = Entered(REGION, credentials)
    proposal = look(access.LOCAL, entered)
    assert code in [one.code for one in proposal.shape]
    assert (proposal.collection, proposal.signed_in, proposal.account) == (None, False, None)
    with pytest.raises(Refused) as caught:
        apply(access.LOCAL, entered, proposal, CHOICE)
    assert caught.value.finding.code == code
    if isinstance(credentials, NewUser):
        with pytest.raises(Refused):
            make_user(access.LOCAL, entered)
    assert configuration.current_number() == 0


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        (SmtpUser("", PASSWORD), "user"),
        (SmtpUser(USER, Secret("")), "password"),
        (AccessKey("", KEY), "access_key"),
        (AccessKey(USER, Secret("")), "secret_key"),
        (AccessKey(USER, PASSWORD), "secret_key"),
        (AccessKey(USER, Secret("too short")), "secret_key"),
        (NewUser(USER, KEY, "no name of a user!"), "name"),
    ],
)
def test_what_is_no_credential_is_said_at_its_field(nobody, credentials, field):
    """What is missing, and an SMTP password in the place of a secret access key."""
    with pytest.raises(Invalid) as caught:
        look(access.LOCAL, Entered(REGION, credentials))
    (problem,) = caught.value.problems
    assert problem.path == field
    assert PASSWORD.reveal() not in str(caught.value)


def test_a_password_of_another_region_is_seen_where_the_secret_is_known(nobody):
    """The stored secret of the same user derives it for the other region."""
    stored = Ses(region=REGION, access_key=USER, secret_key=KEY)
    elsewhere = Entered(REGION, SmtpUser(USER, derive(KEY, "eu-west-1")))
    (told,) = signing_in(elsewhere, REGION, stored).shape
    assert (told.code, told.facts["derived_for"]) == ("auth.wrong-region", "eu-west-1")
    assert signing_in(elsewhere, REGION, None).shape == ()


@pytest.mark.parametrize("secret", [KEY, Secret(f" {KEY.reveal()}\n"), Secret(f'"{KEY.reveal()}"')])
def test_the_password_is_derived_here(secret):
    """By the secret without what was copied with it; the key of the API has no part in it."""
    watch = AccessKey("AKIAIOSFODNN7WATCHER", Secret("w" * 40), keep=True)
    credentials: Credentials = AccessKey(USER, secret, watch=watch)
    given = signing_in(Entered(REGION, credentials), REGION, None)
    assert (given.user, given.password, given.shape) == (USER, PASSWORD, ())


def test_a_user_that_is_still_to_be_made_has_no_password():
    """Then nobody signs in."""
    given = signing_in(Entered(REGION, NewUser(USER, KEY, "tocsin")), REGION, None)
    assert (given.user, given.password.reveal(), given.hopeless) == ("", "", False)


def test_only_an_administrator_looks(nobody):
    """Connections are made from this machine, and keys are used."""
    entered = Entered(REGION, SmtpUser(USER, PASSWORD))
    responder = Principal("one", Role.RESPONDER, "page")
    for use in (look, make_user):
        with pytest.raises(NotPermitted):
            use(responder, entered)


@pytest.mark.parametrize(
    ("fresh", "said", "expected"),
    [
        (True, ["auth.rejected", "auth.rejected", None], None),
        (True, ["auth.not-offered", None], "auth.not-offered"),
        (False, ["auth.rejected", None], "auth.rejected"),
    ],
)
def test_a_fresh_key_is_tried_again(monkeypatch, fresh, said, expected):
    """IAM tells SES of a new key later; any other refusal, and that of a known key, stands."""
    answers = iter(said)

    async def sign_in(_settings: RelaySettings) -> Any:
        code = next(answers)
        return None if code is None else explain(Finding(code))

    monkeypatch.setattr(trying, "_sign_in", sign_in)
    monkeypatch.setattr(trying, "_AGAIN_S", 0)
    settings = RelaySettings("setup", "relay.example.com", 587, Encryption.STARTTLS)
    told = trying.try_sign_in(settings, fresh=fresh)
    assert (told.code if told else None) == expected
