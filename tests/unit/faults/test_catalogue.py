"""The catalogue is whole, and each entry can be told."""

from __future__ import annotations

import re
import string

import pytest

from tocsin.cli.main import COMMANDS
from tocsin.faults.catalogue import FAULTS, explain, is_known, sentences
from tocsin.faults.fault import Fault, Finding, Retry, Scope, Seriousness

_PROMISED = """
dns.not-found dns.timeout tcp.refused tcp.timeout tcp.unreachable
smtp.not-smtp smtp.banner-timeout smtp.greeting-refused smtp.masked-by-firewall
smtp.starttls-missing smtp.starttls-required smtp.starttls-refused smtp.starttls-injection
smtp.address-syntax smtp.no-recipients smtp.sender-refused smtp.recipient-refused
smtp.greylisted smtp.message-too-large smtp.too-many-recipients smtp.content-rejected
smtp.relay-denied smtp.temporary smtp.too-many-connections smtp.closed-early smtp.timeout
smtp.outcome-unknown
tls.wrong-mode tls.untrusted-issuer tls.incomplete-chain tls.self-signed tls.expired
tls.not-yet-valid tls.name-mismatch tls.dh-too-small tls.no-shared-cipher tls.version-too-old
tls.weak-key tls.weak-signature tls.revoked tls.wrong-purpose tls.invalid-chain tls.intercepted
tls.client-certificate-required tls.handshake-dropped tls.chain-changed tls.expiring
auth.not-offered auth.no-mechanism auth.rejected auth.required auth.temporary
auth.secret-not-smtp-password auth.wrong-region auth.temporary-credentials
ses.identity-not-verified ses.sandbox-recipient ses.not-authorized ses.rate-exceeded
ses.daily-quota ses.sending-paused ses.configuration-set-missing ses.mail-from-domain
ses.not-subscribed ses.old-password ses.suppressed
store.full store.locked clock.skew unknown
"""
PROMISED = _PROMISED.split()

# Faults whose name says that waiting helps; every other one on a mail's way needs a person.
_PASSING = """
dns.timeout tcp.refused tcp.timeout tcp.unreachable smtp.banner-timeout smtp.starttls-refused
smtp.greylisted smtp.temporary smtp.too-many-connections smtp.closed-early smtp.timeout
smtp.outcome-unknown tls.handshake-dropped auth.temporary ses.rate-exceeded ses.daily-quota
"""
PASSING = _PASSING.split()


def templates(fault: Fault) -> list[str]:
    """Every sentence of a fault."""
    return [fault.title, fault.cause, *fault.fix]


