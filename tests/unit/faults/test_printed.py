"""What programs print: each entry is told by its own words, and the catalogue holds them all."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

import pytest

from tocsin.cli.main import COMMANDS
from tocsin.doctor.remedy import RemedyKind
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.document import markdown
from tocsin.faults.doubt import DOUBTS
from tocsin.faults.fault import Printed
from tocsin.faults.offer import OFFERS
from tocsin.faults.printed import PRINTED
from tocsin.faults.recogniser import PATH, TYPED, finder, from_text
from tocsin.faults.reference import REFERENCES
from tocsin.faults.text.given import prepare
from tocsin.faults.text.recognise import recognise_text
from tocsin.faults.text.template import find, template

TESTS = Path(__file__).parents[2]
ON_THE_PATH = sorted(code for code in FAULTS if code.partition(".")[0] in PATH)
PROGRAMS = """
Java|Java Mail|Python|Go|Alertmanager|OpenSSL|GnuTLS|Postfix|Exim|sendmail|msmtp|swaks|curl|.NET
|PHP|Node.js|Ruby|Amazon SES|Tocsin
""".replace("\n", "").split("|")


def name(one: Printed) -> str:
    """How an entry is called in a report."""
    return f"{one.program} {one.code} {one.example[:30]}"


@pytest.mark.parametrize("one", PRINTED, ids=name)
def test_an_example_is_recognised_as_its_own_code(one: Printed) -> None:
    """Whoever gives exactly what a program prints hears the fault under which it stands."""
    recognised = recognise_text(one.example)
    assert recognised.known
    assert [finding.code for finding in recognised.findings] == [one.code]


@pytest.mark.parametrize("one", [one for one in PRINTED if one.words], ids=name)
def test_an_example_holds_its_words(one: Printed) -> None:
    """The words of an entry are found in its own example, so they are what is printed."""
    assert find(template(one.words), prepare(one.example)) is not None


@pytest.mark.parametrize("one", [one for one in PRINTED if one.also], ids=name)
def test_what_else_it_may_be_is_in_the_catalogue(one: Printed) -> None:
    """The other faults of the same words are known ones, and not the entry's own."""
    assert set(one.also) - set(FAULTS) == set()
    if not one.vague:
        assert one.code not in one.also


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_has_its_words(program: str) -> None:
    """Each program that people send mail with is there."""
    assert sum(one.program == program for one in PRINTED) >= 3


def test_every_entry_stands_under_its_fault() -> None:
    """The catalogue joins what each program prints; nothing is lost on the way."""
    joined = [one for fault in FAULTS.values() for one in fault.printed]
    assert sorted(map(repr, joined)) == sorted(map(repr, PRINTED))


@pytest.mark.parametrize("code", ON_THE_PATH)
def test_every_fault_of_the_path_has_a_recogniser(code: str) -> None:
    """From text, or in the package that says so in its source."""
    if from_text(code):
        assert code not in TYPED
        return
    package = finder(code)
    assert package is not None, f"nothing recognises {code}"
    folder = Path(str(importlib.import_module(package).__file__)).parent
    assert any(f'"{code}"' in path.read_text() for path in folder.rglob("*.py")), package


@pytest.mark.parametrize("code", ON_THE_PATH)
def test_every_fault_of_the_path_has_a_test(code: str) -> None:
    """Its text is recognised above, or some test names it beside the list of codes."""
    if from_text(code):
        return
    own = {"test_catalogue.py", Path(__file__).name}
    assert any(code in path.read_text() for path in TESTS.rglob("*.py") if path.name not in own), (
        f"no test names {code}"
    )


@pytest.mark.parametrize("code", ON_THE_PATH)
def test_every_fault_of_the_path_has_a_page_with_references(code: str) -> None:
    """Its page says where the fault is written down, and what programs print for it."""
    page = markdown()[f"{code}.md"]
    fault = FAULTS[code]
    if code.partition(".")[0] != "sender":  # those name their RFC in their cause
        assert fault.references
    for one in fault.references:
        assert f"- {one}" in page.replace("&lt;", "<")
    for printed in fault.printed:
        assert f"{printed.program}:" in page
        assert printed.example.strip().splitlines()[0].rstrip() in page
    for offer in fault.remedy:
        assert f"`{offer.kind}`" in page


def test_what_stands_apart_names_known_codes() -> None:
    """References, offers and doubts are of faults that there are."""
    for table in (REFERENCES, OFFERS, DOUBTS):
        assert set(table) - set(FAULTS) == set()


def test_offers_are_remedies_of_the_doctor() -> None:
    """Each kind is one that the doctor can carry out, and its command is one that there is."""
    kinds = {kind.value for kind in RemedyKind}
    for offers in OFFERS.values():
        for offer in offers:
            assert offer.kind in kinds
            if offer.place.startswith("tocsin "):
                assert offer.place.split()[1] in COMMANDS
    assert {offer.kind for offers in OFFERS.values() for offer in offers} == kinds


@cache
def doubted() -> set[str]:
    """The codes of examples that may stand for others too."""
    findings = [one for entry in PRINTED for one in recognise_text(entry.example).findings]
    return {one.code for one in findings if one.facts.get("also")}


@pytest.mark.parametrize("code", sorted(DOUBTS))
def test_a_doubt_is_met(code: str) -> None:
    """Each sentence for what cannot be told apart is said of some program's words."""
    assert code in doubted()
