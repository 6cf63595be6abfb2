"""What a document changes, and what it leaves."""

from __future__ import annotations

from typing import Any

import pytest

import documents
from documents import applied, given
from tocsin.base.clock import DAY, now
from tocsin.base.secret import Secret
from tocsin.central.change import merge
from tocsin.central.configuration import EMPTY
from tocsin.central.difference import diff
from tocsin.central.problem import Invalid
from tocsin.central.reading import load
from tocsin.central.shown import show
from tocsin.trust.policy import DEFAULT_POLICY, PRESETS

RELAY = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "sna@example.com",
    "user": "AKIAEXAMPLE",
    "password_file": "smtp.pw",
}
SOC = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}
MAJOR = {
    "name": "All major alarms",
    "type": "any",
    "when": {"severity": "major"},
    "active": ["Mail the SOC"],
    "inactive": [],
}


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_the_document_of_the_contract() -> None:
    """Every part as the contract writes it makes a manager."""
    one = applied(
        {
            "smtp": RELAY,
            "trust": [{"name": "Example Root CA 1", "file": "root.pem"}],
            "ciphers": {"preset": "tocsin"},
            "sources": [
                {
                    "name": "ids-1",
                    "kind": "eve",
                    "path": "/var/log/suricata/eve.json",
                    "from": "start",
                }
            ],
            "actions": [
                {**SOC, "subject": "{{ alarm.severity }} {{ alarm.type }}", "group": "none"}
            ],
            "rules": [MAJOR],
        }
    )
    assert one.smtp is not None
    assert one.smtp.password == Secret("correct horse")
    assert one.smtp.sender == "sna@example.com"
    assert one.trust[0].anchor.certificate.common_name == "Example Root CA 1"
    assert one.ciphers.policy == DEFAULT_POLICY
    assert one.sources[0].path == "/var/log/suricata/eve.json"
    assert one.actions[0].to == ("soc@example.com",)
    assert one.rules[0].when == {"severity": "major"}
    assert one.rules[0].active == ("Mail the SOC",)


def test_a_part_that_is_not_given_stays() -> None:
    """A document with rules alone leaves relay, trust and actions as they are."""
    before = applied(
        {"smtp": RELAY, "actions": [SOC], "trust": [{"name": "R", "file": "root.pem"}]}
    )
    after = applied({"rules": [MAJOR]}, before)
    assert (after.smtp, after.actions, after.trust) == (before.smtp, before.actions, before.trust)
    assert after.rules[0].name == "All major alarms"


def test_a_list_is_given_whole() -> None:
    """What is not in a list any more is gone."""
    before = applied({"actions": [SOC, {**SOC, "name": "Mail the NOC"}]})
    after = applied({"actions": [{**SOC, "name": "Mail the NOC"}]}, before)
    assert [one.name for one in after.actions] == ["Mail the NOC"]
    assert applied({"actions": []}, after).actions == ()


def test_rules_are_checked_against_the_actions_that_stay() -> None:
    """Removing an action that a rule names is refused, whichever part says so."""
    before = applied({"actions": [SOC], "rules": [MAJOR]})
    with pytest.raises(Invalid, match="there is no action 'Mail the SOC'"):
        applied({"actions": []}, before)
    assert applied({"actions": [], "rules": []}, before).rules == ()


@pytest.mark.parametrize("said", [{}, {"password": "set"}, {"password_file": "set"}])
def test_an_absent_secret_stays(said: dict[str, str]) -> None:
    """Changing the port does not ask for the password again."""
    before = applied({"smtp": RELAY})
    after = applied({"smtp": {**without(RELAY, "password_file"), **said, "port": 2587}}, before)
    assert after.smtp is not None
    assert after.smtp.port == 2587
    assert after.smtp.password == Secret("correct horse")