def named(template: str) -> set[str]:
    """The facts that a sentence names."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", PROMISED)
def test_every_promised_code_is_there(code: str) -> None:
    """Others rely on these names: scripts, runbooks, dashboards."""
    assert is_known(code)
    assert explain(Finding(code)).code == code


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fault_can_be_told_without_facts(code: str) -> None:
    """Title, cause and fix read as sentences when nothing is known but the code."""
    told = explain(Finding(code))
    assert told.title
    assert not told.title.endswith(".")
    assert told.cause.endswith(".")
    assert told.fix
    for sentence in (told.title, told.cause, *told.fix):
        assert sentence == sentence.strip()
        assert sentence[0].isupper()
        assert "not known)" not in sentence
        assert "!" not in sentence
        assert "successfully" not in sentence


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fault_can_be_told_with_all_its_facts(code: str) -> None:
    """Each fact that a sentence names stands in the sentence."""
    fault = FAULTS[code]
    wanted = set().union(*map(named, templates(fault)))
    told = explain(Finding(code, {name: f"<{name}>" for name in wanted}))
    sentences = [told.title, told.cause, *told.fix]
    for template, sentence in zip(templates(fault), sentences, strict=True):
        assert all(f"<{name}>" in sentence for name in named(template))
    assert not re.search(r"[{}](?!preset)", "".join(sentences).replace("{preset: tocsin}", ""))


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fact_in_a_sentence_has_a_default(code: str) -> None:
    """A sentence names no fact that has no words for when it is missing."""
    fault = FAULTS[code]
    assert set().union(*map(named, templates(fault))) <= set(fault.defaults)


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_fix_names_only_commands_that_there_are(code: str) -> None:
    """Whoever types what a fix says finds the command."""
    for step in FAULTS[code].fix:
        for command in re.findall(r"(?<![\w/])tocsin ([a-z]+)", step):
            assert command in COMMANDS


def test_what_passes_by_itself_is_tried_again() -> None:
    """Retry is what the name says: a table, looked at from the other side."""
    on_the_way = [one for one in FAULTS.values() if re.match("dns|tcp|smtp|tls|auth|ses", one.code)]
    assert {one.code for one in on_the_way if one.retry is Retry.TRANSIENT} == set(PASSING)


def test_faults_of_the_way_to_the_relay_are_the_relays() -> None:
    """Nothing that all mail would meet lets one message after the other fail."""
    ours = ("smtp.not-configured", "smtp.sender-refused", "smtp.relay-denied")
    for code, fault in FAULTS.items():
        if code.partition(".")[0] in {"dns", "tcp", "tls", "auth"} or code in ours:
            assert fault.scope is Scope.RELAY


def test_an_error_is_what_stops_mail() -> None:
    """What is put off or only noted is no error."""
    for code in ("smtp.temporary", "smtp.greylisted", "tls.expiring", "clock.skew"):
        assert FAULTS[code].severity is Seriousness.WARNING
    assert FAULTS["tls.chain-changed"].severity is Seriousness.NOTE


def test_facts_stand_in_the_sentences() -> None:
    """What was seen is told, and kept as it was seen."""
    facts = {"host": "mx.example.net", "issuer": "X"}
    told = explain(Finding("tls.untrusted-issuer", facts))
    assert "mx.example.net" in told.cause
    assert "X" in told.cause
    assert told.facts == facts


def test_a_fact_at_the_beginning_keeps_its_letters() -> None:
    """A host name is not written large because a sentence begins with it; a default is."""
    assert explain(Finding("auth.rejected", {"host": "mx.example.net"})).cause.startswith("mx.")
    assert explain(Finding("auth.rejected")).cause.startswith("The relay")


def test_an_empty_fact_counts_as_missing() -> None:
    """No sentence has a hole."""
    assert explain(Finding("auth.rejected", {"host": ""})).cause.startswith("The relay")


def test_a_code_from_elsewhere_counts_as_unknown() -> None:
    """A newer or foreign code is told as unknown rather than failing."""
    assert not is_known("tls.from-the-future")
    assert explain(Finding("tls.from-the-future")).code == "unknown"


def test_a_megabyte_of_reply_is_cut() -> None:
    """A hostile relay cannot fill a page by its reply."""
    told = explain(Finding("smtp.temporary", {"reply": "x" * 1_000_000}))
    assert len(told.cause) < 1_000


def test_facts_are_not_templates() -> None:
    """Braces in a relay's words are shown, not filled in."""
    told = explain(Finding("smtp.temporary", {"reply": "{host} {0.__class__}"}))
    assert "{host} {0.__class__}" in told.cause


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\x1b", "\u202e", "\u2066", "\x7f"])
def test_a_sentence_holds_nothing_invisible(character: str) -> None:
    """Line ends, escapes and direction marks of the other side do not reach a sentence."""
    told = explain(Finding("smtp.temporary", {"reply": f"450 a{character}b"}))
    assert character not in told.cause
    assert told.cause.isprintable()


@pytest.mark.parametrize(("reply", "end"), [("450 no", "no."), ("450 no...", "no.")])
def test_a_sentence_ends_once(reply: str, end: str) -> None:
    """A reply that brings its full stop along does not double ours."""
    assert explain(Finding("smtp.temporary", {"reply": reply})).cause.endswith(end)
    inside = explain(Finding("smtp.temporary", {"reply": "450 a..b no."})).cause
    assert inside.endswith("a..b no.")


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_fault_can_be_told_in_another_language(code: str) -> None:
    """Whole sentences are translated before facts are filled in: none is glued from parts."""
    asked: list[str] = []

    def translate(sentence: str) -> str:
        asked.append(sentence)
        return f"«{sentence}»"

    told = explain(Finding(code, {"host": "mx.example.net"}), translate)
    assert set(asked) <= set(sentences())
    for sentence in (told.title, told.cause, *told.fix):
        assert sentence.startswith("«")
    if "{host}" in FAULTS[code].cause:
        assert "mx.example.net" in told.cause
