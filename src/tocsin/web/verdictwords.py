"""The verdict on a received message, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _noop

from tocsin.engine.verdict import Statement
from tocsin.engine.verify import Verified

SENTENCES = frozenset(
    (
        _noop(
            "It is a rehearsal: a stand-in for Amazon SES took it, and it never left that machine."
        ),
        _noop("Amazon SES in {region} carried it: the signature of amazonses.com holds."),
        _noop("Amazon SES carried it: the signature of amazonses.com holds."),
        _noop("Amazon SES in {region} carried it: the receiving server took it from {host}."),
        _noop("Amazon SES carried it: the receiving server took it from {host}."),
        _noop("Its header says that Amazon SES in {region} carried it; nothing proves that."),
        _noop("Its header says that Amazon SES carried it; nothing proves that."),
        _noop("Nothing says that Amazon SES carried it."),
        _noop("What speaks for Amazon SES names different regions."),
        _noop("It has no DKIM signature: nothing proves who wrote it."),
        _noop("The DKIM signature of {domain} is valid: what it covers was not changed."),
        _noop("The DKIM signature of {domain} is valid, but {reason}."),
        _noop("The DKIM signature of {domain} does not hold: {reason}."),
        _noop("The DKIM signature of {domain} does not count: {reason}."),
        _noop("The DKIM signature of {domain} was not checked: {reason}."),
        _noop("The DKIM signature of {domain} cannot be checked: {reason}."),
        _noop("The ARC chain holds: what {domains} found out was not changed since."),
        _noop("The ARC chain is broken: {reason}."),
        _noop("The ARC chain was not checked: {reason}."),
        _noop("The sender that the reader sees, {domain}, is authenticated (DMARC alignment)."),
        _noop("The sender that the reader sees, {domain}, is not what was authenticated."),
        _noop("Whether the sender that the reader sees is genuine cannot be told."),
        _noop("The receiving server, {server}, says: {results}."),
        _noop("The receiving server says: {results}."),
        _noop("It was {seconds} s under way, over {hops} hops."),
        _noop("The clocks on its way differ: at {by} it arrived {seconds} s too early."),
        _noop("It is delivery {delivery} of this manager."),
        _noop("It names alarm {alarm} of this manager; which delivery it is cannot be told."),
        _noop("It is no delivery of this manager."),
    )
)
"""What `tocsin.engine.verdict` says; a test holds that none is missing."""

_REASONS = frozenset(
    (
        _noop("the body is not the one that was signed"),
        _noop("a header field that it covers is not as it was signed"),
        _noop("its time has run out"),
        _noop("the key is too short to prove anything"),
        _noop("DNS was not asked"),
    )
)


def in_words(one: Statement) -> str:
    """A statement in the language that is active; its facts stay as they are."""
    facts = dict(one.facts)
    if facts.get("reason") in _REASONS:
        facts["reason"] = gettext(facts["reason"])
    return gettext(one.sentence).format(**facts)


def mark_of(found: Verified) -> tuple[str, str]:
    """The class and the word of a verdict."""
    if found.ok is None:
        return "warn", gettext("Not proved")
    return ("good", gettext("Proved")) if found.ok else ("bad", gettext("Broken"))
