"""Ordering chains by their signatures."""

from __future__ import annotations

import itertools

import pytest

import chains
from tocsin.trust.path import arrange, find_path, is_issued_by

LADDER = chains.ladder()
FOUR = [one.parsed for one in LADDER.presented]
LEAF, INTERMEDIATE, ROOT_CROSSED, SECOND_CROSSED = FOUR


def test_a_signature_decides_not_the_name() -> None:
    """An issuer of the right name with another key did not issue it."""
    stranger = chains.make("Example RSA 2048 M02", organization="Example Trust", ca=True).parsed
    assert is_issued_by(LEAF, INTERMEDIATE)
    assert stranger.subject_id == INTERMEDIATE.subject_id
    assert not is_issued_by(LEAF, stranger)


@pytest.mark.parametrize("rest", list(itertools.permutations(FOUR[1:])))
def test_any_order_gives_the_same_way(rest: tuple[object, ...]) -> None:
    """Misordered chains are put in order."""
    path = find_path([LEAF, *rest], ())  # type: ignore[list-item]
    assert path is not None
    assert list(path.certificates) == FOUR
    assert path.anchor is None


def test_an_anchor_ends_the_way_as_early_as_openssl_would() -> None:
    """Trusted issuers come before presented ones; a presented anchor counts as one."""
    for anchor, length in (
        (LEAF, 1),
        (INTERMEDIATE, 1),
        (LADDER.root.parsed, 2),
        (ROOT_CROSSED, 2),
        (LADDER.second.parsed, 3),
        (LADDER.oldest.parsed, 4),
    ):
        path = find_path(FOUR, [anchor])
        assert path is not None
        assert path.anchor == anchor
        assert len(path.certificates) == length


def test_a_blind_alley_does_not_end_the_search() -> None:
    """With two issuers of one name and key, the one that leads to an anchor is found."""
    other = chains.make("Elsewhere Root", ca=True)
    aside = chains.make(
        "Example Root CA 1",
        organization="Example Trust",
        ca=True,
        issuer=other,
        key=LADDER.root.key,
    ).parsed
    path = find_path([LEAF, INTERMEDIATE, aside, ROOT_CROSSED], [LADDER.second.parsed])
    assert path is not None
    assert path.anchor == LADDER.second.parsed
    assert ROOT_CROSSED in path.certificates


def test_a_circle_of_issuers_comes_to_an_end() -> None:
    """Two authorities that signed each other do not make the search go round."""
    one = chains.make("One", ca=True)
    two = chains.make("Two", ca=True)
    one_by_two = chains.make("One", ca=True, issuer=two, key=one.key).parsed
    two_by_one = chains.make("Two", ca=True, issuer=one, key=two.key).parsed
    path = find_path([one_by_two, two_by_one] * 20, ())
    assert path is not None
    assert len(path.certificates) == 2


@pytest.mark.parametrize("count", [14, 40])
def test_many_twins_do_not_make_the_search_explode(count: int) -> None:
    """Hostile certificates that all issue each other are given up after a bounded search."""
    key = chains.key_of("ec", -1)
    one = chains.make("One", ca=True, key=key)
    two = chains.make("Two", ca=True, key=key)
    ones = [chains.make("One", ca=True, issuer=two, key=key).parsed for _ in range(count)]
    twos = [chains.make("Two", ca=True, issuer=one, key=key).parsed for _ in range(count)]
    path = find_path([*ones, *twos], ())
    assert path is not None
    assert path.anchor is None
    assert len(path.certificates) > 2


def test_oddities_are_seen() -> None:
    """Order, doubles, strangers and cross-signed twins of a presented chain are reported."""
    stranger = chains.make("Stranger", ca=True).parsed
    odd = arrange([LEAF, ROOT_CROSSED, INTERMEDIATE, stranger, ROOT_CROSSED], [LADDER.root.parsed])
    assert odd is not None
    assert odd.out_of_order
    assert odd.doubled == (ROOT_CROSSED,)
    assert odd.unused == (stranger,)
    assert odd.twins == ((ROOT_CROSSED, LADDER.root.parsed),)


def test_a_tidy_chain_has_no_oddities() -> None:
    """The chain of the usual shape has nothing to remark on."""
    odd = arrange(FOUR, ())
    assert odd is not None
    assert (odd.out_of_order, odd.doubled, odd.unused, odd.twins) == (False, (), (), ())
    assert arrange([], ()) is None
