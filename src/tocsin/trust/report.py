"""A collection in words, for a terminal or a text field."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.base.clock import rfc3339
from tocsin.faults.catalogue import explain
from tocsin.trust.certificate import Certificate
from tocsin.trust.collection import Collection, Endpoint
from tocsin.trust.published import is_impostor, published_root
from tocsin.trust.remark import title_of

_MODES = {"starttls": "STARTTLS", "smtps": "TLS at once (SMTPS)"}


def text_report(collection: Collection) -> str:
    """What was found, what it means for trust, and what to add; ends with a line end."""
    addresses = _count(len(collection.endpoints), "address", "addresses")
    certificates = _count(len(collection.certificates), "certificate", "certificates")
    where = f"{collection.host} port {collection.port}, {_MODES[collection.mode]}"
    lines = [f"{where}: {addresses}, {certificates}"]
    lines += _section("Addresses", (_endpoint(one) for one in collection.endpoints))
    lines += _section("Certificates, as presented", _certificates(collection))
    lines += _section("Remarks", iter(collection.remarks))
    lines += _section("Verdict", _verdict(collection))
    lines += _section("What to do", _advice(collection))
    return "\n".join(lines) + "\n"


def _section(title: str, content: Iterator[str]) -> list[str]:
    lines = [f"  {line}" for line in content]
    return ["", title, *lines] if lines else []


def _endpoint(endpoint: Endpoint) -> str:
    facts = endpoint.facts
    if facts is None:
        code = endpoint.finding.code if endpoint.finding else "unknown"
        return f"{endpoint.address}: no TLS ({code})"
    parts = [facts.version or "", facts.cipher or ""]
    if facts.temp_key_kind:
        parts.append(f"temporary key {facts.temp_key_kind} {facts.temp_key_bits} bits")
    told = "trusted" if endpoint.verdict.trusted else f"not trusted ({endpoint.verdict.code})"
    return f"{endpoint.address}: {', '.join(filter(None, parts))}; {told}"


def _certificates(collection: Collection) -> Iterator[str]:
    for number, one in enumerate(collection.certificates, 1):
        yield f"{number}. {one.subject or '(no subject)'}"
        yield f"   issued by {one.issuer}" + (" (itself)" if one.self_signed else "")
        yield (
            f"   valid {rfc3339(one.not_before)[:10]} to {rfc3339(one.not_after)[:10]}, "
            f"{one.key}, {one.signature}, {_kind(one)}"
        )
        if one.names:
            yield f"   names {', '.join(one.names[:8])}" + (" …" if len(one.names) > 8 else "")  # noqa: PLR2004
        for words, urls in (("issuer's certificate at", one.issuer_urls), ("OCSP", one.ocsp_urls)):
            yield from (f"   {words} {url}" for url in urls)
        yield f"   serial {one.serial}"
        yield f"   SHA-256 {one.sha256}"
        if file := collection.files.get(one.sha256):
            yield f"   file {file}"


def _kind(certificate: Certificate) -> str:
    root = published_root(certificate)
    if root is not None:
        form = "published root" if certificate.sha256 == root.sha256 else "published root's key"
        return f"{form} of Amazon Trust Services"
    if is_impostor(certificate):
        return "NOT the published root whose name it bears"
    if not certificate.is_ca:
        return "server certificate"
    return "root" if certificate.self_signed else "intermediate or cross-signed"


def _verdict(collection: Collection) -> Iterator[str]:
    verdict = collection.verdict
    if verdict.trusted:
        anchor = collection.anchor_name or title_of(collection, verdict.anchor or "")
        holder = "operating system's roots" if collection.anchor_of_system else "trust store"
        yield f"Trusted. It rests on {anchor} (SHA-256 {verdict.anchor}) of the {holder}."
    else:
        yield f"Not trusted: {verdict.code}."
    if collection.system is not None:
        word = "trust" if collection.system else "do not trust"
        yield f"The public roots of this machine {word} it."
    java = collection.java
    if java is not None:
        word = "accepts" if java.accepted else "refuses"
        yield f"A Java client with the same trust store {word} it."
        yield f"  {java.reason}"
        yield from (f"  {line}" for line in (java.message,) if line)


def _advice(collection: Collection) -> Iterator[str]:
    for finding in {one.code: one for one in collection.findings}.values():
        told = explain(finding)
        yield f"{told.title} ({finding.code})"
        yield f"  {told.cause}"
        yield from (f"  - {step}" for step in told.fix)
    advice = collection.recommendation
    if advice is None:
        return
    where = f" (SHA-256 {advice.sha256})" if advice.sha256 else ""
    yield f"Add to the trust store: {advice.name}{where}"
    yield f"  {advice.reason}"
    if advice.sha256 and (file := collection.files.get(advice.sha256)):
        yield f"  tocsin trust add {file}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
