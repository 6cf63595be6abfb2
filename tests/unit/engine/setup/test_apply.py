"""The one change: relay, anchors, account, action and rule, and nothing that was set is lost."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import chains
from tocsin.base.clock import now
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.central.problem import Invalid
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration
from tocsin.engine.errors import Conflict, RoleMissing
from tocsin.engine.setup.apply import apply, finish, stood_in
from tocsin.engine.setup.entered import AccessKey, Choice, Credentials, Entered, NewUser, SmtpUser
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.told import proposal_json
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, Identity, Overview
from tocsin.store import models
from tocsin.trust.collection import Collection
from tocsin.trust.verdict import Verdict

REGION = "eu-west-1"
HOST = "email-smtp.eu-west-1.amazonaws.com"
USER = "AKIAIOSFODNN7EXAMPLE"
GIVEN = "AKIAIOSFODNN7WATCHER"
KEY = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PASSWORD = Secret("an SMTP password")
ROOT = chains.make("Example Root CA 1", ca=True, ends=4000).parsed
SERVER = chains.make(HOST, ends=90).parsed
EXPIRED = chains.make("Example Root CA 0", ca=True, starts=-90, ends=-1).parsed
BY_HAND = Entered(REGION, SmtpUser(USER, PASSWORD))


def choice(**said: Any) -> Choice:
    """An ordinary choice, but for what is said."""
    fields = {"sender": "tocsin@example.com", "to": ("soc@example.com",), "trust": (ROOT.sha256,)}
    return Choice(**{**fields, **said})


def overview(*names: str, production: bool = True, **said: Any) -> Overview:
    """An account with verified domains."""
    fields = {"max_24_hour_send": 50_000.0, "max_send_rate": 14.0, "sent_last_24_hours": 0.0}
    return Overview(
        Account(production, True, "HEALTHY", **{**fields, **said}, suppressed_reasons=()),
        tuple(Identity(one, "DOMAIN", True, "SUCCESS") for one in names),
        (),
        None,
        (),
    )


def proposal(**said: Any) -> Proposal:
    """A look at an endpoint whose root is proposed."""
    refused = Verdict(trusted=False, anchor=None, code="tls.untrusted-issuer", finding=None)
    found = Collection(HOST, 587, "starttls", 0, (), (SERVER, ROOT, EXPIRED), refused)
    fields: dict[str, Any] = {
        "host": HOST,
        "port": 587,
        "encryption": "starttls",
        "user": USER,
        "password": PASSWORD,
        "shape": (),
        "collection": found,
        "anchor": ROOT,
        "anchor_reason": "It is the root.",
        "sign_in": None,
        "signed_in": False,
        "account": None,
        "api": None,
        "senders": (),
        "actions": (),
    }
    return Proposal(**{**fields, **said})


def now_in_force() -> Configuration:
    """The configuration."""
    return configuration.current().configuration


def problems(caught: pytest.ExceptionInfo[Invalid]) -> list[str]:
    """The fields at fault."""
    return [one.path for one in caught.value.problems]


def test_a_fresh_manager_gets_everything_in_one_version():
    """Relay with its password, anchor with its origin, region, action, and a rule for it."""
    changed = apply(access.LOCAL, BY_HAND, proposal(), choice())
    assert (changed.made, changed.version) == (True, 1)
    there = now_in_force()
    assert there.smtp is not None
    assert (there.smtp.server, there.smtp.port, there.smtp.encryption) == (HOST, 587, "starttls")
    assert (there.smtp.sender, there.smtp.user) == ("tocsin@example.com", USER)
    assert there.smtp.password == PASSWORD
    (anchor,) = there.trust
    assert (anchor.name, anchor.anchor.certificate.sha256) == (ROOT.title, ROOT.sha256)
    assert HOST in anchor.origin
    assert not anchor.knowingly
    assert there.ses is not None
    assert (there.ses.region, there.ses.access_key, there.ses.secret_key) == (REGION, None, None)
    (action,) = there.actions
    assert (action.name, action.kind, action.to) == ("Mail the SOC", "email", ("soc@example.com",))
    (rule,) = there.rules
    assert (rule.name, rule.when, rule.active) == (
        "All major alarms",
        {"severity": "major"},
        ("Mail the SOC",),
    )


def test_done_again_it_makes_no_version():
    """The same entered again is the same, the anchor's origin and the password included."""
    apply(access.LOCAL, BY_HAND, proposal(), choice())
    again = apply(access.LOCAL, BY_HAND, proposal(), choice())
    assert (again.made, again.version, again.differences) == (False, 1, ())


