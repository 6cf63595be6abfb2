"""DKIM signatures verified anew, with keys made here."""

from __future__ import annotations

import subprocess

import dkim
import pytest

from dkimkeys import MESSAGE, Domain, Modern
from tocsin.mail.received.dkim import check_dkim
from tocsin.mail.received.message import read_message
from tocsin.mail.received.record import Answer
from tocsin.mail.received.signature import Checked, Outcome, read_signatures

OWN = Domain("example.com")
SIGNED = OWN.sign()


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """What OpenSSL's program answers."""
    done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True)
    return done.stdout


def check(content: bytes, **records: Answer) -> tuple[Checked, ...]:
    """Verified with the key of `OWN`, or with other answers under its name."""
    answers = {OWN.record_name: Answer((OWN.record(),)), **records}
    return check_dkim(read_message(content), answers)


def test_a_signature_holds():
    """With the size of its key and what it covers."""
    (found,) = check(SIGNED)
    assert (found.outcome, found.reason) == (Outcome.PASS, "")
    assert (found.key_kind, found.key_bits) == ("rsa", 1024)
    assert found.signature.domain == "example.com"
    assert found.signature.record == OWN.record_name
    assert {"from", "subject", "date"} <= set(found.signature.signed)
    assert found.holds


def test_line_ends_of_another_system_do_no_harm():
    """Mail programs save with those of their machine."""
    (found,) = check(SIGNED.replace(b"\r\n", b"\n"))
    assert found.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Suspect", b"Harmless", "a header field"),
        (b"sends much", b"sends little", "the body"),
        (b"alarm@example.com", b"other@example.com", "a header field"),
        (b"It sends much.\r\n", b"", "the body"),
    ],
)
def test_what_was_changed_is_told(old, new, reason):
    """The body and the header fail apart."""
    (found,) = check(SIGNED.replace(old, new))
    assert found.outcome is Outcome.FAIL
    assert found.reason.startswith(reason)
    assert not found.holds


def test_a_second_from_breaks_it():
    """A reader may be shown either."""
    (found,) = check(b"From: somebody@example.org\r\n" + SIGNED)
    assert found.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (Answer(), Outcome.PERMERROR, "there is no key under tocsin._domainkey.example.com"),
        (Answer(("v=spf1 -all",)), Outcome.PERMERROR, "no key"),
        (Answer((OWN.record(p=""),)), Outcome.PERMERROR, "revoked"),
        (Answer((OWN.record(p="!!!"),)), Outcome.PERMERROR, "cannot be read"),
        (Answer((OWN.record(p="AAAA"),)), Outcome.PERMERROR, "cannot be read"),
        (Answer((OWN.record(k="dsa"),)), Outcome.PERMERROR, "unknown kind"),
        (Answer((OWN.record(k="ed25519"),)), Outcome.PERMERROR, "cannot be read"),
        (Answer((OWN.record(v="DKIM9"),)), Outcome.PERMERROR, "no key"),
        (Answer((OWN.record(s="tlsrpt"),)), Outcome.PERMERROR, "not for mail"),
        (Answer((OWN.record(s="email"),)), Outcome.PASS, ""),
        (Answer((OWN.record(h="sha1"),)), Outcome.PERMERROR, "other digests"),
        (Answer((OWN.record(h="sha1:sha256"),)), Outcome.PASS, ""),
        (Answer((Domain("example.org").record(),)), Outcome.FAIL, "a header field"),
        (Answer(("junk", OWN.record())), Outcome.PASS, ""),
        (Answer((OWN.record(t="y:s"),)), Outcome.PASS, "testing"),
        (Answer(silence="DNS does not answer (no answer within 5 s)"), Outcome.TEMPERROR,
         "not checked: DNS does not answer"),
    ],
)  # fmt: skip
def test_what_dns_says_of_the_key(answer, outcome, words):
    """No key is one thing, silence another, and a wrong key is no proof."""
    (found,) = check(SIGNED, **{OWN.record_name: answer})
    assert found.outcome is outcome
    assert words in found.reason


def test_a_name_that_was_not_asked_is_not_checked():
    """Nothing is taken for missing that nobody looked for."""
    (found,) = check_dkim(read_message(SIGNED), {})
    assert found.outcome is Outcome.TEMPERROR


def test_ed25519():
    """The other algorithm that is in use; it too fails when something is changed."""
    modern = Modern("example.com")
    answers = {modern.record_name: Answer((modern.record(),))}
    (found,) = check(modern.sign(), **answers)
    assert (found.outcome, found.key_kind, found.key_bits) == (Outcome.PASS, "ed25519", 256)
    (changed,) = check(modern.sign().replace(b"Suspect", b"Harmless"), **answers)
    assert changed.outcome is Outcome.FAIL
    (mixed,) = check(modern.sign(), **{modern.record_name: Answer((OWN.record(),))})
    assert mixed.outcome is Outcome.PERMERROR


def test_two_signatures_are_told_apart():
    """One of the sender's domain, one of whoever carried it; each by its own key."""
    other = Domain("amazonses.com", "ses")
    content = other.sign(SIGNED)
    found = check(content, **{other.record_name: Answer((other.record(),))})
    assert [(one.signature.domain, one.outcome) for one in found] == [
        ("amazonses.com", Outcome.PASS),
        ("example.com", Outcome.PASS),
    ]
    broken = check(content.replace(b"sends much", b"sends little"))
    assert [one.outcome for one in broken] == [Outcome.TEMPERROR, Outcome.FAIL]


