"""How grave an alert is, and which alarm category it belongs to.

Sources: Suricata's ``classification.config`` (names and priorities of the classes; 1 is
the highest priority), and the metadata that rule writers give (``signature_severity``:
Informational, Minor, Major, Critical).
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.domain.alarm import CATEGORIES
from tocsin.domain.severity import Severity
from tocsin.intake.eve.value import fields_of, first_of, line_of, whole_number_of

_LONGEST_WORD = 100

_OF_PRIORITY = {1: Severity.MAJOR, 2: Severity.MINOR, 3: Severity.TRIVIAL}
_OF_METADATA = {
    "critical": Severity.CRITICAL,
    "major": Severity.MAJOR,
    "minor": Severity.MINOR,
    "informational": Severity.INFORMATIONAL,
}

# Classes that say that something has happened, not that it was tried.
_SUCCEEDED = frozenset(
    {
        "successful user privilege gain",
        "successful administrator privilege gain",
        "successful credential theft detected",
        "malware command and control activity detected",
    }
)

_OF_CLASS = {
    "attempted information leak": "Recon",
    "information leak": "Recon",
    "large scale information leak": "Recon",
    "detection of a network scan": "Recon",
    "decode of an rpc query": "Recon",
    "attempted user privilege gain": "Exploitation",
    "unsuccessful user privilege gain": "Exploitation",
    "successful user privilege gain": "Exploitation",
    "attempted administrator privilege gain": "Exploitation",
    "successful administrator privilege gain": "Exploitation",
    "executable code was detected": "Exploitation",
    "web application attack": "Exploitation",
    "access to a potentially vulnerable web application": "Exploitation",
    "an attempted login using a suspicious username was detected": "Exploitation",
    "attempt to login by a default username and password": "Exploitation",
    "exploit kit activity detected": "Exploitation",
    "targeted malicious activity was detected": "Exploitation",
    "possible social engineering attempted": "Exploitation",
    "a network trojan was detected": "C&C",
    "malware command and control activity detected": "C&C",
    "domain observed used for c2 detected": "C&C",
    "successful credential theft detected": "Exfiltration",
    "attempted denial of service": "DDoS Target",
    "denial of service": "DDoS Target",
    "detection of a denial of service attack": "DDoS Target",
    "potential corporate privacy violation": "Policy Violation",
    "inappropriate content was detected": "Policy Violation",
    "possibly unwanted program detected": "Policy Violation",
    "crypto currency mining activity detected": "Policy Violation",
}

# A rule set of one's own may name an alarm category itself as the class.
_OF_CLASS |= {name.lower(): name for name in CATEGORIES}

# Rule sets put their own category second in a signature ("ET SCAN …"). It decides where
# the class leaves it open, as "Misc Attack" does.
_OF_RULE_SET = {
    "SCAN": "Recon",
    "EXPLOIT": "Exploitation",
    "EXPLOIT_KIT": "Exploitation",
    "SHELLCODE": "Exploitation",
    "SQL": "Exploitation",
    "WEB_SERVER": "Exploitation",
    "WEB_CLIENT": "Exploitation",
    "WEB_SPECIFIC_APPS": "Exploitation",
    "PHISHING": "Exploitation",
    "MALWARE": "C&C",
    "MOBILE_MALWARE": "C&C",
    "TROJAN": "C&C",
    "WORM": "C&C",
    "CNC": "C&C",
    "DOS": "DDoS Target",
    "COINMINER": "Policy Violation",
    "CHAT": "Policy Violation",
    "GAMES": "Policy Violation",
    "INAPPROPRIATE": "Policy Violation",
    "P2P": "Policy Violation",
    "POLICY": "Policy Violation",
    "TOR": "Policy Violation",
}

# Lists of addresses: a match says who it was, not that anything was done.
_ADDRESS_LISTS = frozenset({"3CORESEC", "CIARMY", "CINS", "COMPROMISED", "DROP", "DSHIELD", "TOR"})
_OF_ADDRESS_LIST = "Concern Index"
_OPEN = "Anomaly"


def severity_of(alert: Mapping[str, object], signature: str) -> Severity:
    """The alarm's severity.

    The rule writer's own word counts when there is one, else the priority: 1 is major, 2
    minor, 3 trivial, more informational. A class that says that something succeeded makes
    priority 1 critical. A match of a list of addresses is minor at most.
    """
    priority = whole_number_of(alert.get("severity"))
    metadata = fields_of(alert.get("metadata"))
    word = line_of(first_of(metadata.get("signature_severity")), _LONGEST_WORD).lower()
    severity = _OF_METADATA.get(word)
    if severity is None:
        severity = _OF_PRIORITY.get(priority or 0, Severity.INFORMATIONAL)
    if priority == 1 and _class_of(alert) in _SUCCEEDED:
        return Severity.CRITICAL
    if severity.rank > Severity.MINOR.rank and _rule_set_of(signature) in _ADDRESS_LISTS:
        return Severity.MINOR
    return severity


def category_of(alert: Mapping[str, object], signature: str) -> str:
    """The alarm category: of the class, else of the rule set's word, else Anomaly."""
    known = _OF_CLASS.get(_class_of(alert))
    if known is not None:
        return known
    rule_set = _rule_set_of(signature)
    if rule_set in _OF_RULE_SET:
        return _OF_RULE_SET[rule_set]
    return _OF_ADDRESS_LIST if rule_set in _ADDRESS_LISTS else _OPEN


def _class_of(alert: Mapping[str, object]) -> str:
    return line_of(alert.get("category"), _LONGEST_WORD).strip().lower()


def _rule_set_of(signature: str) -> str:
    words = signature.split(None, 2)
    return words[1].upper() if len(words) > 1 else ""