def test_a_dry_run_changes_nothing():
    """It tells the differences, in which no secret stands."""
    foreseen = apply(access.LOCAL, BY_HAND, proposal(), choice(), dry_run=True)
    assert not foreseen.made
    assert configuration.current_number() == 0
    said = " ".join(str(one) for one in foreseen.differences)
    assert HOST in said
    assert PASSWORD.reveal() not in said


def test_what_was_set_before_stays():
    """Other fields of the relay, other anchors, queue and topics, an action's subject, rules."""
    before = chains.make("Example Root CA 9", ca=True, ends=4000)
    topic = "arn:aws:sns:eu-west-1:123456789012:feedback"
    queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback"
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": "relay.example.com",
                "port": 25,
                "encryption": "starttls",
                "from": "old@example.com",
                "max_send_rate": 3,
                "window": 9,
                "idle_s": 4,
                "user": "old",
                "password": Secret("old"),
                "sign_in": "scram",
            },
            "trust": [{"name": "Kept", "pem": before.pem.decode()}],
            "ses": {
                "region": REGION,
                "topics": [topic],
                "queue": queue,
                "access_key": GIVEN,
                "secret_key": KEY,
            },
            "actions": [
                {
                    "name": "Mail the SOC",
                    "kind": "email",
                    "to": ["old@example.com"],
                    "subject": "{{ alarm.type }}",
                }
            ],
            "rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}],
        },
    )
    account = overview("example.com")
    apply(access.LOCAL, BY_HAND, proposal(account=account), choice())
    there = now_in_force()
    assert there.smtp is not None
    assert (there.smtp.max_send_rate, there.smtp.window, there.smtp.idle_s) == (3, 9, 4)
    assert (there.smtp.sign_in, there.smtp.password) == ("auto", PASSWORD)
    assert [one.name for one in there.trust] == ["Kept", ROOT.title]
    assert there.ses is not None
    assert (there.ses.topics, there.ses.queue) == ((topic,), queue)
    assert (there.ses.access_key, there.ses.secret_key) == (GIVEN, KEY)
    (action,) = there.actions
    assert (action.to, action.subject) == (("soc@example.com",), "{{ alarm.type }}")
    assert [one.name for one in there.rules] == ["Everything"]


def test_a_second_action_gets_a_rule_of_its_own_name():
    """The rule of the first stays as it is."""
    apply(access.LOCAL, BY_HAND, proposal(), choice())
    apply(access.LOCAL, BY_HAND, proposal(), choice(action="Mail the night shift"))
    rules = {one.name: one.active for one in now_in_force().rules}
    assert rules == {
        "All major alarms": ("Mail the SOC",),
        "All major alarms 2": ("Mail the night shift",),
    }


@pytest.mark.parametrize(
    ("credentials", "stored"),
    [
        (SmtpUser(USER, PASSWORD), None),
        (AccessKey(USER, KEY), None),
        (AccessKey(USER, KEY, keep=True), USER),
        (AccessKey(USER, KEY, watch=AccessKey(GIVEN, KEY)), None),
        (AccessKey(USER, KEY, watch=AccessKey(GIVEN, KEY, keep=True)), GIVEN),
    ],
)
def test_a_secret_is_stored_only_when_asked(credentials: Credentials, stored):
    """And then that of the key which may ask the account."""
    apply(access.LOCAL, Entered(REGION, credentials), proposal(), choice())
    ses = now_in_force().ses
    assert ses is not None
    assert ses.access_key == stored
    assert ses.secret_key == (KEY if stored else None)