def test_a_signature_that_leaves_from_out_proves_nothing():
    """It holds, and anybody could be put into From (RFC 6376 section 6.1.1)."""
    covers = "subject"
    content = OWN.sign_only(covers)
    assert f"h={covers};".encode() in content
    (found,) = check(content)
    assert found.outcome is Outcome.PERMERROR
    assert "does not cover From" in found.reason


def test_a_key_that_is_not_for_subdomains():
    """Its flag t=s wants the identity to be of the domain itself."""
    strict = {OWN.record_name: Answer((OWN.record(t="s"),))}
    (own,) = check(OWN.sign(identity=b"@example.com"), **strict)
    assert own.outcome is Outcome.PASS
    (below,) = check(OWN.sign(identity=b"a@mail.example.com"), **strict)
    assert below.outcome is Outcome.POLICY
    (free,) = check(OWN.sign(identity=b"a@mail.example.com"))
    assert free.outcome is Outcome.PASS


def test_a_short_key_does_not_count():
    """It holds, and proves nothing (RFC 8301)."""
    # Neither library makes such a key any more.
    pem = openssl("genrsa", "-traditional", "768")
    public = b"".join(openssl("rsa", "-pubout", given=pem).splitlines()[1:-1]).decode()
    content = dkim.sign(MESSAGE, b"short", b"example.com", pem) + MESSAGE
    answer = Answer((f"v=DKIM1; p={public}",))
    (found,) = check(content, **{"short._domainkey.example.com": answer})
    assert (found.outcome, found.key_bits) == (Outcome.POLICY, 768)


def test_sha1_does_not_count():
    """The same for the old digest."""
    (found,) = check(OWN.sign(signature_algorithm=b"rsa-sha1"))
    assert found.outcome is Outcome.POLICY


def test_a_body_that_is_covered_in_part_is_said():
    """What was put below is not proved by a signature that leaves it out."""
    content = OWN.sign(length=True) + b"Click here.\r\n"
    (found,) = check(content)
    assert found.outcome is Outcome.PASS
    assert found.reason == f"it covers only the first {found.signature.length} octets of the body"


def test_one_that_ran_out_does_not_count():
    """Its own x= says until when."""
    content = SIGNED.replace(b"q=dns/txt;", b"q=dns/txt; x=1000000000;", 1)
    content = content.replace(b"; t=", b"; y=", 1)
    (found,) = check(content)
    assert found.outcome is Outcome.POLICY
    assert found.signature.expires_at == 1_000_000_000_000_000


@pytest.mark.parametrize(
    "field",
    [
        b"",
        b"v=1",
        b"v=2; a=rsa-sha256; d=example.com; s=tocsin; h=from; bh=; b=",
        b"nonsense",
        b"v=1; a=rsa-sha256; d=example.com; s=tocsin; h=from; bh=AAAA; b=#####",
        b"v=1; a=rsa-md5; d=example.com; s=tocsin; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; c=odd/odd; d=example.com; s=tocsin; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=\xff; s=\xff; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=..; s=" + b"x" * 300 + b"; h=from; bh=AAAA; b=AAAA",
        b"v=1; v=1; d=a; d=b",
        b"v=1; a=rsa-sha256; d=example.com; s=tocsin; h=to; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=example.com; s=tocsin; h=from; l=99x; bh=AAAA; b=AAAA",
    ],
)
def test_malformed_signatures_never_hold(field):
    """Whatever stands there, the answer is that it proves nothing."""
    (found,) = check(b"DKIM-Signature: " + field + b"\r\n" + MESSAGE)
    assert found.outcome in {Outcome.PERMERROR, Outcome.FAIL, Outcome.TEMPERROR}


def test_a_line_that_is_no_field_makes_it_unverifiable():
    """The header cannot be read as others would read it."""
    (found,) = check(SIGNED.replace(b"To: op", b"no field\r\nTo: op"))
    assert found.outcome in {Outcome.PERMERROR, Outcome.FAIL}


def test_hostile_blanks_take_no_time():
    """Runs of blanks that a careless expression looks at again and again are refused."""
    blanks = b"a" + b" " * 300_000 + b"b\r\n"
    (found,) = check(SIGNED + blanks)
    assert found.outcome is Outcome.PERMERROR
    field = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=tocsin; h=from; bh=AAAA; b"
    (folded,) = check(field + b"\r\n " * 1500 + b"=AAAA\r\n" + MESSAGE)
    assert folded.outcome is Outcome.PERMERROR
    many = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=tocsin; bh=AAAA; b=AAAA; h="
    (names,) = check(many + b":".join([b"from"] * 1000) + b"\r\n" + MESSAGE)
    assert names.outcome in {Outcome.PERMERROR, Outcome.FAIL}


def test_no_more_signatures_are_looked_at_than_a_mail_has():
    """A thousand are a stranger's attempt to keep us busy."""
    found = read_signatures(read_message(b"DKIM-Signature: v=1; d=x.example\r\n" * 1000 + MESSAGE))
    assert len(found) == 20


def test_many_signatures_over_a_large_body_are_refused():
    """Each would hash it again."""
    content = b"DKIM-Signature: v=1; d=x.example\r\n" * 20 + MESSAGE + b"x" * (14 << 20)
    assert {one.outcome for one in check(content)} == {Outcome.PERMERROR}
