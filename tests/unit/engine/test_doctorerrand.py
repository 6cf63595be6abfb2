"""What the doctor is asked becomes an errand: whose relay, which addresses, which password."""

from __future__ import annotations

import email
from typing import Any

import pytest

import chains
from tocsin.base.secret import Secret
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration
from tocsin.engine.doctorerrand import Asked, errand_of
from tocsin.engine.errors import NotFound, Refused
from tocsin.mail.relay import Encryption

RESPONDER = Principal("a responder", Role.RESPONDER, "page")
ROOT = chains.make("Example Root CA 1", ca=True, ends=4000)
PASSWORD = "the password of the relay"


@pytest.fixture
def _configured(tmp_path) -> None:
    """Two relays, a trusted root, actions of which one is switched off."""
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": "relay.example.com", "port": 587, "encryption": "starttls",
                "from": "tocsin@example.com", "user": "tocsin", "password": Secret(PASSWORD),
            },
            "relays": [
                {"name": "second", "server": "other.example.net", "port": 465,
                 "encryption": "smtps", "from": "other@example.net"}
            ],
            "trust": [{"name": "Example Root CA 1", "pem": ROOT.pem.decode()}],
            "actions": [
                {"name": "A", "kind": "email", "to": ["soc@example.com", "b@example.com"]},
                {"name": "B", "kind": "email", "to": ["soc@example.com"]},
                {"name": "C", "kind": "email", "to": ["off@example.com"], "enabled": False},
            ],
        },
    )  # fmt: skip


def field_of(refused: Any) -> str:
    """What was refused."""
    assert refused.value.finding.code == "input.invalid"
    return str(refused.value.finding.facts["field"])


def test_without_a_relay_there_is_nothing_to_walk_to():
    """The code says what is missing."""
    with pytest.raises(Refused) as refused:
        errand_of(RESPONDER, Asked())
    assert refused.value.finding.code == "smtp.not-configured"


@pytest.mark.usefixtures("_configured")
def test_the_first_relay_as_the_sender_would_use_it():
    """Its credentials, the trust store, its From, whom the actions that are on write to."""
    name, errand = errand_of(RESPONDER, Asked())
    assert name == "smtp"
    assert (errand.relay.host, errand.relay.user) == ("relay.example.com", "tocsin")
    assert errand.relay.password == Secret(PASSWORD)
    assert [one.name for one in errand.relay.anchors] == ["Example Root CA 1"]
    assert errand.sender == "tocsin@example.com"
    assert errand.recipients == ("soc@example.com", "b@example.com")
    assert errand.message is None


@pytest.mark.usefixtures("_configured")
def test_another_relay_by_its_name():
    """With the From that it has; a name that is not there is not found."""
    name, errand = errand_of(RESPONDER, Asked(relay="second"))
    assert (name, errand.relay.encryption) == ("second", Encryption.SMTPS)
    assert errand.sender == "other@example.net"
    with pytest.raises(NotFound):
        errand_of(RESPONDER, Asked(relay="third"))


@pytest.mark.usefixtures("_configured")
def test_other_addresses_take_the_place_of_the_usual_ones():
    """In the form that goes on the wire, each once."""
    asked = Asked(sender="x@bücher.example", recipients=("y@example.org", "y@example.org"))
    _, errand = errand_of(RESPONDER, asked)
    assert errand.sender == "x@xn--bcher-kva.example"
    assert errand.recipients == ("y@example.org",)


@pytest.mark.usefixtures("_configured")
def test_another_server_is_an_administrators_and_gets_nothing_of_ours():
    """Neither password nor addresses, but the trust store; the port tells the encryption."""
    asked = Asked(host="mail.example.org", port=465)
    with pytest.raises(NotPermitted):
        errand_of(RESPONDER, asked)
    name, errand = errand_of(access.LOCAL, asked)
    assert name is None
    assert errand.relay.encryption is Encryption.SMTPS
    assert (errand.relay.user, errand.relay.password) == (None, None)
    assert (errand.sender, errand.recipients) == (None, ())
    assert len(errand.relay.anchors) == 1


@pytest.mark.parametrize(
    ("encryption", "port"), [(None, 587), ("starttls", 587), ("smtps", 465), ("none", 25)]
)
def test_the_port_follows_the_encryption(encryption, port):
    """Where none is given."""
    asked = Asked(host="[2001:db8::25]", encryption=encryption)
    _, errand = errand_of(access.LOCAL, asked)
    assert (errand.relay.host, errand.relay.port) == ("2001:db8::25", port)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"host": "a b"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70_000}, "port"),
        ({"encryption": "tls"}, "encryption"),
        ({"user": "u"}, "password"),
        ({"password": Secret("p")}, "password"),
        ({"user": "u", "password": Secret("p"), "encryption": "none"}, "password"),
        ({"sender": "nobody"}, "from"),
        ({"recipients": ("a@example.com", "<b@example.com>")}, "to"),
        ({"send": True, "recipients": ("a@example.com",)}, "from"),
        ({"send": True, "sender": "a@example.com"}, "to"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(said, field):
    """A password goes with a user name, and never without encryption."""
    with pytest.raises(Refused) as refused:
        errand_of(access.LOCAL, Asked(**{"host": "mail.example.org", **said}))
    assert field_of(refused) == field
    assert "Secret" not in str(refused.value.finding)


@pytest.mark.usefixtures("_configured")
def test_a_test_message_says_that_it_is_one():
    """From the sender to the recipients, with an id of its own, made by no person."""
    _, errand = errand_of(RESPONDER, Asked(send=True))
    assert errand.message is not None
    message = email.message_from_bytes(errand.message)
    assert message["From"] == "tocsin@example.com"
    assert "soc@example.com" in message["To"]
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "test" in message["Subject"].lower()


SES_HOST = "email-smtp.eu-west-1.amazonaws.com"
SES: dict[str, Any] = {
    "region": "eu-west-1",
    "access_key": "AKIAEXAMPLEEXAMPLE00",
    "secret_key": Secret("correct/horse+battery/staple000000000000"),
}


@pytest.mark.parametrize(
    ("server", "ses", "region"),
    [
        (SES_HOST, SES, "eu-west-1"),
        ("email-smtp.us-east-1.amazonaws.com", SES, "us-east-1"),
        ("relay.example.com", {**SES, "relay": "smtp"}, "eu-west-1"),
        ("relay.example.com", SES, None),
        (SES_HOST, {"region": "eu-west-1"}, None),
        (SES_HOST, None, None),
        (
            "email-smtp.us-east-1.amazonaws.com",
            {**SES, "endpoint_url": "https://ses.example.com"},
            None,
        ),
    ],
)
def test_the_account_behind_the_relay_is_asked_where_there_is_a_key(server, ses, region):
    """In the relay's own region; of another relay, or without a key, nobody is."""
    smtp = {"server": server, "port": 587, "encryption": "starttls", "from": "t@example.com"}
    configuration.change(access.LOCAL, {"smtp": smtp, "ses": ses})
    _, errand = errand_of(RESPONDER, Asked())
    assert (errand.aws.region if errand.aws else None) == region
    assert SES["secret_key"].reveal() not in repr(errand)


def test_of_a_server_that_was_entered_no_account_is_asked():
    """Nothing is taken from the configuration for it."""
    configuration.change(access.LOCAL, {"ses": SES})
    _, errand = errand_of(access.LOCAL, Asked(host=SES_HOST))
    assert errand.aws is None
