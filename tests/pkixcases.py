"""Chains that a Java client is asked about, and what it answers.

The answers are those of OpenJDK 17 and 25; where a Java is at hand a test asks it again.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

import chains
from chains import CLIENT, HOST, Made, make

NO_PATH = "unable to find valid certification path to requested target"
OUT_OF_TIME = "validity check failed"


@dataclass(frozen=True)
class Case:
    """A chain, what is trusted, and a piece of Java's answer; empty when it accepts."""

    chain: Sequence[Made]
    anchors: Sequence[Made]
    answer: str = ""
    host: str = HOST


@functools.cache
def cases() -> dict[str, Case]:
    """Every case by its name; made once."""
    return {**_anchors(), **_orders(), **_times(), **_issuers(), **_names(), **_algorithms()}


LADDER = chains.ladder()


def _anchors() -> dict[str, Case]:
    sent, selfsigned = LADDER.presented, make(HOST)
    stranger = make("Example Stranger", ca=True)
    namesake = make("Example Root CA 1", organization="Example Trust", ca=True)
    client = make(HOST, purposes=[CLIENT], issuer=LADDER.root)
    return {
        "root": Case(sent, [LADDER.root]),
        "the four collected": Case(sent, sent),
        "cross-signed root": Case(sent, [LADDER.root_crossed]),
        "intermediate": Case(sent, [LADDER.intermediate]),
        "pinned leaf": Case(sent, [LADDER.leaf]),
        "nothing": Case(sent, [], "the trustAnchors parameter must be non-empty"),
        "stranger": Case(sent, [stranger], NO_PATH),
        "re-keyed": Case(sent[:2], [namesake], "Path does not chain with any of the trust anchors"),
        "self-signed": Case([selfsigned], [LADDER.root], NO_PATH),
        "self-signed and trusted": Case([selfsigned], [selfsigned]),
        "pinned for clients": Case([client], [client]),
        "for clients": Case([client], [LADDER.root], "Extended key usage does not permit"),
        "no purpose": Case([make(HOST, purposes=(), issuer=LADDER.root)], [LADDER.root]),
        "unknown root sent": Case([*sent[:2], LADDER.root], [stranger], NO_PATH),
        "root sent": Case([*sent[:2], LADDER.root], [LADDER.root]),
    }


def _orders() -> dict[str, Case]:
    sent, extra = LADDER.presented, make("Example Extra", issuer=LADDER.root)
    return {
        "missing intermediate": Case([LADDER.leaf], [LADDER.root], NO_PATH),
        "wrong order": Case([sent[0], *reversed(sent[1:])], [LADDER.oldest]),
        "wrong order, shorter": Case([sent[0], *reversed(sent[1:])], [LADDER.root]),
        "extra": Case([sent[0], extra, *sent[1:]], [LADDER.root]),
        "doubled": Case([sent[0], sent[0], *sent[1:]], [LADDER.root]),
    }


def _times() -> dict[str, Case]:
    old_root = make("Old Root CA", ca=True, starts=-90, ends=-1)
    new_root = make("New Root CA", ca=True, starts=5, ends=90)
    old_middle = make("Old Intermediate", ca=True, issuer=LADDER.root, starts=-90, ends=-1)
    old_leaf = make(HOST, starts=-9, ends=-1, issuer=LADDER.root)
    crossed = make(
        "Example Root CA 1",
        organization="Example Trust",
        ca=True,
        issuer=LADDER.second,
        key=LADDER.root.key,
        starts=-90,
        ends=-1,
    )
    sent = [*LADDER.presented[:2], crossed]
    below_old = [make(HOST, issuer=old_middle), old_middle]
    extra = make("Example Extra", issuer=LADDER.root)
    return {
        "expired leaf": Case([old_leaf], [LADDER.root], OUT_OF_TIME),
        "expired leaf, out of order": Case([old_leaf, extra], [LADDER.root], NO_PATH),
        "expired leaf, pinned": Case([old_leaf], [old_leaf]),
        "leaf of the future": Case(
            [make(HOST, starts=5, issuer=LADDER.root)], [LADDER.root], OUT_OF_TIME
        ),
        "expired root": Case([make(HOST, issuer=old_root)], [old_root]),
        "expired root sent": Case([make(HOST, issuer=old_root), old_root], [old_root]),
        "root of the future": Case([make(HOST, issuer=new_root)], [new_root]),
        "expired intermediate": Case(below_old, [LADDER.root], OUT_OF_TIME),
        "expired cross-sign, old root only": Case(sent, [LADDER.second], OUT_OF_TIME),
        "expired cross-sign, both roots": Case(sent, [LADDER.second, LADDER.root]),
        "expired cross-sign, new root only": Case(sent, [LADDER.root]),
        "expired cross-sign beside a good one": Case([*sent, LADDER.root_crossed], [LADDER.second]),
    }


