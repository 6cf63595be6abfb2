"""The report as a document and as text."""

from __future__ import annotations

import json

from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.doctor.report import Diagnosed, Report
from tocsin.doctor.step import Step
from tocsin.doctor.told import report_json, report_text
from tocsin.faults.fault import Finding, Seriousness

REFUSED = Diagnosed(
    Finding("auth.rejected", {"host": "relay.example.com", "reply": "535 No"}),
    "auth",
    "192.0.2.25",
    Seriousness.ERROR,
    {"addresses": ["192.0.2.25"]},
    consequence_of="auth.wrong-user-name",
)
ANCHOR = {"name": "Example Root", "sha256": "ab" * 32, "subject": "CN=Example", "pem": "-----BEGIN"}


def report(
    *findings: Diagnosed, remedies: tuple[Remedy, ...] = (), envelope: bool = True
) -> Report:
    asked = (Step("rcpt", "192.0.2.25", True, 1.0, "RCPT TO:<soc@example.com>", "250 Ok"),)
    steps = (
        Step("dns", None, True, 1.5, "relay.example.com", "192.0.2.25"),
        Step("auth", "192.0.2.25", not findings, 3.25, "AUTH PLAIN ***", "235 Ok\n235 more"),
        Step("spf", None, None, 0.0, "example.com", "no answer within 5 s"),
        *(asked if envelope else ()),
    )
    return Report(
        "relay.example.com", 587, "starttls", 1_790_000_000_000_000, 12.5, steps, findings, remedies
    )


def test_the_document_has_the_shape_that_stays():
    """Every field that programs were promised, and nothing that JSON cannot say."""
    document = json.loads(json.dumps(report_json(report(REFUSED))))
    assert document["ok"] is False
    (finding,) = document["findings"]
    assert {"code", "title", "severity", "step", "cause", "fix", "evidence"} <= set(finding)
    assert finding["consequence_of"] == "auth.wrong-user-name"
    assert "535 No" in finding["cause"]
    assert set(document["steps"][0]) == {"name", "address", "ok", "ms", "asked", "answered"}
    assert document["steps"][2]["ok"] is None
    assert {"began_at", "ms", "host", "port", "encryption", "remedies"} <= set(document)


def test_a_remedy_is_told_without_its_certificate():
    """The document names the fingerprint; the PEM is for who adds it."""
    remedy = Remedy(RemedyKind.ADD_ANCHOR, "tls.untrusted-issuer", ANCHOR, asks=("sha256",))
    (told,) = report_json(report(remedies=(remedy,)))["remedies"]
    assert told["kind"] == "add-anchor"
    assert told["facts"] == {name: ANCHOR[name] for name in ("name", "sha256", "subject")}
    assert told["asks"] == ["sha256"]


def test_the_text_says_the_finding_before_the_steps():
    """Title, code, cause and fix come first; each step is one line."""
    remedy = Remedy(RemedyKind.DERIVE_PASSWORD, "auth.rejected")
    text = report_text(report(REFUSED, remedies=(remedy,)))
    assert text.index("[auth.rejected]") < text.index("AUTH PLAIN ***")
    assert "follows from auth.wrong-user-name" in text
    assert "  1. " in text
    assert "derive-password" in text
    assert "FAILED  auth" in text
    assert "235 Ok / 235 more" in text


def test_a_report_without_findings_says_that_mail_can_go():
    """Warnings alone do not make it otherwise."""
    assert "mail can go this way" in report_text(report())
    warned = Diagnosed(
        Finding("sender.spf-missing", {"domain": "example.com"}),
        "spf",
        None,
        Seriousness.WARNING,
        {},
    )
    assert report(warned).ok
    assert "mail can go this way" in report_text(report(warned))


def test_what_was_not_asked_is_not_said_to_work():
    """A walk without a recipient says how far it came."""
    said = report_text(report(envelope=False)).splitlines()[0]
    assert "can go" not in said
    assert "up to auth" in said


def test_the_words_can_be_translated():
    """Title, cause and fix go through the translation; code and steps stay."""
    text = report_text(report(REFUSED), lambda sentence: f"<{sentence}>")
    assert "<The relay rejects user name or password>" in text
    assert "[auth.rejected]" in text
