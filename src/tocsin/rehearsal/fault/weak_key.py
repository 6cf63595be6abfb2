"""A certificate whose key was long enough twenty years ago."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from tocsin.rehearsal.chain import Chain, Issued, issue_leaf, make_key, names_of
from tocsin.rehearsal.fault.base import Fault
from tocsin.trust.context import misbehaving_server_context

_BITS = 1024


class WeakKey(Fault):
    """A certificate whose key was long enough twenty years ago."""

    name = "weak-key"
    summary = "presents a certificate with an RSA key of 1024 bits"
    code = "tls.weak-key"

    def present(self, chain: Chain, presented: Sequence[Issued]) -> Sequence[Issued]:
        """The same leaf over a short key."""
        names = names_of(presented[0])
        return (issue_leaf(names, chain.intermediate, key=make_key(_BITS)), *presented[1:])

    def secure(self, certificates: Path, key: Path) -> ssl.SSLContext | None:
        """At an honest security level such a key does not load."""
        return misbehaving_server_context(certificates, key, ciphers="DEFAULT:@SECLEVEL=0")
