"""``tocsin trust watch``: what the relays presented, for people and for programs."""

from __future__ import annotations

import json
from typing import Any

import chains
from tocsin.base.clock import DAY, HOUR, now
from tocsin.engine import access, configuration
from tocsin.store import models
from tocsin.store.queries.chains import keep_certificates

HOST = "relay.example.com"
ROOT = chains.make("Example Root CA 9", ca=True, ends=4000)
LEAF = chains.make(HOST, issuer=ROOT, ends=40)


def configure() -> None:
    """A relay, and the root that it rests on."""
    smtp = {"server": HOST, "port": 587, "encryption": "starttls", "from": "t@example.com"}
    trust = [{"name": "Our root", "pem": ROOT.pem.decode()}]
    configuration.change(access.LOCAL, {"smtp": smtp, "trust": trust})


def see(**said: Any) -> None:
    """It presented a leaf for a day, and was looked at."""
    keep_certificates([LEAF.der], now())
    fields: dict[str, Any] = {"trusted": True, "anchor": ROOT.sha256}
    models.ChainSeen.objects.create(
        relay="smtp", host=HOST, port=587, address="192.0.2.25", chain=json.dumps([LEAF.sha256]),
        first_seen_at=now() - DAY, last_seen_at=now(), **{**fields, **said},
    )  # fmt: skip
    models.ChainLook.objects.create(
        relay="smtp", host=HOST, port=587, basis="x", looked_at=now(), next_look_at=now() + HOUR,
        turn=1, looking_until=0, facts="{}", addresses='{"192.0.2.25": null}', told="[]",
    )  # fmt: skip


def test_nothing_is_watched(command):
    """Without a relay there is nothing to say."""
    assert command("trust", "watch").out.strip() == "no relay is watched"
    assert command.answer("trust", "watch") == []


def test_what_verifies(command):
    """Since when, whose certificate, and what in the trust store carries it: by its name."""
    configure()
    see()
    out = command("trust", "watch").out
    for words in (f"smtp: {HOST}:587", "192.0.2.25", "until now: verified, resting on Our root"):
        assert words in out
    assert LEAF.sha256 in out
    (relay,) = command.answer("trust", "watch")
    assert relay["addresses"][0]["chains"][0]["anchor_name"] == "Our root"


def test_what_would_not_verify_is_told_by_the_exit_status(command):
    """1, and why."""
    configure()
    see(trusted=False, anchor=None, code="tls.untrusted-issuer")
    out = command("trust", "watch", status=1).out
    assert "did not verify" in out
    assert "tls.untrusted-issuer" in out
