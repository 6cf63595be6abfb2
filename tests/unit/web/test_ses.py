"""Amazon SES: what the page says of the account, and the lines on a relay's card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tocsin.base.clock import DAY, MINUTE, SYSTEM_CLOCK, now
from tocsin.base.secret import Secret
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration, sesledger
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, Identity, IdentityDetail, Rates, Suppressed
from tocsin.ses.keys import KeySeen, KeyUse
from tocsin.ses.seen import Seen, Sender
from tocsin.store.queries import sesaccount as queries

REGION = "eu-west-1"
SMTP_KEY = "AKIASMTPSMTPSMTP0000"
DETAIL = IdentityDetail(
    "example.com", True, "SUCCESS", "FAILED", (), "b.example.com", "SUCCESS", None, None, None
)


def configure(**smtp: Any) -> None:
    """A relay of the account, and a key to ask with."""
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": f"email-smtp.{REGION}.amazonaws.com",
                "port": 587,
                "encryption": "starttls",
                "from": "tocsin@example.com",
                "user": SMTP_KEY,
                "password": Secret("p" * 44),
                **smtp,
            },
            "ses": {
                "region": REGION,
                "access_key": "AKIAEXAMPLEEXAMPLE00",
                "secret_key": Secret("s" * 40),
            },
            "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}],
        },
    )


def seen_of(at: int, **said: Any) -> Seen:
    """A look at an account in production, where everything may be seen."""
    fields: dict[str, Any] = {
        "region": REGION,
        "at": at,
        "account": Account(True, True, "HEALTHY", 1000.0, 14.0, 100.0, ()),
        "rates": Rates(1000, 2, 0, 0),
        "identities": (Identity("example.com", "DOMAIN", True, "SUCCESS"),),
        "identity_count": 1,
        "senders": (Sender("smtp", "tocsin@example.com", "example.com", DETAIL),),
        "refused": (),
        "suppressed": (Suppressed("soc@example.com", "BOUNCE", at),),
        "suppressed_count": 7,
        "keys": (
            KeySeen(SMTP_KEY, KeyUse.SMTP, "smtp", True, "u", True, at - DAY, at, True),
            KeySeen("AKIAEXAMPLEEXAMPLE00", KeyUse.API, "", True, "a", True, 1, at, True),
        ),
        "missing": ("ses:GetConfigurationSet",),
    }
    return Seen(**{**fields, **said})


def look(**said: Any) -> None:
    """Somebody looked just now, and saw this; or not, for the fault named."""
    document = configuration.current().configuration
    at = now()
    sesledger.keep_watch(document, at)
    queries.ask(REGION, at)
    due = queries.due(REGION, at, MINUTE)
    turn = queries.claim(due, at + MINUTE) if due else None
    assert turn is not None
    if "failure" in said:
        finding = Finding(said["failure"], {"host": "email.eu-west-1.amazonaws.com"})
        sesledger.record_failure(turn, document, finding, at, SYSTEM_CLOCK)
    else:
        sesledger.record(turn, document, seen_of(at, **said), 0, SYSTEM_CLOCK)


@pytest.fixture
def text_of(markup) -> Callable[..., str]:
    """Gives the text of a page."""

    def read(client: Client, path: str = "/ses") -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        return " ".join(markup(answer.content.decode()).text.split())

    return read


def test_without_the_part_the_page_teaches(admin: Client, markup):
    """What it would watch, and where it is set up."""
    page = markup(admin.get("/ses").content.decode())
    assert "No account at Amazon SES is watched" in page.text
    assert any(one.get("href") == "/ses/setup" for one in page.all("a"))
    assert not any(one.get("action") == "/ses/look" for one in page.all("form"))


def test_before_the_first_look_nothing_is_claimed(admin: Client, text_of):
    """Configured, and no more known than that."""
    configure()
    text = text_of(admin)
    assert "not seen yet" in text
    assert "verified" not in text


def test_each_line_has_its_state(admin: Client, text_of):
    """In words, with what was seen; what is to be seen to with its fix."""
    configure()
    look()
    text = text_of(admin)
    for words in (
        "sends in production",
        "100 of 1000 recipients in 24 hours; 0 of them by Tocsin",
        "below the limits 2 of 1000 mails in two weeks",
        "verified example.com",
        "not in force",
        "set up b.example.com",
        f"active {SMTP_KEY}, 1 day old",
        "old AKIAEXAMPLEEXAMPLE00",
        "1 of our recipients 7 addresses in all",
        "The DKIM status of example.com is FAILED.",
        "soc@example.com is on the suppression list",
        "Mail the SOC",
        "ses:GetConfigurationSet",
    ):
        assert words in text, words


def test_what_the_key_may_not_see_is_said(admin: Client, text_of):
    """No state is made up."""
    configure()
    nothing = dict.fromkeys(
        ("account", "rates", "identities", "senders", "refused", "suppressed", "suppressed_count")
    )
    look(**nothing, keys=(), missing=("ses:GetAccount",))
    text = text_of(admin)
    assert "not seen the key lacks the right" in text
    assert "in production" not in text
    assert "ses:GetAccount" in text


def test_an_account_that_cannot_be_asked_is_told_with_its_cause(admin: Client, text_of):
    """And since when; what was seen before stays."""
    configure()
    look()
    look(failure="aws.credentials-rejected")
    text = text_of(admin)
    assert "AWS rejects the access key" in text
    assert "What stands here was seen before." in text
    assert "1000" in text


def test_a_relay_says_where_its_limits_come_from(admin: Client, text_of):
    """From the account, or set by a person, which goes before."""
    configure()
    look()
    text = text_of(admin, "/relays")
    assert "from Amazon SES 14 recipients a second, since none is set" in text
    assert "1000 recipients in 24 hours; others sent to 100 of them" in text
    assert "not in force" in text
    configure(max_send_rate=3, max_24_hour_send=50)
    text = text_of(admin, "/relays")
    assert "since none is set" not in text
    assert "what is set goes before the account" in text


def test_a_relay_elsewhere_has_no_lines(admin: Client, text_of):
    """The account is not its own."""
    configure(server="relay.example.com")
    look()
    text = text_of(admin, "/relays")
    assert "Suppression list" not in text
    assert "Rate kept to" not in text
    assert "no relay sends by this account" in text_of(admin)


def test_looking_is_for_those_who_may(signed_in, markup):
    """A viewer has no button; without a responder it is said."""
    configure()
    page = markup(signed_in(Role.VIEWER).get("/ses").content.decode())
    assert not any(one.get("action") == "/ses/look" for one in page.all("form"))
    answer = signed_in(Role.RESPONDER).post("/ses/look")
    assert answer.status_code == 503


def test_a_strangers_text_turns_no_line(admin: Client):
    """Markup and what would turn the line, in names and reasons as AWS gives them, is shown."""
    name = "<b>x</b>\u202egnp.example.com"
    configure()
    look(
        identities=(Identity(name, "DOMAIN", True, "FAILED<i>"),),
        suppressed=(Suppressed("<i>\u202esoc@example.com", "BOUNCE", now()),),
    )
    page = admin.get("/ses").content.decode()
    assert "\u202e" not in page
    assert "<b>x" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;x" in page
