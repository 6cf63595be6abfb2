"""Configuration documents for tests, read with the real kinds of sources and actions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import chains
from tocsin.base.clock import now
from tocsin.central.change import merge
from tocsin.central.configuration import EMPTY, Configuration
from tocsin.central.kinds import Kinds, KindSchema
from tocsin.central.reading import Given, load
from tocsin.channels.email.kind import Email
from tocsin.intake.eve.kind import Eve
from tocsin.rules.condition import check_when

KINDS = Kinds(
    sources={"eve": KindSchema(Eve.settings, Eve().check)},
    actions={"email": KindSchema(Email.settings, Email().check)},
    check_when=check_when,
)


@functools.cache
def files() -> Mapping[str, bytes]:
    """The files that a document of a test may name."""
    root = chains.make("Example Root CA 1", ca=True, ends=4000)
    other = chains.make("Example Root CA 2", ca=True, ends=4000)
    return {
        "root.pem": root.pem,
        "root.der": root.der,
        "other.pem": other.pem,
        "two.pem": root.pem + other.pem,
        "soon.pem": chains.make("Example Root CA 3", ca=True, ends=10).pem,
        "expired.pem": chains.make("Old Root CA", ca=True, starts=-9, ends=-1).pem,
        "future.pem": chains.make("New Root CA", ca=True, starts=5, ends=90).pem,
        "server.pem": chains.make("relay.example.com").pem,
        "weak.pem": chains.make("Weak Root CA", ca=True, kind="rsa-1024").pem,
        "key.pem": root.pem + root.key_pem(),
        "page.html": b"<!doctype html><title>Sign in</title>",
        "empty": b"",
        "smtp.pw": b"correct horse\n",
        "windows.pw": b"correct horse\r\n",
        "ses.key": b"correcthorsebatterystaple000000000000000\n",
        "blank.pw": b" correct horse \n",
        "other.pw": b"battery staple",
        "two-lines.pw": b"one\ntwo\n",
        "binary.pw": b"\xff\xfe\x00p",
        "long.pw": b"p" * 5_000,
        "token-too-long.pw": b"p" * 9_000,
    }


def read_file(name: str) -> bytes:
    """The content of one of `files`."""
    try:
        return files()[name]
    except KeyError:
        raise FileNotFoundError(2, "No such file or directory", name) from None


def given(document: Mapping[str, Any], *, actor: str = "tester", at: int | None = None) -> Given:
    """The checked parts of a document."""
    return load(document, read_file, KINDS, actor=actor, at=now() if at is None else at)


def applied(document: Mapping[str, Any], current: Configuration = EMPTY) -> Configuration:
    """The configuration after the document was applied to it."""
    return merge(current, given(document))
