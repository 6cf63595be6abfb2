"""Removing a certificate: the page says what the relay's last chain makes of it."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client

import chains
from tocsin.base.clock import now
from tocsin.engine import access, configuration
from tocsin.store import models

HOST = "relay.example.com"


def _presented(*certificates: bytes) -> None:
    """The relay presented this chain, leaf first."""
    prints = [hashlib.sha256(one).hexdigest() for one in certificates]
    for sha256, der in zip(prints, certificates, strict=True):
        models.SeenCertificate.objects.create(sha256=sha256, der=der, first_seen_at=now())
    models.Connection.objects.create(
        id="a connection",
        relay="smtp",
        host=HOST,
        port=587,
        opened_at=now(),
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
    assert f"If the certificate of {HOST} leads to it" in page
