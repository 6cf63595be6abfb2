"""What holds for every text that somebody may want explained."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Printed
from tocsin.faults.printed import PRINTED
from tocsin.faults.text.given import prepare
from tocsin.faults.text.recognise import recognise_text
from tocsin.faults.text.template import find, template
from tocsin.faults.text.told import document

CORPUS = Path(__file__).parents[1] / "unit" / "faults" / "corpus_published.jsonl"
ROWS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
LINES = [row["line"] for row in ROWS] + [one.example for one in PRINTED]
WORDED = [one for one in PRINTED if one.words]

pieces = st.sampled_from(LINES) | st.text(max_size=60)
# Words that occur in no program's line, and nothing that could be a reply or an address.
filler = st.lists(st.text(alphabet="aeiouäß你", min_size=1, max_size=8), max_size=12).map(" ".join)


@given(st.lists(pieces, max_size=4).map("\n".join))
@settings(deadline=None, max_examples=150)
def test_every_text_has_an_answer(text: str) -> None:
    """Codes of the catalogue, facts as texts, sentences in print; unknown alone or not at all."""
    recognised = recognise_text(text)
    codes = [one.code for one in recognised.findings]
    assert codes
    assert set(codes) <= set(FAULTS)
    assert recognised.known == (codes != ["unknown"])
    assert not recognised.known or "unknown" not in codes
    for finding in recognised.findings:
        told = explain(finding)
        assert told.cause.isprintable()
        assert finding.code not in finding.facts.get("also", "").split(", ")
        assert all(finding.facts.values())
    json.dumps(document(recognised))


@given(st.sampled_from(ROWS), filler, filler)
@settings(deadline=None, max_examples=150)
def test_lines_around_it_do_not_change_what_a_line_says(
    row: dict[str, str], before: str, after: str
) -> None:
    """What is known is known between other lines too, and nothing is read into those."""
    recognised = recognise_text(f"{before}\n{row['line']}\n{after}")
    assert [one.code for one in recognised.findings] == [row["code"]]


@given(filler, filler)
@settings(deadline=None)
def test_nothing_is_read_into_a_text_of_other_words(one: str, other: str) -> None:
    """No diagnosis without words for it."""
    assert not recognise_text(f"{one}\n{other}").known


@given(st.sampled_from(WORDED), st.text(alphabet="abcXYZ 019", max_size=40), st.data())
@settings(deadline=None, max_examples=150)
def test_words_are_found_whatever_stands_in_the_gaps(
    one: Printed, before: str, data: st.DataObject
) -> None:
    """A hole without a name takes anything up to its width; letters' size does not matter."""
    gap = data.draw(st.text(alphabet="xyz []()", max_size=100))
    example = prepare(one.example)
    assert find(template(one.words), example) is not None
    parts = one.words.split("{}")
    if len(parts) > 1 and "{" not in "".join(parts):
        text = prepare(f"{before} {f'x{gap}x'.join(parts)}".upper())
        assert find(template(one.words), text) is not None


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
@settings(deadline=None)
def test_places_are_the_same_in_small_letters(text: str) -> None:
    """Also where a letter has two small ones: a fact is cut out where it stands."""
    prepared = prepare(text)
    assert len(prepared.text) == len(prepared.low)
    assert prepared.text.endswith("\n")
