"""Wrong documents: each is refused, with words that help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import documents
from tocsin.central.notation import parse
from tocsin.central.problem import Invalid

WRONG = sorted((Path(__file__).parent / "wrong").glob("*.yaml"))


def expected(text: str) -> list[str]:
    """The problems that stand in the comments a document begins with."""
    lines = [line for line in text.splitlines() if line.startswith("# ")]
    return [line.removeprefix("# ") for line in lines]


def fits(problem: str, wanted: str) -> bool:
    """Whether the problem is the wanted one; ``…`` stands for anything."""
    return re.fullmatch(re.escape(wanted).replace("…", ".*"), problem, re.DOTALL) is not None


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_document_is_refused(path: Path) -> None:
    """Every problem is told, with where it stands and what is accepted, and nothing else."""
    text = path.read_text(encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        documents.applied(parse(text))
    told = [str(one) for one in refused.value.problems]
    wanted = expected(text)
    assert wanted
    assert len(told) == len(wanted), told
    for problem in wanted:
        assert any(fits(one, problem) for one in told), (problem, told)


def test_there_are_wrong_documents() -> None:
    """The folder of wrong documents is found."""
    assert len(WRONG) > 50


@pytest.mark.parametrize("part", ["smtp", "relays"])
def test_no_problem_tells_a_secret(part: str) -> None:
    """A password that stands in the document by mistake is not repeated to whoever reads."""
    wrong = Path(__file__).parent / "wrong"
    text = (wrong / f"{part}-password-in-the-document.yaml").read_text()
    with pytest.raises(Invalid) as refused:
        documents.applied(parse(text))
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in str(refused.value.problems)