@pytest.mark.parametrize("said", [{"password": None}, {"password_file": None}])
def test_a_secret_can_be_taken_away(said: dict[str, None]) -> None:
    """Null says that there is to be no password."""
    before = applied({"smtp": RELAY})
    after = applied({"smtp": {**without(RELAY, "password_file", "user"), **said}}, before)
    assert after.smtp is not None
    assert after.smtp.password is None


def test_without_a_user_the_password_goes() -> None:
    """A password nobody signs in with is not kept; an empty user, as a form gives it, is none."""
    before = applied({"smtp": RELAY})
    after = applied({"smtp": {**without(RELAY, "password_file"), "user": ""}}, before)
    assert after.smtp is not None
    assert (after.smtp.user, after.smtp.password) == (None, None)


def test_a_page_gives_the_password_as_a_secret() -> None:
    """What was typed into a form comes as a value that does not show itself."""
    relay = {**without(RELAY, "password_file"), "password": Secret("typed")}
    after = applied({"smtp": relay}, applied({"smtp": RELAY}))
    assert after.smtp is not None
    assert after.smtp.password == Secret("typed")


@pytest.mark.parametrize("typed", ["", "a\nb", "a\0b", "p" * 5_000])
def test_a_password_from_a_page_is_checked_too(typed: str) -> None:
    """A password that could end the line of a conversation is refused, and not repeated."""
    relay = {**without(RELAY, "password_file"), "password": Secret(typed)}
    with pytest.raises(Invalid) as refused:
        applied({"smtp": relay})
    assert refused.value.problems[0].path == "smtp.password"
    assert not typed or typed not in str(refused.value.problems)


@pytest.mark.parametrize(
    ("file", "password"),
    [
        ("smtp.pw", "correct horse"),
        ("windows.pw", "correct horse"),
        ("other.pw", "battery staple"),
        ("blank.pw", " correct horse "),
    ],
)
def test_one_line_end_is_taken_off_a_secret(file: str, password: str) -> None:
    """An editor's line end is no part of the password; blanks may be."""
    after = applied({"smtp": {**RELAY, "password_file": file}})
    assert after.smtp is not None
    assert after.smtp.password == Secret(password)


def test_a_kept_password_never_goes_in_the_clear() -> None:
    """Turning encryption off is refused while a password is kept."""
    before = applied({"smtp": RELAY})
    with pytest.raises(Invalid, match="in the clear"):
        applied({"smtp": {**without(RELAY, "password_file"), "encryption": "none"}}, before)


def test_mail_in_the_clear_without_a_password_is_possible() -> None:
    """A relay on the same machine may take mail unencrypted, without a sign-in."""
    relay = {**without(RELAY, "password_file", "user"), "encryption": "none", "port": 25}
    after = applied({"smtp": relay})
    assert after.smtp is not None
    assert after.smtp.encryption == "none"


def test_the_relay_can_be_taken_away() -> None:
    """`smtp: null` says that there is to be no relay; the secret goes with it."""
    assert applied({"smtp": None}, applied({"smtp": RELAY})).smtp is None


@pytest.mark.parametrize("server", ["relay.example.com.", "mail_relay", "localhost", "192.0.2.25"])
def test_names_and_addresses_of_relays(server: str) -> None:
    """What can be connected to is taken: names with a final dot, container names, addresses."""
    after = applied({"smtp": {**RELAY, "server": server}})
    assert after.smtp is not None
    assert after.smtp.server == server


def test_certificates_are_the_same_in_every_form() -> None:
    """DER and PEM of one certificate make the same entry."""
    pem = applied({"trust": [{"name": "R", "file": "root.pem"}]})
    der = applied({"trust": [{"name": "R", "file": "root.der"}]}, pem)
    assert der == pem


