"""What holds for every configuration document."""

from __future__ import annotations

import json
import string
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
from tocsin.base.secret import Secret
from tocsin.central.configuration import EMPTY, PARTS, Configuration
from tocsin.central.document import diff, from_stored, show, to_stored
from tocsin.central.notation import parse
from tocsin.central.problem import Invalid, Problem
from tocsin.domain.severity import Severity
from tocsin.mail.smtp.sasl import MECHANISMS

SECRETS = ("correct horse", "battery staple")

names = st.text(string.ascii_letters + "äß世 .-", min_size=1, max_size=12).filter(
    lambda text: text == text.strip()
)
addresses = st.builds(
    lambda local, domain: f"{local}@{domain}",
    st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8),
    st.sampled_from(["example.com", "example.net", "example.org"]),
)
lines = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20)


extras = st.fixed_dictionaries(
    {},
    optional={
        "sign_in": st.sampled_from(MECHANISMS),
        "max_send_rate": st.none() | st.integers(1, 1_000_000) | st.floats(0.001, 1_000_000),
        "max_24_hour_send": st.none() | st.integers(1, 1_000_000_000),
        "max_connections": st.none() | st.integers(1, 100),
        "max_messages_per_connection": st.none() | st.integers(1, 1_000_000),
        "max_recipients": st.none() | st.integers(1, 1_000),
        "window": st.none() | st.integers(1, 1_000),
        "idle_s": st.none() | st.integers(1, 300),
        "timeout_s": st.none() | st.integers(5, 600),
    },
)


@st.composite
def relays(draw: st.DrawFn) -> dict[str, Any]:
    relay = {
        "server": draw(st.sampled_from(["relay.example.com", "192.0.2.25", "2001:db8::25", "mx"])),
        "port": draw(st.integers(1, 65_535)),
        "encryption": draw(st.sampled_from(["starttls", "smtps", "none"])),
        "from": draw(addresses),
        **draw(extras),
    }
    if relay["encryption"] != "none" and draw(st.booleans()):
        relay["user"] = draw(st.text(string.ascii_uppercase, min_size=1, max_size=20))
        relay["password_file"] = draw(st.sampled_from(["smtp.pw", "other.pw"]))
    return relay


@st.composite
def further_relays(draw: st.DrawFn) -> dict[str, Any]:
    relay: dict[str, Any] = {"name": draw(names), **draw(relays())}
    if draw(st.booleans()):
        del relay["from"]
    if draw(st.booleans()):
        relay["after_s"] = draw(st.none() | st.integers(0, 86_400))
    return relay


outboxes = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "in_doubt": st.sampled_from(["again", "hold"]),
        "keep_trying_h": st.none() | st.integers(1, 240),
        "page_address": st.sampled_from(["", "https://tocsin.example.com:8443", "http://a/b/"]),
    },
)


