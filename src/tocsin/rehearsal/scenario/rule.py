"""The detection rules of the scenario: thirty, by act of the story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


class Act(Enum):
    """A part of the story."""

    NOISE = auto()
    SCAN = auto()
    GUESSING = auto()
    BREAK_IN = auto()
    SPREADING = auto()
    LEAVING = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule of a sensor says, and what it meets in the story.

    `times` is how many alerts it gives. `shown` is the part of the record that the
    protocol fills.
    """

    act: Act
    signature: str
    class_: str
    priority: int
    severity: str
    times: int
    port: int
    app: str = ""
    proto: str = "TCP"
    shown: Mapping[str, Any] = field(default_factory=dict)
    technique: str = ""

    @property
    def number(self) -> int:
        """Its signature id, in the range that is kept for rules of one's own."""
        return _FIRST_NUMBER + RULES.index(self)


_FIRST_NUMBER = 1_000_001
_LEAK = "Attempted Information Leak"
_SCAN = "Detection of a Network Scan"
_ADMIN = "Attempted Administrator Privilege Gain"
_ADMIN_DONE = "Successful Administrator Privilege Gain"
_C2 = "Malware Command and Control Activity Detected"
_LIBSSH = {"ssh": {"client": {"proto_version": "2.0", "software_version": "libssh_0.9.6"}}}
_GO = {"ssh": {"client": {"proto_version": "2.0", "software_version": "Go"}}}
_OPENSSH = {"ssh": {"client": {"proto_version": "2.0", "software_version": "OpenSSH_9.2p1"}}}


def _http(method: str, url: str, status: int, agent: str) -> dict[str, Any]:
    return {
        "http": {
            "hostname": "www.example.com",
            "url": url,
            "http_user_agent": agent,
            "http_method": method,
            "protocol": "HTTP/1.1",
            "status": status,
            "length": 312,
        }
    }


def _tls(name: str) -> dict[str, Any]:
    return {"tls": {"sni": name, "version": "TLS 1.2"}}


def _dns(name: str, kind: str) -> dict[str, Any]:
    return {"dns": {"query": [{"type": "query", "id": 4711, "rrname": name, "rrtype": kind}]}}


