"""What holds for every reply of a relay and every finding."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Finding, Retry
from tocsin.faults.replies import recognise

STAGES = ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "rset", "quit"]
SES = "Email address is not verified. The following identities failed the check in region "

enhanced = st.none() | st.builds(
    "{}.{}.{}".format, st.sampled_from([4, 5]), st.integers(0, 7), st.integers(0, 30)
)
words = st.text(max_size=80) | st.builds(
    (SES + "{}: {}").format, st.sampled_from(["EU-WEST-1", "x", ""]), st.text(max_size=80)
)


@given(
    st.sampled_from(STAGES),
    st.integers(400, 599),
    enhanced,
    words,
    st.none() | st.text(max_size=20),
    st.lists(st.text(max_size=20), max_size=3).map(tuple),
)
@settings(deadline=None)
def test_every_reply_has_a_fault(
    stage: str,
    code: int,
    enhanced: str | None,
    text: str,
    sender: str | None,
    recipients: tuple[str, ...],
) -> None:
    """Whatever a relay says becomes a fault of the catalogue, told in one printable sentence."""
    finding = recognise(stage, code, enhanced, text, sender=sender, recipients=recipients)
    assert finding.code in FAULTS
    assert all(isinstance(value, str) for value in finding.facts.values())
    told = explain(finding)
    assert told.cause.isprintable()
    assert told.cause.endswith(".")


@given(st.sampled_from(STAGES), st.integers(400, 499), st.text(alphabet="abc xyz", max_size=40))
@settings(deadline=None)
def test_an_unknown_4yz_is_never_final(stage: str, code: int, text: str) -> None:
    """A relay that says "later" in unknown words is asked again."""
    assert FAULTS[recognise(stage, code, None, text).code].retry is Retry.TRANSIENT


@given(
    st.sampled_from(sorted(FAULTS)),
    st.dictionaries(
        st.sampled_from(["host", "port", "reply", "issuer", "subject", "names", "recipient"]),
        st.text(max_size=700),
    ),
)
@settings(deadline=None)
def test_any_facts_make_readable_sentences(code: str, facts: dict[str, str]) -> None:
    """No fact breaks a sentence: not by braces, nor by line ends, nor by its length."""
    told = explain(Finding(code, facts))
    for sentence in (told.title, told.cause, *told.fix):
        assert sentence.isprintable()
        assert len(sentence) < 5_000
