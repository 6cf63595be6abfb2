"""Removing a certificate: the page says what the relay's last chain makes of it."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client

import chains
from tocsin.base.clock import SECOND, Instant, now
from tocsin.base.ids import uuid7
from tocsin.engine import access, configuration, reliance
from tocsin.store import models

HOST = "relay.example.com"


def _presented(
    *certificates: bytes, relay: str = "smtp", host: str = HOST, at: Instant | None = None
) -> None:
    """The relay presented this chain, leaf first."""
    prints = [hashlib.sha256(one).hexdigest() for one in certificates]
    for sha256, der in zip(prints, certificates, strict=True):
        models.SeenCertificate.objects.create(sha256=sha256, der=der, first_seen_at=now())
    models.Connection.objects.create(
        id=uuid7(),
        relay=relay,
        host=host,
        port=587,
        opened_at=at or now(),
        chain=json.dumps(prints),
        resumed=False,
        transcript="[]",
    )


@pytest.fixture
def root() -> chains.Made:
    """A root in the trust store, beside another one; the relay is configured."""
    root = chains.make("Root of the relay", ca=True, ends=4000)
    other = chains.make("Another root", ca=True, ends=4000)
    configuration.change(
        access.LOCAL,
        {
            "smtp": {
                "server": HOST,
                "port": 587,
                "encryption": "starttls",
                "from": "tocsin@example.com",
            },
            "trust": [
                {"name": "Root of the relay", "pem": root.pem.decode()},
                {"name": "Another root", "pem": other.pem.decode()},
            ],
        },
    )
    return root


def _removal(admin: Client, name: str) -> str:
    return admin.get("/trust/remove", {"name": name}).content.decode()


def test_the_relay_would_no_longer_verify(root: chains.Made, admin: Client):
    """The root that the relay's last chain leads to is named as the one that it needs."""
    leaf = chains.make(HOST, issuer=root, names=[HOST])
    _presented(leaf.der, root.der)
    assert "would no longer verify" in _removal(admin, "Root of the relay")
    assert "would still verify" in _removal(admin, "Another root")


def test_without_evidence_no_promise_is_made(root: chains.Made, admin: Client):
    """A relay that presented nothing yet: the page says what may happen, not what will."""
    page = _removal(admin, "Root of the relay")
    assert "would no longer verify" not in page
    assert "would still verify" not in page
    assert f"If the certificate of smtp ({HOST}) leads to it" in page


def test_every_relay_is_named(root: chains.Made, admin: Client):
    """A further relay that leans on the same certificate is told about as well."""
    far = "far.example.net"
    configuration.change(
        access.LOCAL,
        {"relays": [{"name": "far", "server": far, "port": 587, "encryption": "starttls"}]},
    )
    _presented(chains.make(HOST, issuer=root).der)
    _presented(chains.make(far, issuer=root).der, relay="far", host=far)
    page = _removal(admin, "Root of the relay")
    assert f"The SMTP relay smtp ({HOST}) would no longer verify" in page
    assert f"The SMTP relay far ({far}) would no longer verify" in page
    again = reliance.without(access.LOCAL, "Another root")
    assert again.holds == (f"smtp ({HOST})", f"far ({far})")
    assert (again.breaks, again.unknown) == ((), ())


def test_the_list_says_what_each_carries_since_when(root: chains.Made, admin: Client):
    """The first connection with the certificate counts, through renewals of the leaf."""
    added = configuration.current().configuration.trust[0].added_at
    _presented(chains.make(HOST, issuer=root).der, at=added + 5 * SECOND)
    _presented(chains.make(HOST, issuer=root).der, at=added + 9 * SECOND)
    (carried,) = reliance.carried(access.LOCAL)[root.sha256]
    assert (carried.relay, carried.server, carried.since) == ("smtp", HOST, added + 5 * SECOND)
    page = admin.get("/trust", {"name": "Root of the relay"}).content.decode()
    assert page.count("smtp since") == 1
    assert f"smtp ({HOST}) since" in page
    assert "no relay now" in admin.get("/trust", {"name": "Another root"}).content.decode()


def test_the_anchor_that_carried_a_connection_is_named(root: chains.Made):
    """By the evidence of a connection; a chain that leads nowhere has none."""
    leaf, stranger = chains.make(HOST, issuer=root), chains.make(HOST)
    _presented(leaf.der)
    _presented(stranger.der)
    found = reliance.carrier([leaf.sha256], HOST, now())
    assert found is not None
    assert found.name == "Root of the relay"
    assert reliance.carrier([stranger.sha256], HOST, now()) is None
    assert reliance.carrier(["00" * 32], HOST, now()) is None