@pytest.mark.parametrize(
    ("account", "keep", "limits"),
    [
        (overview("example.com"), False, (14, 50_000)),
        (overview("example.com", max_24_hour_send=-1.0), False, (14, None)),
        (overview("example.com", production=False), False, (None, None)),
        (overview("example.com"), True, (None, None)),
        (None, False, (None, None)),
    ],
)
def test_limits_are_written_down_where_nobody_reads_them_later(account, keep, limits):
    """With a key that is kept the responder learns them; those of the sandbox would outlast it."""
    entered = Entered(REGION, AccessKey(USER, KEY, keep=keep))
    apply(access.LOCAL, entered, proposal(account=account), choice())
    smtp = now_in_force().smtp
    assert smtp is not None
    assert (smtp.max_send_rate, smtp.max_24_hour_send) == limits


def test_a_server_whose_name_tells_nothing_is_named_as_the_accounts():
    """Feedback and watch find the relay of a stand-in by this."""
    stand_in = replace(BY_HAND, server="localhost:2587", endpoint_url="http://127.0.0.1:5000")
    apply(access.LOCAL, stand_in, proposal(host="localhost", port=2587), choice())
    ses = now_in_force().ses
    assert ses is not None
    assert (ses.relay, ses.endpoint_url) == ("smtp", "http://127.0.0.1:5000")


@pytest.mark.parametrize(
    ("credentials", "after"),
    [(AccessKey(USER, KEY), None), (SmtpUser(USER, PASSWORD), "http://127.0.0.1:5000")],
)
def test_what_was_asked_in_place_of_aws_is_no_more(credentials: Credentials, after):
    """Once a key was tried at AWS itself; without one nobody asked, and it stays."""
    document = {"ses": {"region": REGION, "endpoint_url": "http://127.0.0.1:5000"}}
    configuration.change(access.LOCAL, document)
    apply(access.LOCAL, Entered(REGION, credentials), proposal(), choice())
    ses = now_in_force().ses
    assert ses is not None
    assert ses.endpoint_url == after