RULES: tuple[Rule, ...] = (
    # Scan
    Rule(Act.SCAN, "TOCSIN-DEMO SCAN Sweep of SSH ports", _LEAK, 2, "Minor", 26, 22),
    Rule(Act.SCAN, "TOCSIN-DEMO SCAN Sweep of remote desktop ports", _LEAK, 2, "Minor", 12, 3389),
    Rule(Act.SCAN, "TOCSIN-DEMO SCAN Sweep of database ports", _LEAK, 2, "Minor", 9, 5432),
    Rule(Act.SCAN, "TOCSIN-DEMO SCAN Many closed ports tried on one host", _SCAN, 3, "", 10, 8081),
    Rule(
        Act.SCAN,
        "TOCSIN-DEMO SCAN Web scanner named in the user agent",
        _SCAN,
        3,
        "Informational",
        8,
        80,
        "http",
        shown=_http("GET", "/", 200, "demo-scanner/1.0"),
        technique="T1595",
    ),
    Rule(
        Act.SCAN,
        "TOCSIN-DEMO SCAN Search for forgotten administration pages",
        "access to a potentially vulnerable web application",
        2,
        "Minor",
        7,
        80,
        "http",
        shown=_http("GET", "/admin/setup.php", 404, "Mozilla/5.0"),
        technique="T1595",
    ),
    # Password guessing
    Rule(
        Act.GUESSING,
        "TOCSIN-DEMO SCAN SSH library of guessing programs, many connections",
        _ADMIN,
        1,
        "Major",
        22,
        22,
        "ssh",
        shown=_LIBSSH,
        technique="T1110",
    ),
    Rule(
        Act.GUESSING,
        "TOCSIN-DEMO SCAN SSH client written in Go, many connections",
        _LEAK,
        2,
        "Minor",
        12,
        22,
        "ssh",
        shown=_GO,
        technique="T1110",
    ),
    Rule(
        Act.GUESSING,
        "TOCSIN-DEMO POLICY SSH sign-in as root tried",
        "An attempted login using a suspicious username was detected",
        2,
        "Minor",
        9,
        22,
        "ssh",
        shown=_LIBSSH,
        technique="T1110",
    ),
    Rule(
        Act.GUESSING,
        "TOCSIN-DEMO POLICY Default password tried on a web sign-in",
        "Attempt to login by a default username and password",
        2,
        "Minor",
        6,
        80,
        "http",
        shown=_http("POST", "/login", 401, "python-requests/2.31"),
        technique="T1110",
    ),
    # Break-in
    Rule(
        Act.BREAK_IN,
        "TOCSIN-DEMO EXPLOIT Path traversal in a web request",
        "Web Application Attack",
        1,
        "Major",
        6,
        80,
        "http",
        shown=_http("GET", "/static/..%2f..%2f..%2fetc%2fpasswd", 403, "curl/7.88.1"),
        technique="T1190",
    ),
    Rule(
        Act.BREAK_IN,
        "TOCSIN-DEMO EXPLOIT Command in a form field",
        "Web Application Attack",
        1,
        "Major",
        4,
        80,
        "http",
        shown=_http("POST", "/contact?name=%3Bid", 500, "curl/7.88.1"),
        technique="T1190",
    ),
    Rule(
        Act.BREAK_IN,
        "TOCSIN-DEMO ATTACK_RESPONSE SSH sign-in that holds after much guessing",
        _ADMIN_DONE,
        1,
        "Critical",
        1,
        22,
        "ssh",
        shown=_OPENSSH,
        technique="T1078",
    ),
    Rule(
        Act.BREAK_IN,
        "TOCSIN-DEMO ATTACK_RESPONSE Answer of the id command over a plain connection",
        _ADMIN_DONE,
        1,
        "Critical",
        1,
        4444,
        technique="T1059",
    ),
    Rule(
        Act.BREAK_IN,
        "TOCSIN-DEMO MALWARE Shell script fetched by a server",
        "A Network Trojan was detected",
        1,
        "Major",
        2,
        80,
        "http",
        shown=_http("GET", "/i.sh", 200, "Wget/1.21.3"),
        technique="T1105",
    ),
    # Spreading inside
    Rule(
        Act.SPREADING,
        "TOCSIN-DEMO MALWARE Regular short answers to an outside host",
        _C2,
        1,
        "Major",
        6,
        443,
        "tls",
        shown=_tls("updates.example.net"),
        technique="T1071",
    ),
    Rule(
        Act.SPREADING,
        "TOCSIN-DEMO MALWARE DNS questions with coded names",
        "Domain Observed Used for C2 Detected",
        1,
        "Major",
        5,
        53,
        "dns",
        "UDP",
        _dns("mzxw6ytboi2gk3tf.updates.example.net", "TXT"),
        technique="T1071",
    ),
    Rule(
        Act.SPREADING,
        "TOCSIN-DEMO SCAN A server sweeps its own network",
        _SCAN,
        3,
        "Major",
        8,
        445,
        technique="T1046",
    ),
    Rule(
        Act.SPREADING,
        "TOCSIN-DEMO EXPLOIT Sign-in with a stolen key from server to server",
        _ADMIN,
        1,
        "Major",
        3,
        22,
        "ssh",
        shown=_OPENSSH,
        technique="T1021",
    ),
    Rule(
        Act.SPREADING,
        "TOCSIN-DEMO POLICY Database dump over the network",
        "Data Hoarding",
        2,
        "Major",
        4,
        5432,
        technique="T1213",
    ),
    # Data going out
    Rule(
        Act.LEAVING,
        "TOCSIN-DEMO POLICY Much more sent out than received",
        "Exfiltration",
        1,
        "Critical",
        5,
        443,
        "tls",
        shown=_tls("files.example.org"),
        technique="T1048",
    ),
    Rule(
        Act.LEAVING,
        "TOCSIN-DEMO POLICY Archive with password sent to an unknown host",
        "Exfiltration",
        1,
        "Major",
        3,
        443,
        "tls",
        shown=_tls("files.example.org"),
        technique="T1560",
    ),
    Rule(
        Act.LEAVING,
        "TOCSIN-DEMO MALWARE Data in DNS questions",
        "Exfiltration",
        1,
        "Critical",
        4,
        53,
        "dns",
        "UDP",
        _dns("gezdgnbvgy3tqojqgezdgnbv.files.example.org", "TXT"),
        technique="T1048",
    ),
    # What a sensor writes on any day
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO DROP Source on a list of bad addresses",
        "Misc Attack",
        2,
        "Major",
        9,
        22,
    ),
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO INFO Program that asks for its own outside address",
        "Device Retrieving External IP Address Detected",
        2,
        "Informational",
        4,
        80,
        "http",
        shown=_http("GET", "/ip", 200, "curl/7.88.1"),
    ),
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO POLICY Remote control program in use",
        "Potential Corporate Privacy Violation",
        1,
        "Informational",
        3,
        5938,
    ),
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO P2P Peer of a file sharing network",
        "Potential Corporate Privacy Violation",
        1,
        "Minor",
        3,
        6881,
        proto="UDP",
    ),
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO STREAM Packet outside of its window",
        "Generic Protocol Command Decode",
        3,
        "",
        4,
        443,
    ),
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO DNS Name of the wrong length",
        "Generic Protocol Command Decode",
        3,
        "",
        2,
        53,
        "dns",
        "UDP",
        _dns("printer.example.com", "A"),
    ),
    Rule(
        Act.NOISE,
        "TOCSIN-DEMO POLICY Old protocol version of TLS",
        "Not Suspicious Traffic",
        3,
        "Informational",
        2,
        443,
        "tls",
        shown={"tls": {"sni": "intranet.example.com", "version": "TLSv1"}},
    ),
)
