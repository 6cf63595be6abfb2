"""Receipts in plain words, and in their order."""

from __future__ import annotations

import pytest

from tocsin.ses.feedback import RECEIPT, Receipt, Standing, explain, fold, status_words


def receipt(standing: Standing, at: int = 5, type_: str = "", subtype: str = "") -> Receipt:
    """A receipt with a code."""
    return Receipt(standing, at, type_, subtype, "5.1.1", "550 no such user")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (receipt(Standing.ARRIVED), "took the mail"),
        (receipt(Standing.UNDELIVERABLE, 5, "Permanent", "General"), "mailbox does not exist"),
        (receipt(Standing.UNDELIVERABLE, 5, "Permanent", "Suppressed"), "suppression list"),
        (receipt(Standing.UNDELIVERABLE, 5, "Permanent", "SomethingNew"), "for good"),
        (receipt(Standing.BOUNCED, 5, "Transient", "MailboxFull"), "mailbox is full"),
        (receipt(Standing.BOUNCED, 5, "Undetermined", "Undetermined"), "could not tell why"),
        (receipt(Standing.BOUNCED), "did not send the mail"),
        (receipt(Standing.COMPLAINED, 5, "abuse"), "as junk"),
        (receipt(Standing.COMPLAINED, 5, "", "OnAccountSuppressionList"), "complained before"),
        (receipt(Standing.DELAYED, 5, "SpamDetected"), "junk from this account"),
        (receipt(Standing.DELAYED, 5, "SomethingNew"), "delayed"),
    ],
)
def test_each_is_told_in_a_sentence(one, words):
    """What happened, in words that a person without the RFC understands."""
    told = explain(one)
    assert words in told
    assert told[0].isupper()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("5.1.1", "the mailbox does not exist."),
        ("4.1.1", "the mailbox does not exist."),
        ("5.1.99", "something about the address is wrong."),
        ("5.7.26", "neither SPF nor DKIM passed (DMARC), and the recipient asks for one."),
        ("5.9.9", ""),
        (None, ""),
    ],
)
def test_a_code_is_told_by_subject_and_detail(code, words):
    """RFC 3463: a detail that is not known is told by its subject."""
    assert status_words(code) == words


def test_there_are_the_four_words_of_the_contract():
    """None, arrived, bounced, complained."""
    assert set(RECEIPT) == set(Standing)
    assert set(RECEIPT.values()) == {"none", "arrived", "bounced", "complained"}


def test_a_bounce_after_a_delivery_counts_and_not_the_other_way():
    """Never back from bounced to arrived; a complaint outranks all."""
    arrived, bounced = receipt(Standing.ARRIVED, 9), receipt(Standing.UNDELIVERABLE, 1)
    complained = receipt(Standing.COMPLAINED)
    assert fold(arrived, bounced) is bounced
    assert fold(bounced, arrived) is bounced
    assert fold(fold(complained, bounced), arrived) is complained
    assert fold(None, arrived) is arrived


def test_of_equals_the_first_counts():
    """The time that is shown is that of the first event of its kind."""
    early, late = receipt(Standing.ARRIVED, 1), receipt(Standing.ARRIVED, 2)
    assert fold(early, late) is fold(late, early) is early
