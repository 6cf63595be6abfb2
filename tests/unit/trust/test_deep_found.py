"""What a deep probe found, folded and put into words."""

from __future__ import annotations

from tocsin.faults.fault import Finding
from tocsin.trust.deep.found import (
    SERVER,
    AcceptedSuite,
    DeepProbe,
    Extras,
    ResumptionFound,
    StapleFound,
    VersionFound,
)
from tocsin.trust.deep.suites import SSL3, SUITES, TLS10, TLS12, TLS13
from tocsin.trust.deep.words import key_words, report
from tocsin.trust.wire import TemporaryKey

WEAK = TemporaryKey("DH", "", 1024)
CURVE = TemporaryKey("ECDH", "P-256", 256)
NAMED = {one.name: one for one in SUITES}


def accepted(name: str, key: TemporaryKey | None = None) -> AcceptedSuite:
    """A suite by its name, as taken."""
    return AcceptedSuite(NAMED[name], key)


PROBE = DeepProbe(
    "relay.example.com",
    587,
    "starttls",
    at=1_795_000_000_000_000,
    address="192.0.2.1",
    other_addresses=("192.0.2.2",),
    versions=(
        VersionFound(TLS13, (accepted("TLS_AES_128_GCM_SHA256"),), groups=(CURVE,)),
        VersionFound(
            TLS12,
            (
                accepted("EDH-RSA-DES-CBC3-SHA", WEAK),
                accepted("DHE-RSA-AES128-GCM-SHA256", WEAK),
                accepted("ECDHE-RSA-AES128-GCM-SHA256", CURVE),
                accepted("AES128-SHA"),
            ),
            preference=SERVER,
            complete=False,
        ),
        VersionFound(TLS10, (accepted("EDH-RSA-DES-CBC3-SHA", WEAK),)),
        VersionFound(SSL3, refusal="alert handshake_failure"),
    ),
    resumption=(ResumptionFound("TLSv1.2", "id", True), ResumptionFound("TLSv1.2", "ticket", None)),
    extras=Extras(staple=StapleFound("good", next_update=1_796_000_000_000_000), stapled=True),
    chains={("ab" * 32,): ("TLSv1.2", "TLSv1")},
    findings=(Finding("smtp.too-many-connections", {"host": "relay.example.com"}),),
    connections=40,
)


def test_each_way_of_exchange_has_its_keys() -> None:
    """DHE, EDH and ECDHE each, with the versions in which it was seen."""
    keys = {one.exchange: one for one in PROBE.temporary_keys}
    assert list(keys) == ["EDH", "DHE", "ECDHE"]
    assert keys["EDH"].versions == ("TLSv1.2", "TLSv1")
    assert keys["DHE"].key.bits == 1024
    assert [one.is_small for one in keys.values()] == [True, True, False]


def test_a_small_key_is_the_worst_that_is_said() -> None:
    """It comes before the age of the cipher; without one the suite's own weakness stands."""
    assert accepted("EDH-RSA-DES-CBC3-SHA", WEAK).weakness == "its temporary key is too small"
    assert accepted("DHE-RSA-AES128-GCM-SHA256", TemporaryKey("DH", "", 2048)).weakness == ""
    assert accepted("ECDHE-RSA-AES128-GCM-SHA256", CURVE).weakness == ""
    assert accepted("AES128-SHA").weakness == "without forward secrecy"


def test_what_was_not_asked_is_said() -> None:
    """One incomplete version makes the probe incomplete."""
    assert PROBE.reached
    assert not PROBE.complete
    assert not DeepProbe("h", 1, "smtps", 0).complete


def test_the_document_has_all_of_it() -> None:
    """Names, numbers and bits, in shapes that do not change with the content."""
    document = PROBE.to_json()
    versions = document["versions"]
    assert isinstance(versions, list)
    assert versions[1]["suites"][1] == {
        "name": "DHE-RSA-AES128-GCM-SHA256",
        "number": "0x009e",
        "exchange": "DHE",
        "temp_key": {"kind": "DH", "group": None, "bits": 1024},
        "weakness": "its temporary key is too small",
    }
    assert versions[3]["refusal"] == "alert handshake_failure"
    assert document["stapling"] == {
        "status": "good",
        "produced_at": None,
        "next_update": "2026-11-30T00:53:20.000000Z",
    }
    assert document["chains"] == [{"chain": ["ab" * 32], "versions": ["TLSv1.2", "TLSv1"]}]


def test_the_words_have_all_of_it() -> None:
    """What matters stands in the text too."""
    lines = "\n".join(report(PROBE))
    for words in (
        "Not looked at: 192.0.2.2",
        "TLSv1.2, the server's order decides",
        "not all was asked",
        "nobody should speak it any more",
        "no (alert handshake_failure)",
        "EDH    DH, 1024 bits (TLSv1.2, TLSv1); too small",
        "ECDHE  ECDH, P-256, 256 bits",
        "yes: good, next by 2026-11-30T00:53:20Z",
        "smtp.too-many-connections",
        "ab" * 32,
    ):
        assert words in lines, words
    assert key_words(TemporaryKey("X25519", "X25519", 253)) == "X25519, 253 bits"
