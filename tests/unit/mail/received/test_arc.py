"""ARC chains, sealed with keys made here."""

from __future__ import annotations

import pytest

from dkimkeys import MESSAGE, Domain
from tocsin.mail.received.arc import Chain, ChainResult, check_arc
from tocsin.mail.received.message import read_message
from tocsin.mail.received.record import Answer

FIRST, SECOND = Domain("list.example.org", "arc"), Domain("mx.example.net", "arc")
RESULTS = "list.example.org; dkim=pass header.d=example.com; spf=pass smtp.mailfrom=example.com"
KEYS = {one.record_name: Answer((one.record(),)) for one in (FIRST, SECOND)}
ONE = FIRST.seal(MESSAGE, RESULTS)
TWO = SECOND.seal(ONE, "mx.example.net; arc=pass", cv="pass")


def check(content: bytes) -> Chain:
    """Verified with the keys of both."""
    return check_arc(read_message(content), KEYS)


def test_a_message_without_sets_has_no_chain():
    """Which is no fault."""
    assert check(MESSAGE) == Chain((), ChainResult.NONE)


@pytest.mark.parametrize(("content", "count"), [(ONE, 1), (TWO, 2)])
def test_a_chain_holds(content, count):
    """Every seal, and the newest message signature."""
    found = check(content)
    assert (found.result, found.reason) == (ChainResult.PASS, "")
    assert [one.instance for one in found.sets] == list(range(1, count + 1))
    assert all(one.seal_holds and one.message_holds for one in found.sets)
    assert found.sets[0].results is not None
    assert [one.method for one in found.sets[0].results.results] == ["dkim", "spf"]


def test_a_layout_without_a_blank_is_read_too():
    """Some sealers write no blank after the colon."""
    assert check(FIRST.seal(MESSAGE, RESULTS, gap="")).result is ChainResult.PASS


def test_a_forged_result_breaks_its_seal():
    """What the first one found out cannot be changed after it."""
    found = check(TWO.replace(b"dkim=pass", b"dkim=fail"))
    assert found.result is ChainResult.FAIL
    assert "does not hold" in found.reason


def test_a_changed_message_breaks_the_newest_signature():
    """Older message signatures may break on the way; the newest may not."""
    found = check(TWO.replace(b"sends much", b"sends little"))
    assert found.result is ChainResult.FAIL
    assert found.reason == "the newest message signature does not hold"


def test_a_forwarder_that_changes_the_message_seals_anew():
    """The first message signature does not hold any more, the chain does."""
    changed = ONE.replace(b"Suspect", b"[list] Suspect")
    found = check(SECOND.seal(changed, "mx.example.net; arc=pass", cv="pass"))
    assert found.result is ChainResult.PASS
    assert [one.message_holds for one in found.sets] == [False, True]


def test_a_chain_that_says_it_was_broken():
    """cv=fail of the newest ends it."""
    found = check(SECOND.seal(ONE, "mx.example.net; arc=fail", cv="fail"))
    assert (found.result, found.reason) == (ChainResult.FAIL, "set 2 says that it was broken")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TWO.replace(b"ARC-Seal: i=1", b"X-Seal: i=1"), "set 1 is not whole"),
        (ONE.replace(b"i=1;", b"i=2;"), "not numbered"),
        (FIRST.seal(MESSAGE, RESULTS, cv="pass"), "cv=pass"),
        (SECOND.seal(ONE, "x", cv="none"), "cv=none"),
        (ONE.replace(b"ARC-Seal: i=1;", b"ARC-Seal:"), "no number"),
        (b"ARC-Authentication-Results: i=1; forged\r\n" + ONE, "set 1 is not whole"),
    ],
)
def test_sets_that_do_not_stand_right(content, words):
    """Before any signature is looked at."""
    found = check(content)
    assert found.result is ChainResult.FAIL
    assert words in found.reason


@pytest.mark.parametrize(
    "answer", [Answer(silence="DNS does not answer (no answer within 5 s)"), Answer()]
)
def test_without_a_key_it_is_not_checked(answer):
    """A key that is gone is no sign of tampering, nor is silence."""
    found = check_arc(read_message(TWO), {**KEYS, FIRST.record_name: answer})
    assert found.result is ChainResult.UNCHECKED
    assert found.reason
    assert [one.seal_holds for one in found.sets] == [None, True]


def test_a_broken_seal_beside_a_silent_one_is_broken():
    """What was established stays so."""
    content = TWO.replace(b"arc=pass", b"arc=fail")
    answers = {**KEYS, FIRST.record_name: Answer(silence="silent")}
    assert check_arc(read_message(content), answers).result is ChainResult.FAIL


def test_a_chain_longer_than_any_is_refused():
    """Fifty sets are the most."""
    fields = b"".join(
        b"ARC-Seal: i=%d; cv=none\r\nARC-Message-Signature: i=%d\r\n"
        b"ARC-Authentication-Results: i=%d; x\r\n" % (one, one, one)
        for one in range(1, 61)
    )
    found = check(fields + MESSAGE)
    assert found.result is ChainResult.FAIL
    assert len(found.sets) == 50
