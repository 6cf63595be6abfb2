"""Relays in the document: what may be asked of them, and their passwords."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from documents import applied
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.central.problem import Invalid
from tocsin.central.relay import FIELDS, FURTHER_FIELDS
from tocsin.central.smtp import FurtherRelay, Relay, Smtp
from tocsin.mail.smtp.sasl import MECHANISMS

SMTP = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "sna@example.com",
}
SIGN_IN = {"user": "AKIAEXAMPLE", "password_file": "smtp.pw"}
BACKUP = {"name": "Backup", "server": "backup.example.com", "port": 587, "encryption": "starttls"}
BACKUP_SIGN_IN = {"user": "backup", "password_file": "other.pw"}

LIMITS = {
    "max_24_hour_send": (1, 1_000_000_000),
    "max_connections": (1, 100),
    "max_messages_per_connection": (1, 1_000_000),
    "max_recipients": (1, 1_000),
    "window": (1, 1_000),
    "idle_s": (1, 300),
    "timeout_s": (5, 600),
    "after_s": (0, 86_400),
}


def problems(document: dict[str, Any]) -> list[str]:
    """What is said of a document that cannot be taken."""
    with pytest.raises(Invalid) as refused:
        applied(document)
    return [str(one) for one in refused.value.problems]


def with_field(name: str, value: object) -> tuple[str, dict[str, Any]]:
    """Where the field stands, and a document that gives it."""
    if name == "after_s":
        return "relays[0].after_s", {"smtp": SMTP, "relays": [{**BACKUP, name: value}]}
    return f"smtp.{name}", {"smtp": {**SMTP, name: value}}


def in_force(one: Configuration, name: str) -> object:
    """The field's value in a configuration."""
    return getattr(one.relays[0] if name == "after_s" else one.smtp, name)


@pytest.mark.parametrize(("name", "limits"), LIMITS.items())
def test_a_whole_number_within_its_limits(name: str, limits: tuple[int, int]) -> None:
    """The least and the most are taken; one beyond, and what is none, are refused in words."""
    least, most = limits
    accepted = f"(accepted: {least} to {most})"
    for value in limits:
        assert in_force(applied(with_field(name, value)[1]), name) == value
    for value, words in [
        (least - 1, f"is less than {least}"),
        (most + 1, f"is more than {most}"),
        (1.5, "is no whole number"),
        ("many", "is no whole number"),
        (True, "is no whole number"),
        ([], "is no whole number"),
        (float("nan"), "is no number"),
        ("9" * 5_000, "is no whole number"),
    ]:
        path, document = with_field(name, value)
        assert problems(document) == [f"{path}: {words} {accepted}"], value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "is less than 0.001"),
        (-1, "is less than 0.001"),
        (0.0009, "is less than 0.001"),
        (1_000_001, "is more than 1000000"),
        (float("inf"), "is more than 1000000"),
        ("fast", "is no number"),
        (True, "is no number"),
        ([14], "is no number"),
        ({}, "is no number"),
    ],
)
def test_a_rate_that_is_none(value: object, words: str) -> None:
    """A rate is a number above nothing."""
    expected = f"smtp.max_send_rate: {words} (accepted: 0.001 to 1000000)"
    assert problems({"smtp": {**SMTP, "max_send_rate": value}}) == [expected]
    expected = expected.replace("smtp.", "relays[0].")
    relays = [{**BACKUP, "max_send_rate": value}]
    assert problems({"smtp": SMTP, "relays": relays}) == [expected]


def test_a_rate_is_never_not_a_number() -> None:
    """NaN is neither less nor more than anything, and yet refused."""
    (told,) = problems({"smtp": {**SMTP, "max_send_rate": float("nan")}})
    assert told.startswith("smtp.max_send_rate: is ")


@pytest.mark.parametrize("rate", [0.001, 0.5, 1, 14, 14.0, 1_000_000])
def test_a_rate_is_taken(rate: float) -> None:
    """Parts of a recipient a second, too."""
    one = applied({"smtp": {**SMTP, "max_send_rate": rate}})
    assert one.smtp is not None
    assert one.smtp.max_send_rate == rate


def test_what_nobody_said() -> None:
    """The values that a document without these fields has."""
    one = applied({"smtp": SMTP, "relays": [BACKUP]})
    for relay in one.every_relay:
        assert relay.sign_in == "auto"
        assert (relay.max_send_rate, relay.max_24_hour_send) == (None, None)
        assert (relay.max_connections, relay.max_messages_per_connection) == (20, None)
        assert (relay.max_recipients, relay.window) == (50, 64)
        assert (relay.idle_s, relay.timeout_s) == (8, None)
    assert one.relays[0].after_s == 300
    assert one.relays[0].sender is None