def test_who_added_a_certificate_stays_true() -> None:
    """Applying the document again, or renaming the entry, does not make it another's."""
    first = given(
        {"trust": [{"name": "R", "file": "root.pem"}]}, actor="first", at=now() - DAY // 2
    )
    before = merge(EMPTY, first)
    after = applied({"trust": [{"name": "Renamed", "file": "root.pem"}]}, before)
    assert after.trust[0].added_by == "first"
    assert after.trust[0].added_at == before.trust[0].added_at
    assert [str(one) for one in diff(before, after)] == ["trust Renamed: added", "trust R: removed"]


def test_a_certificate_that_expired_meanwhile_stays() -> None:
    """A change of something else is not refused because an anchor has run out."""
    trust = {"trust": [{"name": "R", "file": "soon.pem"}]}
    before = merge(EMPTY, given(trust))
    later = given({**trust, "actions": [SOC]}, at=now() + 20 * DAY)
    assert merge(before, later).actions[0].name == "Mail the SOC"
    with pytest.raises(Invalid, match="expired"):
        merge(EMPTY, later)


def test_the_cipher_policy_goes_back_to_the_default() -> None:
    """`ciphers: null` is the preset that a fresh manager has."""
    before = applied({"ciphers": {"preset": "tls13"}})
    assert before.ciphers.policy == PRESETS["tls13"]
    assert applied({"ciphers": None}, before) == EMPTY


def test_a_list_of_ciphers_and_a_minimum() -> None:
    """A list of the operator's own stands beside a minimum version."""
    policy = applied({"ciphers": {"list": "ECDHE+AESGCM", "minimum": "1.3"}}).ciphers.policy
    assert (policy.ciphers, policy.minimum) == ("ECDHE+AESGCM", "1.3")


def test_nothing_is_merged_of_a_document_with_one_problem() -> None:
    """All or nothing: a good part beside a bad one changes nothing."""
    before = applied({"actions": [SOC]})
    with pytest.raises(Invalid):
        applied({"actions": [], "rules": [{"name": ""}]}, before)
    assert before.actions[0].name == "Mail the SOC"


def test_a_file_is_read_by_whoever_hands_the_document_in() -> None:
    """Without a way to read files, as over the API, the field says so."""

    def refuse(name: str) -> bytes:
        raise PermissionError(13, "files are not read here", name)

    with pytest.raises(Invalid) as refused:
        load({"smtp": RELAY}, refuse, documents.KINDS, actor="", at=now())
    (problem,) = refused.value.problems
    assert problem.path == "smtp.password_file"
    assert "files are not read here" in problem.message


def test_out_of_time_or_no_authority_only_knowingly():
    """What is refused otherwise is taken with the word; it is shown, kept, and no weak key."""
    for file in ("expired.pem", "future.pem", "server.pem"):
        with pytest.raises(Invalid):
            applied({"trust": [{"name": "R", "file": file}]})
        taken = applied({"trust": [{"name": "R", "file": file, "knowingly": True}]})
        assert show(taken)["trust"][0]["knowingly"] is True
        assert applied(show(taken)).trust[0].knowingly
    with pytest.raises(Invalid):
        applied({"trust": [{"name": "R", "file": "weak.pem", "knowingly": True}]})


def test_where_a_certificate_came_from_stays_true():
    """A document says so of its own; what is there keeps its origin."""
    first = applied({"trust": [{"name": "R", "file": "root.pem", "origin": "the file root.pem"}]})
    assert applied(show(first), first).trust[0].origin == "the file root.pem"
    assert applied(show(first)).trust[0].origin == "a configuration document"
    assert [str(one) for one in diff(applied(show(first)), first)] == []


def test_the_roots_of_the_operating_system_are_trusted_on_request():
    """Off unless said; null is off again; the difference is told."""
    assert not applied({}).trust_system_roots
    on = applied({"trust_system_roots": True})
    assert on.trust_system_roots
    assert [str(one) for one in diff(applied({}), on)] == ["trust_system_roots: no → yes"]
    assert not applied({"trust_system_roots": None}, on).trust_system_roots
    assert applied({"trust": []}, on).trust_system_roots
