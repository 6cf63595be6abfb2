"""``message verify`` with a name server, with mails of the rehearsal relay, and recorded ones."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dkimkeys import MESSAGE, Domain, Modern, zone
from nameserver import serving
from rehearsing import client_settings, envelope, rehearsing
from tocsin.engine.recordlookup import FromDns, FromRecords, Unasked
from tocsin.engine.verify import Verified, verify
from tocsin.mail.received.arc import ChainResult
from tocsin.mail.received.receiver import own_hops
from tocsin.mail.received.record import read_records
from tocsin.mail.received.signature import Outcome
from tocsin.mail.relay.connection import RelayConnection
from tocsin.ses.carried import Proof

OWN, SES = Domain("example.com", bits=2048), Domain("amazonses.com", "ses")
LIST = Domain("example.org", "arc")
MODERN = Modern("example.com")
RECORDS = {
    **{one.record_name: one.record() for one in (OWN, SES, LIST)},
    MODERN.record_name: MODERN.record(),
    "_dmarc.example.com": "v=DMARC1; p=quarantine; adkim=s",
}
SIGNED = LIST.seal(SES.sign(OWN.sign()), "example.org; dkim=pass header.d=example.com")


def command(home: Path, *arguments: str, given: bytes = b"") -> tuple[int, Any]:
    """The program in a process of its own: status and answer."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "message", "verify", *arguments, "--json"],
        input=given,
        capture_output=True,
        env={**os.environ, "TOCSIN_HOME": str(home / "none")},
        timeout=60,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_keys_come_from_dns(tmp_path):
    """Keys of 1024 and 2048 bits, two algorithms, an ARC chain and a policy, all by DNS."""
    with serving(zone(RECORDS)) as server:
        status, answer = command(
            tmp_path, "-", "--nameserver", server.address, given=MODERN.sign(SIGNED)
        )
        asked = {name for name, _ in server.asked}
    assert (status, answer["ok"]) == (0, True)
    assert [(one["d"], one["result"], one["key"]["bits"]) for one in answer["dkim"]] == [
        ("example.com", "pass", 256),
        ("amazonses.com", "pass", 1024),
        ("example.com", "pass", 2048),
    ]
    assert answer["arc"]["result"] == "pass"
    assert answer["alignment"]["result"] == "pass"
    assert answer["alignment"]["policy"]["p"] == "quarantine"
    assert asked == set(RECORDS)


def test_a_changed_mail_is_found_out(tmp_path):
    """Signatures and the chain's newest one fail; status 1."""
    content = SIGNED.replace(b"sends much", b"sends little")
    with serving(zone(RECORDS)) as server:
        status, answer = command(tmp_path, "-", "--nameserver", server.address, given=content)
    assert (status, answer["ok"]) == (1, False)
    assert {one["result"] for one in answer["dkim"]} == {"fail"}
    assert answer["arc"]["result"] == "fail"


@pytest.mark.parametrize(
    ("told", "outcome", "words"),
    [
        ("servfail", Outcome.TEMPERROR, "not checked: DNS does not answer"),
        ("silent", Outcome.TEMPERROR, "not checked: DNS does not answer"),
        (None, Outcome.PERMERROR, "there is no key under"),
        ({"A": ("192.0.2.1",)}, Outcome.PERMERROR, "there is no key under"),
    ],
)
def test_what_a_name_server_says(told, outcome, words):
    """Failing, silence, no such name, another record: none is taken for another."""
    records: dict[str, Any] = {} if told is None else {OWN.record_name: told}
    with serving(records) as server:
        found = verify(OWN.sign(), FromDns((server.address,), 0.5))
    (one,) = found.dkim
    assert one.outcome is outcome
    assert words in one.reason
    assert found.ok is None


def rehearsed(tmp_path: Path) -> bytes:
    """A mail as it lies in the rehearsal's inbox, sent by our own client."""

    async def send() -> None:
        async with rehearsing(tmp_path) as endpoint:
            connection = RelayConnection(client_settings(endpoint))
            await connection.open()
            await connection.deliver([envelope()])
            await connection.close()

    asyncio.run(send())
    (mail,) = tmp_path.glob("*.eml")
    return mail.read_bytes()


