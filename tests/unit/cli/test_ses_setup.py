"""``tocsin ses setup``: what is missing or wrong, before anybody is asked."""

from __future__ import annotations

from typing import Any

import pytest

import chains
from tocsin.base.secret import Secret
from tocsin.cli import sessetupwords as words
from tocsin.cli.output import Output
from tocsin.cli.sessetup import _Talk
from tocsin.engine import configuration
from tocsin.engine.setup.proposal import ActionCheck, Proposal
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, Identity, Overview
from tocsin.ses.password import derive
from tocsin.trust.collection import Collection
from tocsin.trust.verdict import Verdict

USER = "AKIAIOSFODNN7EXAMPLE"
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PASSWORD = derive(Secret(KEY), "eu-west-1").reveal()
REGION = ("--region", "eu-west-1")
MAIL = ("--from", "tocsin@example.com", "--to", "soc@example.com")
YES = ("--yes",)


@pytest.mark.parametrize(
    ("options", "given", "words"),
    [
        ((*MAIL, "--user", USER, *YES), PASSWORD, "--region"),
        ((*REGION, *MAIL, *YES), PASSWORD, "--user or --access-key"),
        ((*REGION, "--user", USER, *YES), PASSWORD, "--from, --to"),
        ((*REGION, *MAIL, "--user", USER), PASSWORD, "--yes or --dry-run"),
        ((*REGION, *MAIL, "--user", USER, *YES), "", "SMTP password is missing"),
        ((*REGION, *MAIL, "--access-key", USER, *YES), "\n", "secret access key is missing"),
        ((*REGION, *MAIL, "--user", USER, "--keep-key", *YES), PASSWORD, "need --access-key"),
        ((*REGION, *MAIL, "--user", USER, "--access-key", USER), KEY, "not allowed with"),
        (("--region", "eu-west-9", *MAIL, "--user", USER, *YES), PASSWORD, "region: is not known"),
        (("--region", "af-south-1", *MAIL, "--user", USER, *YES), PASSWORD, "no SMTP endpoint"),
        ((*REGION, *MAIL, "--access-key", USER, *YES), PASSWORD, "is an SMTP password"),
    ],
)
def test_what_is_missing_or_cannot_be_is_wrong_usage(command, options, given, words):
    """Exit status 2 and the name of what is wrong; secrets are not repeated."""
    done = command("ses", "setup", *options, given=given, status=2)
    assert words in done.err
    assert PASSWORD not in done.out + done.err
    assert configuration.current_number() == 0


@pytest.mark.parametrize(
    ("user", "given", "code"),
    [
        (USER, KEY, "auth.secret-not-smtp-password"),
        (USER, f" {PASSWORD}", "auth.password-damaged"),
        ("ASIAIOSFODNN7EXAMPLE", PASSWORD, "auth.temporary-credentials"),
    ],
)
def test_a_wrong_shape_is_told_and_nobody_is_asked(command, monkeypatch, user, given, code):
    """Exit status 2 with the code, in words and as JSON."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr("tocsin.engine.setup.look.collect", refuse)
    options = ("ses", "setup", *REGION, *MAIL, "--user", user, *YES)
    done = command(*options, given=given, status=2)
    assert code in done.out
    answer = command.answer(*options, given=given, status=2)
    assert [one["code"] for one in answer["proposal"]["shape"]] == [code]
    assert (answer["ok"], answer["applied"]) == (False, None)
    assert given.strip() not in done.out + done.err + str(answer)


HOST = "email-smtp.eu-west-1.amazonaws.com"


def proposal(host: str = HOST, **said: Any) -> Proposal:
    """A look at an endpoint that could not be reached."""
    refused = Verdict(trusted=False, anchor=None, code="tcp.timeout", finding=None)
    fields: dict[str, Any] = {
        "host": host,
        "port": 587,
        "encryption": "starttls",
        "user": USER,
        "password": Secret(PASSWORD),
        "shape": (),
        "collection": Collection(host, 587, "starttls", 0, (), (), refused),
        "anchor": None,
        "anchor_reason": "It did not answer.",
        "sign_in": None,
        "signed_in": False,
        "account": None,
        "api": None,
        "senders": (),
        "actions": (),
    }
    return Proposal(**{**fields, **said})


def test_whoever_sits_before_amazon_is_not_trusted_unseen(command, monkeypatch):
    """--trust-proposed agrees to no root of a stranger at a host of Amazon's: no password goes."""
    stranger = chains.make("Somebody in between", ca=True, ends=4000).parsed
    refused = Verdict(trusted=False, anchor=None, code="tls.untrusted-issuer", finding=None)
    seen = Collection(HOST, 587, "starttls", 0, (), (stranger,), refused)
    looks: list[Any] = []

    def look(*_: object, trusting: Any = ()) -> Proposal:
        looks.append(trusting)
        return proposal(collection=seen, anchor=stranger)

    monkeypatch.setattr("tocsin.engine.setup.look.look", look)
    options = (*REGION, *MAIL, "--user", USER, *YES, "--trust-proposed")
    done = command("ses", "setup", *options, given=PASSWORD, status=1)
    assert words.STRANGE in done.out
    assert "does not verify" in done.err
    assert looks == [()]
    assert configuration.current_number() == 0


def test_a_terminal_that_ends_is_no_incident(monkeypatch):
    """Ctrl-D at the password is as if none was given."""

    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    talk = _Talk(Output(as_json=False))
    talk.at_terminal = True
    assert talk.secret("SMTP password: ") == Secret("")


def test_other_ports_are_offered_where_one_is_not_reached():
    """Those of Amazon SES, and of no other server."""
    told = "\n".join(words.way(proposal()))
    assert "--port 2587" in told
    assert "--port 587" not in told
    assert "--port" not in "\n".join(words.way(proposal("relay.example.com")))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"production_access": False}, "only to verified addresses"),
        ({"production_access": True}, "out of the sandbox"),
        ({"sending_enabled": False}, "sending is paused"),
        ({"max_24_hour_send": -1.0}, "any number of recipients"),
        (
            {"max_24_hour_send": 200.0, "max_send_rate": 1.0},
            "200 recipients in 24 hours, 7 used, 1",
        ),
    ],
)
def test_the_account_is_told_in_plain_words(said, expected):
    """Sandbox, pause, quota and rate, senders, what an action may not, and what was not seen."""
    fields: dict[str, Any] = {
        "production_access": True,
        "sending_enabled": True,
        "enforcement": "HEALTHY",
        "max_24_hour_send": 50_000.0,
        "max_send_rate": 14.0,
        "sent_last_24_hours": 7.0,
        "suppressed_reasons": (),
    }
    domain = Identity("example.com", "DOMAIN", True, "SUCCESS")
    account = Overview(Account(**{**fields, **said}), (domain,), None, None, ("ses:GetAccount",))
    checks = (ActionCheck("Mail the SOC", ("out@example.net",)),)
    told = "\n".join(words.found(proposal(account=account, senders=(domain,), actions=checks)))
    for one in (expected, "example.com", "out@example.net", "may not ses:GetAccount"):
        assert one in told


def test_why_the_api_and_the_relay_refused_is_told():
    """Each by its code."""
    refused = explain(Finding("auth.rejected"))
    unknown = explain(Finding("aws.credentials-rejected"))
    told = "\n".join(words.found(proposal(sign_in=refused, api=unknown)))
    assert "auth.rejected" in told
    assert "aws.credentials-rejected" in told