@pytest.mark.parametrize("name", [*LIMITS, "max_send_rate", "sign_in"])
def test_null_is_what_nobody_said(name: str) -> None:
    """A field that is null goes back to what it is without a word."""
    path, document = with_field(name, None)
    assert path
    assert in_force(applied(document), name) == in_force(
        applied({"smtp": SMTP, "relays": [BACKUP]}), name
    )


def test_the_ways_to_sign_in_are_those_there_are() -> None:
    """What the document takes is what the conversation knows."""
    assert get_args(Relay.model_fields["sign_in"].annotation) == MECHANISMS


def test_every_field_has_its_name_in_the_document() -> None:
    """What is listed as accepted is exactly what is taken."""
    for model, names in ((Smtp, FIELDS), (FurtherRelay, FURTHER_FIELDS)):
        fields = {field.alias or name for name, field in model.model_fields.items()}
        assert {*names} == fields - {"password"} | {"password_file"}


def test_an_access_token_may_be_long() -> None:
    """With xoauth2 the password is a token of some thousand characters."""
    relay = {**SMTP, **SIGN_IN, "password_file": "long.pw"}
    one = applied({"smtp": {**relay, "sign_in": "xoauth2"}})
    assert one.smtp is not None
    assert one.smtp.password == Secret("p" * 5_000)
    assert problems({"smtp": relay}) == ["smtp.password_file: has more than 1000 characters"]


def test_further_relays_in_their_order() -> None:
    """All fields of the first relay, a name and a time; the first relay is the first."""
    last = {**BACKUP, "name": "Last", "after_s": 0, "from": "noc@example.com", "window": 1}
    one = applied({"smtp": SMTP, "relays": [{**BACKUP, **BACKUP_SIGN_IN}, last]})
    assert [relay.name for relay in one.every_relay] == ["smtp", "Backup", "Last"]
    assert one.relays[0].password == Secret("battery staple")
    assert (one.relays[1].after_s, one.relays[1].sender) == (0, "noc@example.com")
    assert applied({"relays": []}, one).every_relay == (one.smtp,)


@pytest.mark.parametrize("said", [{}, {"password": "set"}, {"password_file": "set"}])
def test_a_further_relay_keeps_its_password(said: dict[str, str]) -> None:
    """By its name, wherever it stands in the list, and no other relay gets it."""
    before = applied(
        {
            "smtp": {**SMTP, **SIGN_IN},
            "relays": [
                {**BACKUP, **BACKUP_SIGN_IN},
                {**BACKUP, "name": "Last", "user": "last", "password_file": "smtp.pw"},
            ],
        }
    )
    kept = {**BACKUP, "user": "backup", **said, "port": 2587}
    after = applied({"relays": [{**BACKUP, "name": "New"}, kept]}, before)
    assert after.smtp == before.smtp
    assert after.relays[0].password is None
    assert (after.relays[1].port, after.relays[1].password) == (2587, Secret("battery staple"))


def test_a_relay_under_another_name_says_its_password_again() -> None:
    """A password is kept under the name of its relay."""
    before = applied({"smtp": SMTP, "relays": [{**BACKUP, **BACKUP_SIGN_IN}]})
    renamed = {**BACKUP, "name": "Spare", "user": "backup", "password_file": "set"}
    with pytest.raises(Invalid, match=r"relays\[0\].password_file: is missing"):
        applied({"relays": [renamed]}, before)


@pytest.mark.parametrize("said", [{"password": None}, {"password_file": None}])
def test_the_password_of_a_further_relay_can_be_taken_away(said: dict[str, None]) -> None:
    """Null says that there is to be none; without a user it goes by itself."""
    before = applied({"smtp": SMTP, "relays": [{**BACKUP, **BACKUP_SIGN_IN}]})
    assert applied({"relays": [{**BACKUP, **said}]}, before).relays[0].password is None
    assert applied({"relays": [{**BACKUP, "user": ""}]}, before).relays[0].password is None


def test_a_page_gives_the_password_of_a_further_relay() -> None:
    """As a value that does not show itself, and checked like any other."""
    relay = {**BACKUP, "user": "backup", "password": Secret("typed")}
    assert applied({"smtp": SMTP, "relays": [relay]}).relays[0].password == Secret("typed")
    wrong = {**relay, "password": Secret("a\nb")}
    assert problems({"smtp": SMTP, "relays": [wrong]}) == [
        "relays[0].password: has more than one line, or control characters"
    ]


def test_the_first_relay_stays_while_others_stand_after_it() -> None:
    """Taking it away alone is refused; with the others it goes."""
    before = applied({"smtp": SMTP, "relays": [BACKUP]})
    with pytest.raises(Invalid, match="smtp: is not set, and relays stand after it"):
        applied({"smtp": None}, before)
    assert applied({"smtp": None, "relays": []}, before).every_relay == ()
    with pytest.raises(Invalid, match="smtp: is not set"):
        applied({"relays": [BACKUP]})
