"""Secrets at rest: sealed, bound to their place, opened by their key alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tocsin.base.secret import Secret
from tocsin.store.keys import HomeKey, Sealed, UnusableKey, WrongKey, load_key

PLACE = {"table": "stored_secret", "field": "smtp.password", "row": "1"}


def test_a_secret_comes_back_from_its_place() -> None:
    """What was sealed opens under the same key at the same place."""
    key = HomeKey(b"k" * 32)
    assert key.open(key.seal(Secret("hush"), **PLACE), **PLACE) == Secret("hush")


@pytest.mark.parametrize("moved", [{"row": "2"}, {"field": "other"}, {"table": "token"}])
def test_a_ciphertext_opens_nowhere_else(moved: dict[str, str]) -> None:
    """Copied to another row, field or table, a ciphertext is refused."""
    key = HomeKey(b"k" * 32)
    sealed = key.seal(Secret("hush"), **PLACE)
    with pytest.raises(WrongKey):
        key.open(sealed, **{**PLACE, **moved})


def test_another_key_is_told_by_its_id() -> None:
    """A foreign ciphertext says which key it needs and which one there is."""
    sealed = HomeKey(b"a" * 32).seal(Secret("hush"), **PLACE)
    with pytest.raises(WrongKey) as caught:
        HomeKey(b"b" * 32).open(sealed, **PLACE)
    assert caught.value.wanted == sealed.key_id
    assert caught.value.have != sealed.key_id


def test_a_changed_ciphertext_is_refused() -> None:
    """A flipped bit is noticed."""
    key = HomeKey(b"k" * 32)
    sealed = key.seal(Secret("hush"), **PLACE)
    changed = bytearray(sealed.ciphertext)
    changed[-1] ^= 1
    with pytest.raises(WrongKey):
        key.open(Sealed(sealed.key_id, bytes(changed)), **PLACE)


def test_first_uses_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Roles that start together all use the key that one of them made."""
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: load_key(path).id, range(32)))
    assert len(ids) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A key file with loose permissions is not used."""
    path = tmp_path / "secret.key"
    load_key(path)
    path.chmod(0o644)
    with pytest.raises(UnusableKey, match="0600"):
        load_key(path)


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ="])
def test_a_broken_key_file_is_said(tmp_path: Path, content: str) -> None:
    """What is no key is refused instead of used."""
    path = tmp_path / "secret.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(UnusableKey):
        load_key(path)


def test_derived_keys_differ_by_purpose() -> None:
    """The web framework's key is not the one that secrets are sealed under."""
    key = HomeKey(b"k" * 32)
    assert key.derive("web framework") != key.derive("secrets at rest")