def named(entry: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Some entries, each name once."""
    return st.lists(entry, max_size=4, unique_by=lambda one: one["name"].casefold())


anchors = st.lists(
    st.builds(
        lambda name, file: {"name": name, "file": file},
        names,
        st.sampled_from(["root.pem", "other.pem", "soon.pem"]),
    ),
    max_size=3,
    unique_by=(lambda one: one["name"].casefold(), lambda one: one["file"]),
)
ciphers = st.sampled_from(
    [
        {"preset": "tocsin"},
        {"preset": "tls13"},
        {"list": "ECDHE+AESGCM"},
        {"preset": "tocsin", "minimum": "1.3"},
    ]
)
sources = named(
    st.fixed_dictionaries(
        {"name": names, "kind": st.just("eve"), "path": names.map("/var/log/{}.json".format)},
        optional={
            "from": st.sampled_from(["start", "end"]),
            "enabled": st.booleans(),
            "quiet_after": st.integers(1, 86_400),
            "max_age": st.integers(1, 86_400),
        },
    )
)
actions = named(
    st.fixed_dictionaries(
        {
            "name": names,
            "kind": st.just("email"),
            "to": st.lists(addresses, min_size=1, max_size=3, unique=True),
        },
        optional={
            "subject": st.just("{{ alarm.severity }} {{ alarm.type }}"),
            "description": lines,
            "enabled": st.booleans(),
            "group": st.just("none"),
        },
    )
)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.sampled_from([one.value for one in Severity]),
        "type": st.lists(
            st.sampled_from(["ET SCAN", "Suspect Data Loss"]), min_size=1, unique=True
        ),
        "source": names,
        "source_host": st.sampled_from(["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"]),
        "target_port": st.integers(0, 65_535),
    },
)


@st.composite
def whole(draw: st.DrawFn) -> dict[str, Any]:
    """A document with any of its parts, valid on its own."""
    document: dict[str, Any] = {}
    if draw(st.booleans()):
        document["smtp"] = draw(st.one_of(st.none(), relays()))
        # The first relay cannot go while others stand after it.
        rest = named(further_relays()) if document["smtp"] is not None else st.just([])
        document["relays"] = draw(rest)
    for name, part in (
        ("outbox", outboxes),
        ("trust", anchors),
        ("ciphers", ciphers),
        ("sources", sources),
    ):
        if draw(st.booleans()):
            document[name] = draw(part)
    document["actions"] = draw(actions)
    linked = [one["name"] for one in document["actions"]]
    some = st.lists(st.sampled_from(linked), unique=True) if linked else st.just([])
    document["rules"] = draw(
        named(
            st.fixed_dictionaries(
                {"name": names, "when": conditions, "active": some, "inactive": some},
                optional={"enabled": st.booleans(), "description": lines, "type": st.just("any")},
            )
        )
    )
    return document


configurations = whole().map(documents.applied)


@given(configurations)
@settings(deadline=None)
def test_what_is_shown_can_be_applied_and_changes_nothing(one: Configuration) -> None:
    """`tocsin config show | tocsin config apply -` leaves the document as it is."""
    text = yaml.safe_dump(show(one), allow_unicode=True, sort_keys=False, width=100)
    again = documents.applied(parse(text), one)
    assert again == one
    assert diff(one, again) == []


@given(whole())
@settings(deadline=None)
def test_applying_twice_is_applying_once(document: dict[str, Any]) -> None:
    """The same document again makes no other configuration."""
    once = documents.applied(document)
    assert documents.applied(document, once) == once


@given(configurations, whole())
@settings(deadline=None)
def test_a_document_makes_its_parts_so_and_leaves_the_others(
    before: Configuration, document: dict[str, Any]
) -> None:
    """What is given is as on an empty manager; what is not given stays."""
    after = documents.applied(document, before)
    alone = documents.applied(document)
    for part in PARTS:
        expected = alone if part in document else before
        assert show(after)[part] == show(expected)[part]


def meaning(one: Configuration) -> tuple[Any, ...]:
    """All that a configuration says; its secrets too."""
    return show(one), [relay.password for relay in one.every_relay]


@given(configurations, configurations)
@settings(deadline=None)
def test_there_is_a_difference_exactly_when_something_differs(
    one: Configuration, other: Configuration
) -> None:
    """No change goes unseen, and nothing is called a change that is none."""
    assert (diff(one, other) == []) == (meaning(one) == meaning(other))


@given(configurations)
@settings(deadline=None)
def test_nothing_differs_from_itself(one: Configuration) -> None:
    """A configuration compared with itself has no difference, from nothing it has some."""
    assert diff(one, one) == []
    assert (diff(EMPTY, one) == []) == (meaning(one) == meaning(EMPTY))


@given(configurations, configurations)
@settings(deadline=None)
def test_a_difference_tells_no_secret(one: Configuration, other: Configuration) -> None:
    """What is shown, compared or stored holds no password."""
    told = [*map(str, diff(one, other)), json.dumps(show(one)), repr(one), str(one)]
    told.append(json.dumps(to_stored(one, lambda _path, _secret: "id")))
    assert not any(secret in text for secret in SECRETS for text in told)


class Keeper(dict[str, Secret]):
    """Secrets by ids, each secret once."""

    def keep(self, _path: str, secret: Secret) -> str:
        for id_, known in self.items():
            if known == secret:
                return id_
        self[f"secret-{len(self)}"] = secret
        return f"secret-{len(self) - 1}"


KEEPER = Keeper()


def stored(one: Configuration) -> dict[str, Any]:
    """As it comes back from the store."""
    data: dict[str, Any] = json.loads(json.dumps(to_stored(one, KEEPER.keep)))
    return data


@given(configurations)
@settings(deadline=None)
def test_what_is_stored_comes_back(one: Configuration) -> None:
    """A version read from the store is the configuration that was stored."""
    assert from_stored(stored(one), KEEPER.__getitem__, documents.KINDS) == one


@given(whole(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_equal_configurations_are_stored_alike(document: dict[str, Any], random: Any) -> None:
    """The order in which names were written does not reach the store."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = list(value.items())
            random.shuffle(items)
            return {name: shuffled(one) for name, one in items}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    one = documents.applied(document)
    other = documents.applied(shuffled(document), one)
    assert json.dumps(to_stored(one, KEEPER.keep)) == json.dumps(to_stored(other, KEEPER.keep))


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_document_or_refused(text: str) -> None:
    """No text makes the reader fail otherwise than by saying what is wrong."""
    problems: tuple[Problem, ...] = ()
    document: object = None
    try:
        document = parse(text)
    except Invalid as refused:
        problems = refused.problems
    assert problems or isinstance(document, dict)


_FIELDS = (
    "name kind eve email when active to pem file from password password_file server port "
    "encryption list severity sign_in max_send_rate window after_s in_doubt keep_trying_h"
)
FIELDS = _FIELDS.split()

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS) | st.text(max_size=5) | st.integers(),
            inner | st.sampled_from(["eve", "email", "set", "none", "root.pem", "empty"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(PARTS) | st.text(max_size=4) | st.integers(), values))
@settings(max_examples=200, deadline=None)
def test_any_values_are_checked_or_refused(document: dict[Any, Any]) -> None:
    """No value of any type at any place makes the check fail otherwise."""
    problems: tuple[Problem, ...] = ()
    applied = EMPTY
    try:
        applied = documents.applied(document)
    except Invalid as refused:
        problems = refused.problems
    assert all(one.path and one.message for one in problems)
    assert problems or json.dumps(to_stored(applied, KEEPER.keep))
