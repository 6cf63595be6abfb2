"""What a Java client would say, by the answers that real ones gave."""

from __future__ import annotations

import pytest

import chains
import pkixcases
from tocsin.base.clock import now
from tocsin.trust.javaview import JavaView, java_view


def view(case: pkixcases.Case) -> JavaView:
    """Our view of a case."""
    found = java_view(
        [one.parsed for one in case.chain],
        [one.anchor() for one in case.anchors],
        case.host,
        now(),
    )
    assert found is not None
    return found


@pytest.mark.parametrize("name", pkixcases.cases())
def test_the_view_is_javas_own_answer(name: str) -> None:
    """Accepted or not, and in the same words."""
    case = pkixcases.cases()[name]
    found = view(case)
    assert found.accepted == (not case.answer), found
    assert case.answer in found.message
    assert (found.message == "") == found.accepted
    assert found.reason


def test_the_reason_says_where_java_differs() -> None:
    """An intermediate as anchor, and an anchor out of time, are said in words."""
    cases = pkixcases.cases()
    assert "an intermediate is an anchor too" in view(cases["the four collected"]).reason or (
        "own certificate" in view(cases["the four collected"]).reason
    )
    assert "an intermediate is an anchor too" in view(cases["cross-signed root"]).reason
    assert "does not look at the dates" in view(cases["expired root"]).reason


def test_no_chain_has_no_view() -> None:
    """Nothing presented, nothing said."""
    assert java_view([], [chains.make(ca=True).anchor()], chains.HOST, now()) is None


def test_many_stars_in_a_name_take_no_time() -> None:
    """A hostile pattern is matched without going back and forth."""
    leaf = chains.make("x", names=["*a" * 30 + "b.example.com"], issuer=pkixcases.LADDER.root)
    host = "a" * 60 + ".example.com"
    found = java_view([leaf.parsed], [pkixcases.LADDER.root.anchor()], host, now())
    assert found is not None
    assert not found.accepted
