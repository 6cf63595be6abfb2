"""What is said where a program's words fit several faults, and nothing tells them apart.

Each sentence takes the place of the fault's cause; the other codes stand in the finding's
fact ``also``.
"""

from __future__ import annotations

from collections.abc import Mapping

DOUBTS: Mapping[str, str] = {
    "tls.untrusted-issuer": (
        "No way leads from the certificate of {host} to one that is trusted. These words do not "
        "tell whether its issuer is unknown, the relay leaves a certificate out, or something in "
        "between put its own in its place; the presented chain does."
    ),
    "tls.no-shared-cipher": (
        "{host} ended the handshake with an alert. These words do not tell whether no cipher, "
        "version or signature suits both sides, or whether it demands a client certificate."
    ),
    "tls.wrong-mode": (
        "What {host} sends on the port {port} is no TLS at the moment that Encryption Type says: "
        "most often an SMTPS port and STARTTLS, or the other way round."
    ),
    "tls.handshake-dropped": (
        "{host}, or something in between, ended the connection while TLS was spoken. These words "
        "do not tell whether in the handshake or later in the conversation."
    ),
    "smtp.timeout": (
        "{host} gave no answer in time. These words do not tell the step: before the greeting it "
        "is most often a TLS port spoken to in the clear."
    ),
    "smtp.closed-early": (
        "The connection to {host} ended before an answer came. These words do not tell at which "
        "step; a notice such as 421 or 451 may have come before."
    ),
    "ses.identity-not-verified": (
        "{identities} is not a verified identity in {region}. If it is the sender, it must be "
        "verified; if it is a recipient, the account is still in the sandbox."
    ),
    "auth.required": (
        "{host} wants encryption or a sign-in before it takes mail: {reply}. These words do not "
        "tell which of the two is missing."
    ),
    "tcp.timeout": (
        "No answer came from {address} in time. These words do not tell whether the connection "
        "was never made or went silent later."
    ),
    "smtp.recipient-refused": (
        "The relay answered that a mailbox is not available: {reply}. These words do not tell "
        "whether it means the sender, the recipient or the right to relay."
    ),
    "dns.not-found": (
        "The address of {host} could not be found. These words do not tell whether the name does "
        "not exist or the name server did not answer."
    ),
    "auth.rejected": (
        "{host} did not complete the sign-in: {reply}. These words do not tell a wrong user name "
        "or password from a passing trouble of the relay."
    ),
}
