"""Collected certificates as files, one each, under names that people recognise.

The peer chooses what stands in a certificate, so it must not choose a path: names
keep letters, digits and a few marks, and no file that is there is ever replaced.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tocsin.trust.certificate import Certificate, NotCertificates, read_certificates
from tocsin.trust.collection import Collection

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100


def file_stem(certificate: Certificate) -> str:
    """A safe file name without its ending, made of the common name without its spaces.

    ``*.example.com`` becomes ``wildcard.example.com``; a certificate without a common
    name is called by its unit or organization, at last by its fingerprint.
    """
    for text in (certificate.common_name, certificate.unit, certificate.organization):
        spaceless = "".join(text.split())
        if spaceless.startswith("*."):
            spaceless = "wildcard" + spaceless[1:]
        stem = _UNSAFE.sub("_", spaceless).strip("._-")[:_LONGEST].rstrip("._-")
        if stem:
            return stem
    return f"certificate-{certificate.sha256[:8]}"


def save(collection: Collection, folder: Path) -> list[Path]:
    """Write one PEM file for each distinct certificate; the files, in the chain's order.

    A file that holds the same certificate already is left as it is and named; one that
    holds anything else is left alone, and the new file has a piece of the fingerprint
    in its name. `collection.files` then names the file of each. Where nothing was collected
    nothing is made, not even the folder.

    Raises:
        OSError: the folder cannot be made or written.
    """
    if collection.certificates:
        folder.mkdir(parents=True, exist_ok=True)
    written = []
    for certificate in collection.certificates:
        path = _write(certificate, folder)
        collection.files[certificate.sha256] = str(path)
        written.append(path)
    return written


def _write(certificate: Certificate, folder: Path) -> Path:
    stem = file_stem(certificate)
    for suffix in ("", f"-{certificate.sha256[:8]}", f"-{certificate.sha256}"):
        path = folder / f"{stem}{suffix}.pem"
        if _create(path, certificate) or _holds(path, certificate):
            return path
    raise FileExistsError(f"{folder / stem}.pem and its other names hold something else")


def _create(path: Path, certificate: Certificate) -> bool:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(certificate.pem)
    return True


def _holds(path: Path, certificate: Certificate) -> bool:
    try:
        if path.is_symlink() or not path.is_file():
            return False
        return [one.sha256 for one in read_certificates(path.read_bytes())] == [certificate.sha256]
    except (OSError, NotCertificates):
        return False
