"""Collecting over the page, from real servers: the chain, its anchor, what to add and why."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.test import Client

import chains
from tlsserver import SmtpStub
from tocsin.base.clock import now
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.store.models import Person
from tocsin.trust.context import server_context

LADDER = chains.ladder("127.0.0.1")

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(home: Path) -> Client:
    """An administrator's browser."""
    person = Person.objects.create(
        name="administrator",
        role=Role.ADMINISTRATOR.value,
        one_time=False,
        created_at=now(),
        created_by="a test",
    )
    client = Client()
    client.force_login(person)
    return client


def collected(admin: Client, folder: Path, sent: list[chains.Made]) -> str:
    """The page after collecting from a server that sends this chain."""
    with SmtpStub(server_context(*chains.write_chain(folder, sent))) as server:
        answer = admin.post("/trust/collect", {"server": f"127.0.0.1:{server.port}"})
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(html.unescape(text).split())


def trust(*made: chains.Made) -> None:
    """Put certificates into the trust store."""
    entries = [{"name": one.parsed.title, "pem": one.pem.decode()} for one in made]
    configuration.change(access.LOCAL, {"trust": entries})


def test_an_anchor_that_was_not_presented_is_drawn_above(admin: Client, tmp_path: Path) -> None:
    """The root of the store stands over the presented chain and is said to carry it."""
    trust(LADDER.root)
    page = collected(admin, tmp_path, LADDER.presented)
    assert "the chain leads to Example Root CA 1 of the trust store" in page
    assert page.count("carries the chain") == 1
    assert "It was not presented: the trust store has it." in page


def test_an_intermediate_that_carries_is_marked_where_it_stands(
    admin: Client, tmp_path: Path
) -> None:
    """Of several anchors in the chain, the one that really carries it is marked."""
    trust(LADDER.second_crossed, LADDER.intermediate)
    page = collected(admin, tmp_path, LADDER.presented)
    assert page.count("in the trust store") == 2
    assert "Example RSA 2048 M02 Intermediate in the trust store carries the chain" in page
    assert page.count("carries the chain") == 1


def test_what_is_odd_is_said_and_the_others_are_heard(admin: Client, tmp_path: Path) -> None:
    """Disorder, a double, the temporary key, the system's roots, and Java."""
    trust(LADDER.root)
    sent = [LADDER.leaf, LADDER.root_crossed, LADDER.intermediate, LADDER.root_crossed]
    page = collected(admin, tmp_path, sent)
    for words in (
        "not sent in the order of their signatures",
        "is sent more than once",
        "253 bits",
        "would not trust it",
        "A Java client with the same trust store accepts it",
    ):
        assert words in page


def test_an_impostor_is_called_out(admin: Client, tmp_path: Path) -> None:
    """At the certificate itself and among the remarks; nothing is recommended."""
    fake = chains.make("Amazon Root CA 1", organization="Amazon", ca=True)
    page = collected(admin, tmp_path, [chains.make("127.0.0.1", issuer=fake), fake])
    assert "not the root whose name it bears" in page
    assert "Do not trust it" in page
    assert "recommended" not in page
    assert "unable to find valid certification path" in page or "must be non-empty" in page


def test_the_root_is_recommended_with_its_reason(admin: Client, tmp_path: Path) -> None:
    """Nothing is trusted by being looked at; the highest certificate is what to add."""
    page = collected(admin, tmp_path, LADDER.presented)
    assert "recommended" in page
    assert "it outlasts the renewals below it" in page
    assert configuration.current().configuration.trust == ()
