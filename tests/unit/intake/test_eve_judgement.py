"""How grave an alert is and where it belongs."""

from __future__ import annotations

import pytest

from tocsin.domain.severity import Severity
from tocsin.intake.eve.judgement import category_of, severity_of


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        (1, Severity.MAJOR),
        (2, Severity.MINOR),
        (3, Severity.TRIVIAL),
        (4, Severity.INFORMATIONAL),
        (255, Severity.INFORMATIONAL),
        (0, Severity.INFORMATIONAL),
        (None, Severity.INFORMATIONAL),
        ("x", Severity.INFORMATIONAL),
    ],
)
def test_priority_alone(priority: object, severity: Severity) -> None:
    """Suricata's highest priority is 1; it says tried, not done, so it is major."""
    assert severity_of({"severity": priority}, "LOCAL a") is severity


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        (["Critical"], Severity.CRITICAL),
        (["Major"], Severity.MAJOR),
        ("minor", Severity.MINOR),
        (["Informational", "Major"], Severity.INFORMATIONAL),
        (["Unheard-of"], Severity.MINOR),
        ([], Severity.MINOR),
        ({}, Severity.MINOR),
    ],
)
def test_the_rule_writers_word_counts(word: object, severity: Severity) -> None:
    """Metadata says it better than the class's priority, where it says it."""
    alert = {"severity": 2, "metadata": {"signature_severity": word}}
    assert severity_of(alert, "LOCAL a") is severity


def test_success_is_critical() -> None:
    """What has happened is graver than what was tried."""
    name = "Successful Administrator Privilege Gain"
    assert severity_of({"severity": 1, "category": name}, "LOCAL a") is Severity.CRITICAL
    assert severity_of({"severity": 2, "category": name}, "LOCAL a") is Severity.MINOR


@pytest.mark.parametrize("name", ["DROP", "CINS", "COMPROMISED", "TOR", "3CORESec"])
def test_being_on_a_list_is_minor_at_most(name: str) -> None:
    """A match of an address list is no event that should wake anybody."""
    alert = {"severity": 2, "metadata": {"signature_severity": ["Major"]}}
    assert severity_of(alert, f"XX {name} listed address") is Severity.MINOR
    assert severity_of({"severity": 3}, f"XX {name} listed address") is Severity.TRIVIAL


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Attempted Information Leak", "Recon"),
        ("Detection of a Network Scan", "Recon"),
        ("Web Application Attack", "Exploitation"),
        ("attempted administrator privilege gain", "Exploitation"),
        ("A Network Trojan was detected", "C&C"),
        ("Malware Command and Control Activity Detected", "C&C"),
        ("Successful Credential Theft Detected", "Exfiltration"),
        ("Detection of a Denial of Service Attack", "DDoS Target"),
        ("Potential Corporate Privacy Violation", "Policy Violation"),
        ("Generic Protocol Command Decode", "Anomaly"),
        ("Exfiltration", "Exfiltration"),
        ("data hoarding", "Data Hoarding"),
        ("A class of one's own", "Anomaly"),
        ("", "Anomaly"),
        (None, "Anomaly"),
        (5, "Anomaly"),
    ],
)
def test_the_class_says_the_category(name: object, category: str) -> None:
    """Suricata's classes map to alarm categories; a class may name a category itself."""
    assert category_of({"category": name}, "LOCAL a rule") == category


@pytest.mark.parametrize(
    ("signature", "category"),
    [
        ("XX SCAN Something", "Recon"),
        ("XX exploit Something", "Exploitation"),
        ("XX MALWARE Something", "C&C"),
        ("XX DOS Something", "DDoS Target"),
        ("XX TOR Something", "Policy Violation"),
        ("XX DROP Something", "Concern Index"),
        ("XX HUNTING Something", "Anomaly"),
        ("SCAN", "Anomaly"),
        ("", "Anomaly"),
    ],
)
def test_the_rule_set_decides_where_the_class_is_open(signature: str, category: str) -> None:
    """A class like Misc Attack says little; the second word of the signature says more."""
    assert category_of({"category": "Misc Attack"}, signature) == category
    assert category_of({"category": "Web Application Attack"}, signature) == "Exploitation"
