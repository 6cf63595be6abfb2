"""Contexts under this machine's public roots, loaded once and away from whoever waits.

Loading takes ten times as long as all the rest of a look at a relay. It is done in a thread,
in which OpenSSL leaves the interpreter to others, and kept until the roots change.
"""

from __future__ import annotations

import _thread
import ssl
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Lock

from tocsin.trust.context import system_context
from tocsin.trust.policy import CipherPolicy
from tocsin.trust.systemroots import system_places

Key = tuple[CipherPolicy, tuple[tuple[Path, int], ...]]

_MOST_KEPT = 8
_kept: dict[Key, Future[ssl.SSLContext]] = {}
_lock = Lock()


def begin_comparing(policy: CipherPolicy) -> None:
    """Load what a comparison under this policy will need, while the caller does something else."""
    begin_loading(without_newest(policy) if policy.minimum == "1.2" else policy)


def without_newest(policy: CipherPolicy) -> CipherPolicy:
    """The same policy up to TLS 1.2."""
    return replace(policy, maximum="1.2")


def begin_loading(policy: CipherPolicy) -> Future[ssl.SSLContext]:
    """The context of `system_context`, now or soon; asking early saves waiting later.

    Its result raises `RefusedCiphers` where the policy leaves nothing to offer.
    """
    key = policy, system_places()
    with _lock:
        loading = _kept.get(key)
        if loading is None:
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            loading = _kept[key] = Future()
            # Somebody who gives up waiting must not cancel it for all.
            loading.set_running_or_notify_cancel()
            _thread.start_new_thread(_load, (policy, loading))
    return loading


def _load(policy: CipherPolicy, loading: Future[ssl.SSLContext]) -> None:
    try:
        loading.set_result(system_context(policy))
    except Exception as error:  # noqa: BLE001 -- it is told to whoever asks
        loading.set_exception(error)
