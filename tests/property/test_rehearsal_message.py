"""Any message through header reading, judging and signing."""

from __future__ import annotations

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.secret import Secret
from tocsin.rehearsal.account import Account
from tocsin.rehearsal.field import split_message
from tocsin.rehearsal.identity import Identities
from tocsin.rehearsal.route import Route, Signers
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.rehearsal.signature import Signer
from tocsin.rehearsal.submission import Submission

KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
SIGNERS = Signers(
    Signer("", "one", KEY), Signer("amazonses.com", "two", KEY), Signer("example.net", "arc", KEY)
)
ACCOUNT = Account(RehearsalSettings(sandbox=True), "AKIAEXAMPLE", Secret("secret"))
ROUTE = Route("us-east-1", "AKIAEXAMPLE", Identities(("example.com",)), SIGNERS)
RECORDS = SIGNERS.records(("example.com",))

names = st.sampled_from(["From", "To", "Subject", "Date", "Content-Type", "X-SES-A", "cc", "", " "])
header = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.tuples(names, st.binary(max_size=60)).map(
            lambda pair: pair[0].encode() + b":" + pair[1]
        ),
    ),
    max_size=10,
).map(b"\r\n".join)


@given(header, st.binary(max_size=100))
def test_any_message_is_judged_and_carried(head, body):
    """A refusal is one reply line; what passes keeps its body to the octet."""
    content = head + b"\r\n\r\n" + body
    submission = Submission("a@example.com", ("b@example.net",), content, len(content), "u")
    fields, found = split_message(content)
    refusal = ACCOUNT.judge(submission, fields)
    if refusal is not None:
        assert refusal.endswith(b"\r\n")
        assert refusal.count(b"\n") == 1
        assert len(refusal) <= 512
    carried = ROUTE.carry(submission, fields, found, "id", 1_780_000_000_000_000)
    assert carried.startswith(b"X-Rehearsal: ")
    assert carried.endswith(b"\r\n\r\n" + found)


text = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Z"]), max_size=60)


@given(
    st.lists(text, max_size=4),
    st.lists(st.binary(max_size=50), max_size=6),
    st.integers(0, 4),
)
def test_signatures_hold_for_any_body_and_folding(folds, lines, ending):
    """An independent verifier agrees with the canonicalisation."""
    subject = "\r\n ".join(one.strip() or "x" for one in folds) or "x"
    body = b"\r\n".join(one.replace(b"\r", b"").replace(b"\n", b"") for one in lines)
    content = f"From: a@example.com\r\nSubject:{subject}\r\n\r\n".encode() + body + b"\r\n" * ending
    submission = Submission("a@example.com", ("b@example.net",), content, len(content), "u")
    fields, found = split_message(content)
    carried = ROUTE.carry(submission, fields, found, "id", 1_780_000_000_000_000)

    def look_up(name, timeout=5):
        return RECORDS[name.decode()].encode()

    for index in (0, 1):
        assert dkim.DKIM(carried).verify(idx=index, dnsfunc=look_up)
    assert dkim.arc_verify(carried, dnsfunc=look_up)[0] == dkim.CV_Pass
