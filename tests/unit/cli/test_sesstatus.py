"""``tocsin ses status``: the account for people and for programs, and its exit status."""

from __future__ import annotations

from typing import Any

from tocsin.base.clock import DAY, MINUTE, SYSTEM_CLOCK, now
from tocsin.base.secret import Secret
from tocsin.engine import access, configuration, sesledger
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, Identity, IdentityDetail, Rates
from tocsin.ses.keys import KeySeen, KeyUse
from tocsin.ses.seen import Seen, Sender
from tocsin.store.queries import sesaccount as queries

REGION = "eu-west-1"
SMTP_KEY = "AKIASMTPSMTPSMTP0000"
DETAIL = IdentityDetail("example.com", True, "SUCCESS", "SUCCESS", (), None, None, None, None, None)


def configure() -> None:
    """A relay of the account, and a key to ask with."""
    smtp = {
        "server": f"email-smtp.{REGION}.amazonaws.com",
        "port": 587,
        "encryption": "starttls",
        "from": "tocsin@example.com",
        "user": SMTP_KEY,
        "password": Secret("p" * 44),
    }
    ses = {
        "region": REGION,
        "access_key": "AKIAEXAMPLEEXAMPLE00",
        "secret_key": Secret("s" * 40),
    }
    configuration.change(access.LOCAL, {"smtp": smtp, "ses": ses})


def look(failure: str | None = None, **said: Any) -> None:
    """Somebody looked just now, and saw this."""
    document = configuration.current().configuration
    at = now()
    sesledger.keep_watch(document, at)
    queries.ask(REGION, at)
    due = queries.due(REGION, at, MINUTE)
    turn = queries.claim(due, at + MINUTE) if due else None
    assert turn is not None
    if failure is not None:
        sesledger.record_failure(turn, document, Finding(failure), at, SYSTEM_CLOCK)
        return
    fields: dict[str, Any] = {
        "region": REGION,
        "at": at,
        "account": Account(True, True, "HEALTHY", 1000.0, 14.0, 100.0, ()),
        "rates": Rates(1000, 2, 0, 0),
        "identities": (Identity("example.com", "DOMAIN", True, "SUCCESS"),),
        "identity_count": 3,
        "senders": (Sender("smtp", "tocsin@example.com", "example.com", DETAIL),),
        "refused": (),
        "suppressed": (),
        "suppressed_count": 7,
        "keys": (KeySeen(SMTP_KEY, KeyUse.SMTP, "smtp", True, "u", True, at - DAY, None, True),),
        "missing": ("ses:GetConfigurationSet",),
    }
    sesledger.record(turn, document, Seen(**{**fields, **said}), 0, SYSTEM_CLOCK)


def test_nothing_is_known(command):
    """Neither without the part, nor before the first look."""
    assert "no account is configured" in command("ses", "status", status=3).out
    configure()
    assert "was not seen yet" in command("ses", "status", status=3).out
    look(failure="aws.credentials-rejected")
    out = command("ses", "status", status=3).out
    assert "AWS rejects the access key [aws.credentials-rejected]" in out
    assert "was not seen yet" not in out


def test_an_account_that_is_well(command):
    """Its tables, and status 0."""
    configure()
    look()
    out = command("ses", "status").out
    for words in (
        "Amazon SES in eu-west-1: smtp",
        "in production, sends, enforcement HEALTHY",
        "100 of 1000 recipients, 0 of them by Tocsin",
        "14 recipients/s",
        "2 of 1000 in two weeks (0.20%)",
        "7 addresses",
        "rights missing   ses:GetConfigurationSet",
        "and 2 more",
    ):
        assert words in out, words
    (key,) = [one for one in out.splitlines() if one.startswith(SMTP_KEY)]
    assert key.split()[1:4] == ["smtp", "u", "active"]
    assert key.split()[-1] == "never"


def test_what_stops_mail_is_told_by_the_exit_status(command):
    """Also in JSON; a minor concern is no such thing."""
    configure()
    look(rates=Rates(1000, 60, 0, 0))
    assert "minor: Too much of the account's mail bounces" in command("ses", "status").out
    look(account=Account(True, False, "SHUTDOWN", 1000.0, 14.0, 100.0, ()))
    out = command("ses", "status", status=1).out
    assert "critical: Amazon SES has paused sending [ses.sending-paused]" in out
    said = command("ses", "status", "--json", status=1).json
    assert [one["code"] for one in said["concerns"]] == ["ses.sending-paused"]
    assert said["seen"]["account"]["enforcement"] == "SHUTDOWN"
