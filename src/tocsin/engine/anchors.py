"""The trust store: what is in it, what is put in and taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.central.configuration import TrustEntry
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import Changed, change, current
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.faults.fault import Finding
from tocsin.trust.anchor import check_anchor, check_new_anchor, describe_use, warn_of
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
    origin: str
    """Where it came from; empty when nobody noted it."""
    knowingly: bool
    use: str
    """What trusting it means, in a sentence."""
    problems: tuple[str, ...]
    """Why it verifies nothing (any more)."""
    warnings: tuple[str, ...]
    """What whoever trusts it must know."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of certificates; `name` is the friendly name, made up when empty."""

    name: str
    content: bytes
    origin: str = ""
    """Where the file came from, in words."""
    password: str = field(default="", repr=False)
    """Opens a PKCS#12 file."""
    knowingly: bool = False
    """Trust it although it is out of time, or no authority."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A certificate that somebody may want to trust, under the name that it would get."""

    name: str
    certificate: Certificate
    origin: str
    knowingly: bool
    held_as: str | None
    """Its name in the trust store, when it is there already."""


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
        origin=entry.origin,
        knowingly=entry.knowingly,
        use=describe_use(certificate),
        problems=tuple(check_anchor(certificate, now())),
        warnings=tuple(warn_of(certificate)),
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


def read_uploads(uploads: Sequence[Upload]) -> list[Offered]:
    """The certificates of files with the friendly names they would get; nothing is kept.

    A name that is made up is one that the trust store has not got; the same certificate in
    two files comes twice.

    Raises:
        Refused: a file holds a private key, no certificate, or is locked; or nothing was
            given.
    """
    entries = current().configuration.trust
    held = {one.anchor.certificate.sha256: one.name for one in entries}
    found: list[Offered] = []
    for upload in uploads:
        certificates = _read(upload)
        for place, certificate in enumerate(certificates, 1):
            name = f"{upload.name} {place}" if upload.name and len(certificates) > 1 else ""
            found.append(
                Offered(
                    name or upload.name or certificate.title,
                    certificate,
                    upload.origin,
                    upload.knowingly,
                    held.get(certificate.sha256),
                )
            )
    if not found:
        raise Refused(Finding("certificate.not-a-certificate"))
    typed = {one.name.casefold() for one in uploads if one.name}
    return _each_with_its_own_name(found, {one.name.casefold() for one in entries} - typed)


def _read(upload: Upload) -> list[Certificate]:
    try:
        return read_certificates(upload.content, upload.password)
    except PrivateKeyFound:
        raise Refused(Finding("certificate.private-key")) from None
    except NotCertificates as error:
        raise Refused(Finding("certificate.not-a-certificate", {"problem": str(error)})) from None


def _each_with_its_own_name(found: Sequence[Offered], taken: set[str]) -> list[Offered]:
    """A root and its cross-signed twin have one subject; a piece of the fingerprint helps."""
    different = {(one.name.casefold(), one.certificate.sha256) for one in found}
    times = Counter(name for name, _ in different)
    return [
        replace(one, name=f"{one.name} ({one.certificate.sha256[:8]})")
        if one.held_as is None and (times[one.name.casefold()] > 1 or one.name.casefold() in taken)
        else one
        for one in found
    ]


def add_anchors(principal: Principal, uploads: Sequence[Upload]) -> Changed:
    """Trust certificates; all of them or none.

    Raises:
        NotPermitted: the role may not.
        Refused: a file holds a private key, no certificate, or, unless knowingly, one that
            is out of time or no authority; or one is there already, or given twice.
        Conflict: its name is there already.
        central.Invalid: one cannot verify anything: its key is too weak.
    """
    require(principal, Permission.ADMINISTER)
    found = read_uploads(uploads)
    latest = current()
    _refuse_what_is_there(found)
    for one in found:
        _refuse_unless_known(one)
    names = {one.name.casefold() for one in latest.configuration.trust}
    for one in found:
        if one.name.casefold() in names:
            raise Conflict(f"the trust store has another certificate named {one.name}")
    trust = [*_kept(latest.configuration.trust), *map(_entry, found)]
    return change(principal, {"trust": trust}, expected=latest.number)


def _refuse_what_is_there(found: Sequence[Offered]) -> None:
    given: dict[str, str] = {}
    for one in found:
        sha256 = one.certificate.sha256
        name = one.held_as or given.get(sha256)
        if name is not None:
            facts = {"subject": one.certificate.title, "name": name}
            raise Refused(Finding("certificate.duplicate", facts))
        given[sha256] = one.name


def _refuse_unless_known(one: Offered) -> None:
    certificate = one.certificate
    if one.knowingly:
        return
    if certificate.not_after < now():
        facts = {"subject": certificate.title, "expires": rfc3339(certificate.not_after)[:10]}
        raise Refused(Finding("certificate.expired", facts))
    problems = check_new_anchor(certificate, now())
    if problems and not check_new_anchor(certificate, now(), knowingly=True):
        raise Refused(Finding("input.invalid", {"field": one.name, "problem": problems[0]}))


def _entry(one: Offered) -> dict[str, object]:
    return {
        "name": one.name,
        "pem": one.certificate.pem,
        "origin": one.origin,
        "knowingly": one.knowingly,
    }


def _kept(entries: Iterable[TrustEntry]) -> list[dict[str, object]]:
    """The entries as a document says them; who added them, and when, is kept by itself."""
    return [one.model_dump(exclude={"added_at", "added_by"}) for one in entries]


def remove_anchor(principal: Principal, name: str) -> Changed:
    """Trust a certificate no more.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is none of that name.
    """
    require(principal, Permission.ADMINISTER)
    latest = current()
    entries = latest.configuration.trust
    rest = [one for one in entries if one.name != name]
    if len(rest) == len(entries):
        raise NotFound("certificate", name)
    return change(principal, {"trust": _kept(rest)}, expected=latest.number)


def trust_system_roots(principal: Principal, *, wanted: bool) -> Changed:
    """Trust the roots of the operating system beside the trust store, or no more.

    Raises:
        NotPermitted: the role may not.
    """
    require(principal, Permission.ADMINISTER)
    return change(principal, {"trust_system_roots": wanted})