@pytest.mark.parametrize("relay", ["smtp", "rehearsal", None])
def test_what_the_rehearsal_relay_took_is_no_test_of_the_setup(relay):
    """It is told apart by the name of the relay that the attempt went to."""
    attempt = None if relay is None else SimpleNamespace(relay=relay)
    result: Any = SimpleNamespace(attempt=attempt)
    assert stood_in(result) == (relay == "rehearsal")


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        (choice(sender="nobody"), "from"),
        (choice(sender=""), "from"),
        (choice(to=()), "to"),
        (choice(to=("soc@example.com", "no address")), "to"),
        (choice(to=("soc@example.com", "soc@example.com")), "to[1]"),
        (choice(action=" "), "action"),
        (choice(action="x" * 101), "action"),
        (choice(trust=("0" * 64,)), "trust"),
        (choice(trust=(EXPIRED.sha256,)), "trust"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(chosen, field):
    """In the words of what was entered, not of the document; and nothing is changed."""
    with pytest.raises(Invalid) as caught:
        apply(access.LOCAL, BY_HAND, proposal(), chosen)
    assert problems(caught) == [field]
    assert configuration.current_number() == 0


def test_a_from_address_that_is_not_verified_is_refused_where_that_is_known():
    """The verified identities are named; without API credentials nobody knows."""
    known = proposal(account=overview("example.org"), senders=overview("example.org").identities)
    with pytest.raises(Invalid) as caught:
        apply(access.LOCAL, BY_HAND, known, choice())
    assert problems(caught) == ["from"]
    assert "example.org" in caught.value.problems[0].accepted
    assert apply(access.LOCAL, BY_HAND, proposal(), choice()).made


def test_a_server_certificate_is_trusted_by_its_fingerprint():
    """However its pairs are set apart; the entry says that it was trusted knowingly."""
    pairs = ":".join(SERVER.sha256[at : at + 2] for at in range(0, 64, 2)).upper()
    apply(access.LOCAL, BY_HAND, proposal(), choice(trust=(pairs,)))
    (anchor,) = now_in_force().trust
    assert (anchor.anchor.certificate.sha256, anchor.knowingly) == (SERVER.sha256, True)


def test_certificates_of_one_name_are_told_apart():
    """The second one has a piece of its fingerprint in its name."""
    twin = chains.make("Example Root CA 1", ca=True, ends=4000)
    configuration.change(access.LOCAL, {"trust": [{"name": ROOT.title, "pem": twin.pem.decode()}]})
    apply(access.LOCAL, BY_HAND, proposal(), choice())
    names = [one.name for one in now_in_force().trust]
    assert names == [ROOT.title, f"{ROOT.title} ({ROOT.sha256[:8]})"]


def test_a_user_that_is_not_made_yet_is_tried_dry_alone():
    """The dry run finds what is wrong before a user is made; applying wants the user."""
    new = Entered(REGION, NewUser(GIVEN, KEY, "tocsin", keep=True))
    unmade = proposal(user="", password=Secret(""))
    assert apply(access.LOCAL, new, unmade, choice(), dry_run=True).differences
    with pytest.raises(Conflict, match="tocsin"):
        apply(access.LOCAL, new, unmade, choice())
    assert configuration.current_number() == 0


def test_only_an_administrator_applies():
    """Relay and trust store are theirs."""
    with pytest.raises(NotPermitted):
        apply(Principal("one", Role.RESPONDER, "page"), BY_HAND, proposal(), choice())


def test_without_a_responder_it_is_not_tested():
    """It says which role is missing."""
    apply(access.LOCAL, BY_HAND, proposal(), choice())
    with pytest.raises(RoleMissing):
        finish(access.LOCAL, "Mail the SOC")


def test_the_proposal_is_told_without_secrets():
    """As the API and the command tell it."""
    said = proposal_json(proposal(account=overview("example.com")))
    assert PASSWORD.reveal() not in str(said)
    assert said["anchor"]["sha256"] == ROOT.sha256
    assert said["in_sandbox"] is False


def test_a_change_of_somebody_else_meanwhile_is_built_upon(monkeypatch):
    """It is looked at anew, and neither change is lost."""
    before = configuration.current()
    configuration.change(access.LOCAL, {"outbox": {"keep_trying_h": 3}})
    known = [before]
    monkeypatch.setattr(
        "tocsin.engine.setup.apply.current",
        lambda: known.pop() if known else configuration.current(),
    )
    assert apply(access.LOCAL, BY_HAND, proposal(), choice()).version == 2
    there = now_in_force()
    assert there.outbox.keep_trying_h == 3
    assert there.smtp is not None


def responder(version: int) -> None:
    """A responder that reports itself, working by a version."""
    models.RoleState.objects.create(
        node="here",
        role="responder",
        pid=1,
        started_at=now(),
        heartbeat_at=now(),
        applied_version=version,
        ready=True,
        failure="",
        detail="{}",
    )


def test_a_responder_that_does_not_take_it_over_is_told(monkeypatch):
    """The test would be sent by what was before."""
    apply(access.LOCAL, BY_HAND, proposal(), choice())
    responder(0)
    monkeypatch.setattr("tocsin.engine.setup.apply._TAKE_OVER_S", 0)
    with pytest.raises(Conflict, match="version 1"):
        finish(access.LOCAL, "Mail the SOC")


@pytest.mark.parametrize(
    ("fresh", "codes", "tests"),
    [(True, ["auth.rejected", "auth.rejected", None], 3), (False, ["auth.rejected"], 1)],
)
def test_the_test_of_a_fresh_key_is_made_again(monkeypatch, fresh, codes, tests):
    """While SES does not know the key yet; a known key is refused for good."""
    apply(access.LOCAL, BY_HAND, proposal(), choice())
    responder(1)
    made: list[str] = []

    def tested(_asking: Principal, action: str) -> Any:
        made.append(action)
        code = codes[len(made) - 1]
        return SimpleNamespace(explained=None if code is None else explain(Finding(code)))

    monkeypatch.setattr("tocsin.engine.setup.apply.test_action", tested)
    monkeypatch.setattr("tocsin.engine.setup.apply._AGAIN_S", 0)
    result = finish(access.LOCAL, "Mail the SOC", fresh=fresh)
    assert made == ["Mail the SOC"] * tests
    assert (result.explained is None) == (codes[-1] is None)