def test_a_rehearsed_mail_is_proved_like_one_of_ses(tmp_path):
    """Carried by "SES", two signatures, one ARC set, aligned: as a real one would be."""
    content = rehearsed(tmp_path)
    (path,) = tmp_path.glob("*.eml")
    status, answer = command(tmp_path, str(path))  # the keys lie beside it
    assert (status, answer["ok"], answer["ses"], answer["rehearsal"]) == (0, True, True, True)
    assert answer["carriage"]["proof"] == "signature"
    assert answer["carriage"]["region"] == "us-east-1"
    assert [(one["d"], one["result"]) for one in answer["dkim"]] == [
        ("example.com", "pass"),
        ("amazonses.com", "pass"),
    ]
    assert answer["arc"]["result"] == "pass"
    (hop,) = answer["hops"]
    assert hop["tls_version"] == "TLS1_3"
    (statement,) = answer["authentication_results"]
    assert statement["own"]
    assert answer["alignment"]["result"] == "pass"

    records = FromRecords(read_records((tmp_path / "dns.json").read_text()), "the relay")
    broken = verify(content.replace(b"Look at host", b"Look not at host"), records)
    assert broken.ok is False
    assert {one.outcome for one in broken.dkim} == {Outcome.FAIL}
    resealed = verify(content.replace(b"dmarc=pass", b"dmarc=fail"), records)
    assert resealed.chain.result is ChainResult.FAIL
    assert {one.outcome for one in resealed.dkim} == {Outcome.PASS}


def of(path: Path, keys: Path | None = None) -> Verified:
    """A recorded mail, with recorded keys where there are some."""
    lookup = Unasked() if keys is None else FromRecords(read_records(keys.read_text()), keys.name)
    return verify(path.read_bytes(), lookup)


def test_recorded_mails_are_read_as_others_read_them(recorded: Path):
    """Route, signatures, chain and SES of each mail against the facts kept beside them."""
    facts = json.loads((recorded / "mail" / "facts.json").read_text())
    assert facts
    for name, told in facts.items():
        found = of(recorded / name)
        assert found.message.first("message-id") == told["message_id"], name
        assert len(found.route.steps) == told["received_count"], name
        assert all(step.hop.by and step.hop.at is not None for step in found.route.steps), name
        assert found.carriage.carried is bool(told["ses"]), name
        assert found.carriage.region == told["ses_region"], name
        if told["ses"]:
            # Mails of lists: whoever forwarded them took them from SES, not the receiver.
            forwarded = own_hops(found.message)[-1].host != told["ses_host"]
            assert found.carriage.proof is (Proof.CLAIMED if forwarded else Proof.SEEN), name
            seen = found.carriage.evidence[0].value
            address = f" [{told['ses_ip']}]" if told["ses_ip"] else ""
            assert seen == told["ses_host"] + address, name
        signatures = [one.signature for one in found.dkim]
        assert [{"d": one.domain, "s": one.selector, "a": one.algorithm} for one in signatures] == [
            {**one, "d": one["d"].lower()} for one in told["dkim"]
        ], name
        seals = [one.seal for one in found.chain.sets if one.seal]
        assert [(one.domain, one.seal) for one in seals] == [
            (one["d"], one["cv"]) for one in sorted(told["arc_seals"], key=lambda one: one["i"])
        ], name
        for kept, one in zip(
            sorted(told["arc_auth_results"], key=lambda one: one["i"]),
            found.chain.sets,
            strict=True,
        ):
            assert one.results is not None
            assert one.results.server == kept["authserv"].split()[0], name
            results = [[part.method, part.result] for part in one.results.results]
            assert results == kept["results"], name
        statements = [
            [[part.method, part.result] for part in one.results.results] for one in found.statements
        ]
        assert statements == told["auth_results"], name


@pytest.mark.parametrize(
    ("mail", "keys", "domains"),
    [
        ("stalwart-dkim-rfc6376", None, ["example.com"]),
        ("stalwart-dkim-rfc8463", None, ["football.example.com"] * 2),
        ("rfc8463-dual-signed", "stalwart-dkim-rfc8463", ["football.example.com"] * 2),
        ("stalwart-arc-two-hops", None, ["manchego.org"]),
    ],
)
def test_recorded_signatures_hold(recorded: Path, mail: str, keys: str | None, domains: list[str]):
    """Those of the standards' own examples, and of another verifier's test."""
    folder = recorded / "mail"
    found = of(folder / f"{mail}.eml", folder / f"{keys or mail}.dns.txt")
    assert [one.signature.domain for one in found.dkim] == domains
    assert {one.outcome for one in found.dkim} == {Outcome.PASS}


def test_recorded_chains_hold_or_not(recorded: Path):
    """A chain of two sets by Gmail, and one that says it was broken."""
    folder = recorded / "mail"
    keys = folder / "mailauth.dns.txt"
    assert of(folder / "mailauth-arc-pass.eml", keys).chain.result is ChainResult.PASS
    assert of(folder / "mailauth-arc-fail3.eml", keys).chain.result is ChainResult.FAIL


def test_a_message_without_anything_asks_for_its_policy_alone():
    """Nothing else is looked up for a plain mail."""
    with serving({}) as server:
        verify(MESSAGE, FromDns((server.address,), 2))
        assert [name for name, _ in server.asked] == ["_dmarc.example.com"]
