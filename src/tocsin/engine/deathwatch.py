"""A process that ends with the one that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def end_with_parent(*, always: bool = False) -> None:
    """Ask the kernel to end this process when its supervisor ends (prctl(2), Linux).

    Only under a supervisor that says so in the environment (a role started from a
    shell may outlive it), unless `always`.
    """
    if not always and "TOCSIN_SUPERVISOR" not in os.environ:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # the supervisor ended before the request was made
        os.kill(os.getpid(), signal.SIGKILL)
