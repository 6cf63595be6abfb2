"""The contexts of the machine's public roots are loaded once, and not where somebody waits."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

import chains
from tocsin.trust import publicroots
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy, RefusedCiphers
from tocsin.trust.publicroots import begin_comparing, begin_loading, without_newest


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publicroots, "_kept", {})


def test_a_comparison_begun_early_is_the_one_that_is_used() -> None:
    """Loaded once for each policy: what was begun is what is given."""
    begin_comparing(DEFAULT_POLICY)
    (begun,) = publicroots._kept.values()
    loading = begin_loading(without_newest(DEFAULT_POLICY))
    assert loading is begun
    context = loading.result(timeout=60)
    assert context.maximum_version == ssl.TLSVersion.TLSv1_2
    assert begin_loading(DEFAULT_POLICY) is not loading


def test_other_roots_are_loaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the machine's roots is seen without a restart."""
    bundle = tmp_path / "roots.pem"
    bundle.write_bytes(chains.make("Some Root", ca=True).pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    first = begin_loading(DEFAULT_POLICY).result(timeout=60)
    assert len(first.get_ca_certs()) == 1
    bundle.write_bytes(b"".join(chains.make(f"Root {number}", ca=True).pem for number in range(3)))
    assert len(begin_loading(DEFAULT_POLICY).result(timeout=60).get_ca_certs()) == 3


async def test_whoever_stops_waiting_stops_nobody_else() -> None:
    """A look that is given up leaves the loading to the next one."""
    loading = begin_loading(DEFAULT_POLICY)
    waiting = asyncio.wrap_future(loading)
    waiting.cancel()
    await asyncio.sleep(0)
    assert not loading.cancelled()
    assert isinstance(await asyncio.wrap_future(begin_loading(DEFAULT_POLICY)), ssl.SSLContext)


def test_a_policy_that_offers_nothing_is_told_to_whoever_asks() -> None:
    """Beginning never fails; taking the result does."""
    nothing = without_newest(CipherPolicy("TLS_AES_128_GCM_SHA256", "1.2", None))
    with pytest.raises(RefusedCiphers):
        begin_loading(nothing).result(timeout=60)


def test_no_more_than_a_few_are_kept() -> None:
    """Many policies one after the other do not fill the memory."""
    for number in range(20):
        ciphers = ":".join(["ECDHE-RSA-AES128-GCM-SHA256"] * (number + 1))
        begin_loading(replace(DEFAULT_POLICY, ciphers=ciphers)).result(timeout=60)
    assert len(publicroots._kept) == publicroots._MOST_KEPT
