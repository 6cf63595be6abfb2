"""``add-anchor``: trust the certificate that the chain of the relay leads to."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.central.configuration import TrustEntry
from tocsin.central.smtp import REHEARSAL
from tocsin.doctor.remedy import Remedy
from tocsin.engine.remedies.plan import Case, Moot, Plan
from tocsin.engine.remedies.words import Words
from tocsin.trust.anchor import Anchor, check_new_anchor, warn_of
from tocsin.trust.certificate import Certificate, NotCertificates, read_certificates
from tocsin.trust.collection import Collection

ORIGIN = "doctor"

SAYS = "%(title)s is added to the trust store, as %(name)s; it holds %(count)s so far."
VERIFIES = "The relay would verify: %(path)s."
NOT_YET = "The relay would still not verify: %(code)s."
UNREACHED = "The relay could not be asked just now: %(code)s."
KNOWINGLY = "%(problem)s"

_LONGEST_NAME = 100


def plan(case: Case) -> Plan:
    """Add the certificate under a name that is free.

    The person confirms with ``sha256``, and with ``knowingly`` as well where hardly anybody
    means to trust such a certificate; both hold the fingerprint.
    """
    if case.relay == REHEARSAL:
        raise Moot("the rehearsal relay is verified by its own root, whatever is trusted")
    certificate = certificate_of(case.remedy)
    held = {one.anchor.certificate.sha256: one.name for one in case.configuration.trust}
    if certificate.sha256 in held:
        raise Moot(f"the trust store has this certificate, as {held[certificate.sha256]}")
    hopeless = check_new_anchor(certificate, case.at, knowingly=True)
    if hopeless:
        raise Moot(hopeless[0])
    problems = check_new_anchor(certificate, case.at)
    wanted = ("sha256", "knowingly") if problems else ("sha256",)
    asks = tuple(one for one in wanted if not _confirms(case.entered(one), certificate))
    name = _free_name(case, certificate)
    where = f": presented by {case.host}:{case.port}" if case.host else ""
    entry = {
        "name": name,
        "pem": certificate.pem,
        "knowingly": bool(problems),
        "origin": f"{ORIGIN}{where}",
    }
    facts = {
        "title": certificate.title,
        "name": name,
        "count": str(len(case.configuration.trust)),
    }
    return Plan(
        says=Words(SAYS, facts),
        note=f"added the anchor {name} (SHA-256 {certificate.sha256[:16]}…)",
        parts={"trust": [*kept(case.configuration.trust), entry]},
        asks=asks,
        warnings=tuple(
            Words(KNOWINGLY, {"problem": one}) for one in (*problems, *warn_of(certificate))
        ),
        certificate=certificate,
    )


def certificate_of(remedy: Remedy) -> Certificate:
    """The certificate of the remedy.

    Raises:
        Moot: its facts hold none, or another one than their fingerprint says.
    """
    try:
        found = read_certificates(remedy.facts.get("pem", "").encode())
    except NotCertificates:
        raise Moot("the walk did not keep the certificate; let the doctor walk again") from None
    if len(found) != 1 or found[0].sha256 != remedy.facts.get("sha256"):
        raise Moot("the certificate is not the one of the fingerprint that was shown")
    return found[0]


def kept(entries: Sequence[TrustEntry]) -> list[dict[str, object]]:
    """The entries as a document says them; who added them, and when, is kept by itself."""
    return [one.model_dump(exclude={"added_at", "added_by"}) for one in entries]


def effect(found: Collection, anchors: Sequence[Anchor]) -> Words:
    """What became of a look at the relay with these anchors, the new one among them."""
    verdict = found.verdict
    if not any(one.chain for one in found.endpoints):
        return Words(UNREACHED, {"code": verdict.code or "tcp.unreachable"})
    if not verdict.trusted:
        return Words(NOT_YET, {"code": verdict.code or "tls.untrusted-issuer"})
    titles = {one.sha256: one.title for one in found.certificates}
    titles |= {one.certificate.sha256: one.certificate.title for one in anchors}
    path = [titles.get(sha256, sha256[:8]) for sha256 in verdict.path]
    return Words(VERIFIES, {"path": " ← ".join(path)})


def _confirms(text: str, certificate: Certificate) -> bool:
    """Whether it is the fingerprint, however its pairs are set apart."""
    return text.replace(":", "").replace(" ", "").lower() == certificate.sha256


def _free_name(case: Case, certificate: Certificate) -> str:
    """The name entered, or that of the certificate, with a piece of the fingerprint if need be."""
    name = case.entered("name") or case.remedy.facts.get("name") or certificate.title
    taken = {one.name.casefold() for one in case.configuration.trust}
    name = name[:_LONGEST_NAME].strip()
    if name.casefold() in taken:
        piece = f" ({certificate.sha256[:8]})"
        name = name[: _LONGEST_NAME - len(piece)].rstrip() + piece
    return name
