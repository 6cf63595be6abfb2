"""What is offered for the findings of a walk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.doctor.errand import Errand
from tocsin.doctor.remedies import remedies
from tocsin.doctor.remedy import RemedyKind
from tocsin.doctor.report import Diagnosed
from tocsin.doctor.seen import Seen
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding, Seriousness
from tocsin.mail.relay import Encryption, RelaySettings

ERRAND = Errand(RelaySettings("smtp", "relay.example.com", 587, Encryption.STARTTLS))


def found(code: str, **facts: str) -> Diagnosed:
    return Diagnosed(Finding(code, facts), "tcp", None, Seriousness.ERROR, {})


def kinds(*codes: str, seen: Seen | None = None) -> list[RemedyKind]:
    made = remedies([found(one) for one in codes], ERRAND, seen or Seen(), 0)
    return [one.kind for one in made]


def test_another_port_is_offered_where_one_was_found_to_work():
    """Without one only a new try is left."""
    assert kinds("tcp.refused") == [RemedyKind.TRY_NOW]
    seen = Seen(ways=[(2587, Encryption.STARTTLS)])
    assert kinds("tcp.refused", seen=seen) == [RemedyKind.CHANGE_MODE, RemedyKind.TRY_NOW]


def test_each_change_is_offered_once():
    """Two findings with one cure give one button."""
    assert kinds("tcp.timeout", "dns.timeout") == [RemedyKind.TRY_NOW]


def test_dhe_is_dropped_only_where_that_was_seen_to_help():
    """A handshake without it came to its end."""
    assert kinds("tls.dh-too-small") == []
    assert kinds("tls.dh-too-small", seen=Seen(works_without_dhe=True)) == [RemedyKind.DROP_DHE]


def test_the_region_is_asked_for_where_nothing_tells_it():
    """The secret that was entered is used; of which region it is, a person says."""
    (one,) = remedies([found("auth.secret-not-smtp-password")], ERRAND, Seen(), 0)
    assert (one.kind, one.asks) == (RemedyKind.DERIVE_PASSWORD, ("region",))
    told = found("auth.secret-not-smtp-password", region="eu-west-1")
    (one,) = remedies([told], ERRAND, Seen(), 0)
    assert (one.facts, one.asks) == ({"region": "eu-west-1"}, ())


@pytest.mark.parametrize(
    ("seen", "known", "rate"), [(None, None, "1"), (None, 5.0, "5"), (14.0, 5.0, "14")]
)
def test_the_rate_is_what_the_account_allows(seen, known, rate):
    """As it was seen on the walk, else before; a new account's where nothing is known."""
    errand = replace(ERRAND, max_send_rate=known)
    (one,) = remedies([found("ses.rate-exceeded")], errand, Seen(max_send_rate=seen), 0)
    assert one.facts == {"max_send_rate": rate}


@pytest.mark.parametrize(
    ("identities", "facts", "asks"),
    [
        ((), {}, ("sender",)),
        (("a@example.org",), {"identities": "a@example.org", "sender": "a@example.org"}, ()),
        (("example.org",), {"identities": "example.org"}, ("sender",)),
        (("a@b.example", "c.example"), {"identities": "a@b.example, c.example"}, ("sender",)),
    ],
)
def test_the_senders_that_the_account_lets_through_are_offered(identities, facts, asks):
    """A single address is proposed; of a domain, or of several, a person says which."""
    seen = Seen(identities=identities)
    (one,) = remedies([found("ses.identity-not-verified")], ERRAND, seen, 0)
    assert (one.facts, one.asks) == (facts, asks)


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_nothing_is_needed_but_the_code(code: str):
    """No finding, however bare, makes it fail; nothing is offered for a wrong password at large."""
    offered = kinds(code)
    assert all(isinstance(one, RemedyKind) for one in offered)
    if code == "auth.rejected":
        assert offered == []
