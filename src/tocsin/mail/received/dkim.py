"""DKIM signatures verified anew: proof that needs no server's word."""

from __future__ import annotations

from tocsin.mail.received.checker import Checker, Unreadable
from tocsin.mail.received.key import SHORTEST_RSA, Key, NoKey, find_key
from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.record import NOT_ASKED, Answers, record_name
from tocsin.mail.received.signature import Checked, Outcome, Signature, read_signatures

BODY_DIFFERS = "the body is not the one that was signed"
HEADER_DIFFERS = "a header field that it covers is not as it was signed"
_OUT_OF_TIME = "its time has run out"


class Finder:
    """Keys by selector and domain; `last` is the one that was found last."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.last: Key | None = None

    def __call__(self, selector: str, domain: str) -> Key:
        """The key.

        Raises:
            NoKey: there is none.
        """
        self.last = None
        name = record_name(selector, "_domainkey", domain)
        self.last = find_key(name, self._answers.get(name or "", NOT_ASKED))
        return self.last


def check_dkim(message: ReceivedMessage, answers: Answers) -> tuple[Checked, ...]:
    """Every DKIM signature of the message with its outcome, topmost first."""
    signatures = read_signatures(message)
    if not signatures:
        return ()
    finder = Finder(answers)
    try:
        checker = Checker(message, finder, len(signatures))
    except Unreadable as error:
        return tuple(Checked(one, Outcome.PERMERROR, str(error)) for one in signatures)
    return tuple(_check(checker, finder, number, one) for number, one in enumerate(signatures))


def _check(checker: Checker, finder: Finder, number: int, one: Signature) -> Checked:
    finder.last = None
    if "from" not in one.signed:  # RFC 6376 section 6.1.1
        return Checked(one, Outcome.PERMERROR, "it does not cover From, and so proves nothing")
    try:
        holds = checker.dkim(number)
    except NoKey as error:
        outcome = Outcome.PERMERROR if error.permanent else Outcome.TEMPERROR
        return Checked(one, outcome, str(error))
    except Unreadable as error:
        return _told(one, finder.last, _outcome_of(str(error)), str(error))
    if not holds:
        return _told(one, finder.last, Outcome.FAIL, HEADER_DIFFERS)
    return _held(one, finder.last)


def _outcome_of(reason: str) -> Outcome:
    return {BODY_DIFFERS: Outcome.FAIL, _OUT_OF_TIME: Outcome.POLICY}.get(reason, Outcome.PERMERROR)


def _held(one: Signature, key: Key | None) -> Checked:
    """It holds; what RFC 8301 forbids to take for valid all the same, and what to mind."""
    if key is not None and key.kind == "rsa" and key.bits < SHORTEST_RSA:
        return _told(one, key, Outcome.POLICY, "the key is too short to prove anything")
    identity = one.identity.rpartition("@")[2].lower()
    if key is not None and key.exact and identity not in {"", one.domain}:
        return _told(one, key, Outcome.POLICY, "the key is not for subdomains")
    if one.algorithm.lower() == "rsa-sha1":
        return _told(one, key, Outcome.POLICY, "SHA-1 proves nothing any more")
    reason = ""
    if one.length is not None:
        reason = f"it covers only the first {one.length} octets of the body"
    elif key is not None and key.testing:
        reason = "the domain says that it is only testing"
    return _told(one, key, Outcome.PASS, reason)


def _told(one: Signature, key: Key | None, outcome: Outcome, reason: str) -> Checked:
    if key is None:
        return Checked(one, outcome, reason)
    return Checked(one, outcome, reason, key.bits, key.kind)
