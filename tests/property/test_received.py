"""Received messages of any content: nothing they hold makes reading them fail."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dkimkeys import MESSAGE
from tocsin.engine.recordlookup import Unasked
from tocsin.engine.verdict import SENTENCES, state
from tocsin.engine.verifiedjson import verified_json
from tocsin.engine.verify import verify
from tocsin.mail.received.hop import read_hop
from tocsin.mail.received.lexical import tokens
from tocsin.mail.received.results import read_results

NAMES = st.sampled_from(
    ["Received", "Authentication-Results", "DKIM-Signature", "ARC-Seal", "ARC-Message-Signature",
     "ARC-Authentication-Results", "From", "Message-ID", "Return-Path", "Feedback-ID", "Date",
     "X-SES-Outgoing", "Subject"]
)  # fmt: skip
PIECES = st.sampled_from(
    ["from", "by", "with", "id", "for", ";", "(", ")", '"', "\\", "=", "i=1;", "cv=none", "d=x.y",
     "s=z", "a=rsa-sha256", "h=from", "bh=AAAA", "b=AAAA", "dkim=pass", "[192.0.2.1]", "\r\n ",
     "amazonses.com", "<", ">", "@", "=?utf-8?q?", "?=", "\xff", "1", "Tue, 1 Jan 2026 00:00 +0000"]
)  # fmt: skip
VALUES = st.one_of(
    st.lists(PIECES, max_size=20).map(" ".join),
    st.text(max_size=60).map(lambda text: text.replace("\r", "").replace("\n", "")),
)


@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=12))
def test_any_fields_have_a_verdict(fields):
    """Every odd header is read, judged, and told as JSON and in sentences."""
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    found = verify(head.encode("utf-8", "replace") + MESSAGE, Unasked())
    verdict = state(found)
    assert all(one.sentence in SENTENCES and str(one) for one in verdict)
    document = json.loads(json.dumps(verified_json(found, verdict, None)))
    assert document["ok"] is not True  # nothing can be proved without a key


@given(st.text(max_size=300))
def test_structured_values_are_taken_apart_whole(text):
    """Pieces stand in their order and cover no character twice; both readers take them."""
    starts = [one.start for one in tokens(text, ";=/")]
    assert starts == sorted(set(starts))
    read_hop(text)
    read_results(text)


@given(st.binary(max_size=500))
def test_any_octets_after_a_field_are_a_message(content):
    """Binary rubbish has a verdict too."""
    state(verify(b"From: a@example.com\r\n" + content, Unasked()))
