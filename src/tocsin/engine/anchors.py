"""The trust store: what is in it, what is put in and taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.central.configuration import TrustEntry
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import Changed, change, current
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.faults.fault import Finding
from tocsin.trust.anchor import check_anchor, describe_use
from tocsin.trust.certificate import (
    Certificate,
    NotCertificates,
    PrivateKeyFound,
    read_certificates,
)


@dataclass(frozen=True, slots=True)
class AnchorView:
    """An entry of the trust store."""

    name: str
    certificate: Certificate
    added_at: Instant
    added_by: str
    use: str
    """What trusting it means, in a sentence."""
    problems: tuple[str, ...]
    """Why it verifies nothing (any more)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of certificates; `name` is the friendly name, made up when empty."""

    name: str
    content: bytes


def anchors(principal: Principal) -> list[AnchorView]:
    """Every entry, in the order they were added.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return [_view(one) for one in current().configuration.trust]


def _view(entry: TrustEntry) -> AnchorView:
    certificate = entry.anchor.certificate
    return AnchorView(
        name=entry.name,
        certificate=certificate,
        added_at=entry.added_at,
        added_by=entry.added_by,
        use=describe_use(certificate),
        problems=tuple(check_anchor(certificate, now())),
    )


def anchor(principal: Principal, name: str) -> AnchorView:
    """One entry.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that name.
    """
    found = next((one for one in anchors(principal) if one.name == name), None)
    if found is None:
        raise NotFound("certificate", name)
    return found


def read_uploads(uploads: Sequence[Upload]) -> list[tuple[str, Certificate]]:
    """The certificates of files with the friendly names they would get; nothing is kept.

    Raises:
        Refused: a file holds a private key, or no certificate; or nothing was given.
    """
    found: list[tuple[str, Certificate]] = []
    for upload in uploads:
        try:
            certificates = read_certificates(upload.content)
        except PrivateKeyFound:
            raise Refused(Finding("certificate.private-key")) from None
        except NotCertificates as error:
            raise Refused(
                Finding("certificate.not-a-certificate", {"problem": str(error)})
            ) from None
        for place, certificate in enumerate(certificates):
            name = upload.name if upload.name and len(certificates) == 1 else ""
            if upload.name and len(certificates) > 1:
                name = f"{upload.name} {place + 1}"
            found.append((name or certificate.title, certificate))
    if not found:
        raise Refused(Finding("certificate.not-a-certificate"))
    return _each_with_its_own_name(found)


def _each_with_its_own_name(
    found: Sequence[tuple[str, Certificate]],
) -> list[tuple[str, Certificate]]:
    """A root and its cross-signed twin have one subject; a piece of the fingerprint helps."""
    times = Counter(name.casefold() for name, _ in found)
    return [
        (name if times[name.casefold()] == 1 else f"{name} ({certificate.sha256[:8]})", certificate)
        for name, certificate in found
    ]


def add_anchors(principal: Principal, uploads: Sequence[Upload]) -> Changed:
    """Trust certificates; all of them or none.

    Raises:
        NotPermitted: the role may not.
        Refused: a file holds a private key, no certificate, or one that has expired; or
            one is there already.
        Conflict: its name is there already.
        central.Invalid: one cannot verify anything: not valid yet, too weak.
    """
    require(principal, Permission.ADMINISTER)
    found = read_uploads(uploads)
    latest = current()
    entries = latest.configuration.trust
    known = {one.anchor.certificate.sha256: one.name for one in entries}
    for _, certificate in found:
        if certificate.sha256 in known:
            raise Refused(
                Finding(
                    "certificate.duplicate",
                    {"subject": certificate.title, "name": known[certificate.sha256]},
                )
            )
        if certificate.not_after < now():
            facts = {"subject": certificate.title, "expires": rfc3339(certificate.not_after)[:10]}
            raise Refused(Finding("certificate.expired", facts))
    names = {one.name.casefold() for one in entries}
    for name, _ in found:
        if name.casefold() in names:
            raise Conflict(f"the trust store has another certificate named {name}")
    trust = [{"name": one.name, "pem": one.pem} for one in entries]
    trust += [{"name": name, "pem": certificate.pem} for name, certificate in found]
    return change(principal, {"trust": trust}, expected=latest.number)


def remove_anchor(principal: Principal, name: str) -> Changed:
    """Trust a certificate no more.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is none of that name.
    """
    require(principal, Permission.ADMINISTER)
    latest = current()
    entries = latest.configuration.trust
    rest = [{"name": one.name, "pem": one.pem} for one in entries if one.name != name]
    if len(rest) == len(entries):
        raise NotFound("certificate", name)
    return change(principal, {"trust": rest}, expected=latest.number)
