"""The roots that the operating system trusts, as anchors: for those who ask for them.

They are read where this machine's OpenSSL looks for them (`SSL_CERT_FILE` and
`SSL_CERT_DIR` included), so that a verdict can name the root that carried it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import NotCertificates, parse_certificate
from tocsin.trust.upload import find_certificates

_MOST_FILES = 2000


def system_anchors() -> tuple[Anchor, ...]:
    """Every root of the operating system, each once; none when none are installed.

    Read again when the files have changed. What is unreadable among them is passed over.
    """
    return _read(system_places())


def system_places() -> tuple[tuple[Path, int], ...]:
    """The bundle and the folder that exist, and when each was changed (ns)."""
    found = ssl.get_default_verify_paths()
    places = (Path(one) for one in (found.cafile, found.capath) if one)
    return tuple((one, _changed_at(one)) for one in places)


def _changed_at(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=2)
def _read(places: tuple[tuple[Path, int], ...]) -> tuple[Anchor, ...]:
    seen = dict.fromkeys(
        der for place, _ in places for file in _files(place) for der in _ders(file)
    )
    return tuple(_anchors(seen))


def _anchors(ders: dict[bytes, None]) -> Iterator[Anchor]:
    for der in ders:
        try:
            certificate = parse_certificate(der)
        except NotCertificates:
            continue
        yield Anchor(certificate.title, certificate, system=True)


def _files(place: Path) -> list[Path]:
    try:
        return sorted(place.iterdir())[:_MOST_FILES] if place.is_dir() else [place]
    except OSError:
        return []


def _ders(file: Path) -> list[bytes]:
    try:
        return list(find_certificates(file.read_bytes()))
    except (OSError, NotCertificates):
        return []