def _issuers() -> dict[str, Case]:
    no_authority = make("No Authority", issuer=LADDER.root)
    short = make("Short", ca=True, issuer=LADDER.root, path_length=0)
    below = make("Below Short", ca=True, issuer=short)
    bound = make("Bound", ca=True, issuer=LADDER.root, permitted=["other.example.org"])
    free = make("Free", ca=True, issuer=LADDER.root, permitted=["example.com"])
    under_short, under_bound = make(HOST, issuer=below), make(HOST, issuer=bound)
    under_none = make(HOST, issuer=no_authority)
    return {
        "issuer no authority": Case(
            [under_none, no_authority], [LADDER.root], "this is not a CA certificate"
        ),
        "anchor no authority": Case([under_none], [no_authority], "is not a CA certificate"),
        "path too long": Case(
            [under_short, below, short], [LADDER.root], "pathLenConstraint violated"
        ),
        "path too long for the anchor": Case([under_short, below], [short]),
        "name not permitted": Case(
            [under_bound, bound], [LADDER.root], "name constraints check failed"
        ),
        "name permitted": Case([make(HOST, issuer=free), free], [LADDER.root]),
        "name not permitted by the anchor": Case([under_bound], [bound]),
    }


def _names() -> dict[str, Case]:
    def named(
        name: str | None, *, names: Sequence[str] | None = None, host: str = HOST, answer: str = ""
    ) -> Case:
        made = make(name, names=names, organization="Example", issuer=LADDER.root)
        return Case([made], [LADDER.root], answer, host)

    no_dns = f"No subject alternative DNS name matching {HOST} found."
    address = "192.0.2.1"
    return {
        "other name": named("other.example.com", answer=no_dns),
        "wildcard": named("*.example.com"),
        "wildcard of the deeper": named("*.example.com", host="a.b.example.com", answer="matching"),
        "wildcard above": named("*.com", answer=no_dns),
        "wildcard in part": named("re*.example.com"),
        "wildcard in part, other": named("be*.example.com", answer=no_dns),
        "several stars": named("r*l*y.example.com"),
        "common name alone": named(HOST, names=()),
        "no name": named(None, names=(), answer=f"No name matching {HOST} found"),
        "common name beside an address": named(HOST, names=(address,)),
        "address": named(address, host=address),
        "other address": named(
            "192.0.2.2",
            host=address,
            answer=f"No subject alternative names matching IP address {address} found",
        ),
        "address in the common name": named(
            address, names=(), host=address, answer="No subject alternative names present"
        ),
    }


def _algorithms() -> dict[str, Case]:
    root = make("Example RSA Root", ca=True, kind="rsa-2048")
    disabled = "Algorithm constraints check failed on"
    return {
        "RSA 1024": Case([make(HOST, kind="rsa-1024", issuer=LADDER.root)], [LADDER.root]),
        "Ed25519": Case([make(HOST, kind="ed25519", issuer=LADDER.root)], [LADDER.root]),
        "SHA-1": Case([_signed(root, "-sha1")], [root]),
        "MD5": Case([_signed(root, "-md5")], [root], f"{disabled} signature algorithm: MD5"),
        "RSA 512": Case(
            [_signed(root, "-sha256", "rsa:512")], [root], f"{disabled} keysize limits: RSA 512"
        ),
    }


def _signed(root: Made, digest: str, key: str = "rsa:2048") -> Made:
    """A leaf with what `cryptography` refuses to make: an old digest, a small key."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chains.write_chain(folder, [root], "root")
        (folder / "san").write_text(f"subjectAltName=DNS:{HOST}\n")
        request = _openssl(
            *("req", "-new", "-newkey", key, "-nodes", "-keyout", str(folder / "leaf.key")),
            *("-subj", f"/CN={HOST}"),
        )
        signed = _openssl(
            *("x509", "-req", digest, "-days", "9", "-extfile", str(folder / "san")),
            *("-CA", str(folder / "root.crt"), "-CAkey", str(folder / "root.key")),
            stdin=request,
        )
    return Made(x509.load_pem_x509_certificate(signed), None)


def _openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout
