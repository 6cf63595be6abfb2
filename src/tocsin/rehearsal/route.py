"""What SES, and after it a receiving provider, add to a mail on its way to the mailbox.

The shapes are those of mails that came by SES between 2020 and 2026. The receiver is made
up; addresses are those kept for documentation. SES's own names stand in the fields because
they are what a reader looks for, and the first field says that nothing left the machine.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from tocsin.base.clock import SECOND, Instant, to_datetime
from tocsin.rehearsal.field import Field, field_values
from tocsin.rehearsal.identity import Identities
from tocsin.rehearsal.mailbox import read_addresses
from tocsin.rehearsal.signature import Signature, Signer, hash_body, seal_arc, sign_dkim
from tocsin.rehearsal.submission import Submission

RECEIVER = "mx.example.net"
"""The receiving provider's server; its domain is `RECEIVER_DOMAIN`."""
RECEIVER_DOMAIN = "example.net"
SES_DOMAIN = "amazonses.com"

_ADDRESS = "192.0.2.25"
_REPLACED = frozenset((b"date", b"message-id"))
_DROPPED = _REPLACED | {b"bcc", b"return-path"}
_SIGNED = (
    "Subject",
    "From",
    "To",
    "Cc",
    "Date",
    "Mime-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "In-Reply-To",
    "References",
    "Message-Id",
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys of a rehearsal: the senders' domains share one, as far as keys go."""

    sender: Signer
    """Its `domain` is replaced by the domain that signs."""
    ses: Signer
    receiver: Signer

    def records(self, domains: Iterable[str]) -> dict[str, str]:
        """The TXT records that a verifier of these mails looks up, name to text."""
        named = [Signer(one, self.sender.selector, self.sender.key) for one in sorted(domains)]
        return dict(one.record for one in (*named, self.ses, self.receiver))


def name_selector(name: str) -> str:
    """A selector of the shape that SES gives: 32 characters, always the same for a name."""
    digest = hashlib.sha256(f"rehearsal {name}".encode()).digest()[:20]
    return base64.b32encode(digest).decode().lower()


class Route:
    """The way from one account in one region to the receiver. Without `signers` unsigned."""

    def __init__(
        self, region: str, user: str, identities: Identities, signers: Signers | None
    ) -> None:
        self._identities = identities
        self._signers = signers
        at_home = region == "us-east-1"
        self._id_domain = f"email.{SES_DOMAIN}" if at_home else f"{region}.{SES_DOMAIN}"
        self._return_domain = SES_DOMAIN if at_home else f"{region}.{SES_DOMAIN}"
        zone = SES_DOMAIN if at_home else f"{region}.{SES_DOMAIN}"
        self._hop = f"a2-25.smtp-out.{zone}"
        account = base64.b64encode(hashlib.sha256(user.encode()).digest()).decode()
        self._feedback = f"::1.{region}.{account}:AmazonSES"

    def carry(
        self,
        submission: Submission,
        fields: Sequence[Field],
        body: bytes,
        message_id: str,
        at: Instant,
    ) -> bytes:
        """The mail as it lies in the mailbox; `fields` and `body` are the submission's."""
        second = to_datetime(at - at % SECOND)
        sent = self._send(fields, message_id, second)
        arrived = self._receive(submission, sent, body, message_id, second)
        lines = [*_mark(submission, fields), *arrived, *(one.raw for one in sent)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def _send(self, fields: Sequence[Field], message_id: str, at: datetime) -> list[Field]:
        """What SES makes of the header: Date and Message-ID are its own, Bcc and X-SES-* go."""
        kept = [
            one for one in fields if one.name not in _DROPPED and not one.name.startswith(b"x-ses-")
        ]
        added = (
            ("Date", _date(at)),
            ("Message-ID", f"<{message_id}@{self._id_domain}>"),
            ("Feedback-ID", self._feedback),
            ("X-SES-Outgoing", f"{at:%Y.%m.%d}-{_ADDRESS}"),
        )
        return kept + [
            Field(name.lower().encode(), f"{name}: {value}".encode()) for name, value in added
        ]

    def _receive(
        self,
        submission: Submission,
        sent: Sequence[Field],
        body: bytes,
        message_id: str,
        at: datetime,
    ) -> list[bytes]:
        """The fields above those of SES, topmost first."""
        envelope = f"{message_id}@{self._return_domain}"
        body_hash = hash_body(body) if self._signers else ""
        signatures = self._sign(sent, body_hash, at)
        results = self._results(sent, signatures, envelope)
        top = [f"Return-Path: <{envelope}>".encode(), self._received(submission, at)]
        if self._signers:
            signed = (*_SIGNED, "DKIM-Signature")
            known = [*(Field(b"dkim-signature", one.text) for one in signatures), *sent]
            seconds = int(at.timestamp())
            top += seal_arc(self._signers.receiver, results, known, signed, body_hash, seconds)
        top.append(f"Authentication-Results: {results}".encode())
        return top + [one.text for one in signatures]

    def _sign(self, sent: Sequence[Field], body_hash: str, at: datetime) -> list[Signature]:
        """As SES signs: for the sender's verified domain, where there is one, and for itself."""
        if self._signers is None:
            return []
        seconds = int(at.timestamp())
        made = []
        own = self._identities.signing_domain(_author(sent))
        if own is not None:
            signer = Signer(own, self._signers.sender.selector, self._signers.sender.key)
            made.append(sign_dkim(signer, sent, _SIGNED, body_hash, seconds))
        names = (*_SIGNED, "Feedback-ID")
        made.append(sign_dkim(self._signers.ses, sent, names, body_hash, seconds))
        return made

    def _results(
        self, sent: Sequence[Field], signatures: Sequence[Signature], envelope: str
    ) -> str:
        """What the receiver's Authentication-Results says (RFC 8601)."""
        found = [
            f"dkim=pass header.i=@{one.domain} header.s={one.selector} header.b={one.shown}"
            for one in signatures
        ] or ["dkim=none"]
        found.append(
            f"spf=pass ({RECEIVER_DOMAIN}: domain of {envelope} designates {_ADDRESS} as "
            f"permitted sender) smtp.mailfrom={envelope}"
        )
        domain = _author(sent).rpartition("@")[2].lower() or "invalid"
        aligned = any(
            domain == one.domain or domain.endswith(f".{one.domain}") for one in signatures
        )
        verdict = "pass (p=REJECT sp=REJECT dis=NONE)" if aligned else "fail (p=NONE dis=NONE)"
        found.append(f"dmarc={verdict} header.from={domain}")
        return ";\r\n       ".join((RECEIVER, *found))

    def _received(self, submission: Submission, at: datetime) -> bytes:
        queue = secrets.token_hex(7)
        # With several recipients none is named, as receivers do (RFC 5321 section 7.2).
        alone = len(submission.recipients) == 1
        target = f"for <{submission.recipients[0]}> " if alone else ""
        return (
            f"Received: from {self._hop} ({self._hop}. [{_ADDRESS}])\r\n"
            f"        by {RECEIVER} with ESMTPS id {queue}\r\n"
            f"        {target}(version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\r\n"
            f"        {_date(at)}"
        ).encode()


def _mark(submission: Submission, fields: Sequence[Field]) -> list[bytes]:
    """Fields that tell a rehearsal from the real thing, and keep what SES would have dropped."""
    return [
        b"X-Rehearsal: this mail was taken by a stand-in and never left the machine",
        f"X-Rehearsal-Envelope-From: <{submission.sender}>".encode(),
        ("X-Rehearsal-Envelope-To: " + ",\r\n ".join(submission.recipients)).encode(),
        *(b"X-Rehearsal-Original-" + one.raw for one in fields if one.name in _REPLACED),
    ]


def _author(fields: Sequence[Field]) -> str:
    """The first address in From."""
    value = next(field_values(fields, b"from"), "")
    return next((address for _, address in read_addresses(value)), "")


@lru_cache(maxsize=8)
def _date(at: datetime) -> str:
    """RFC 5322 section 3.3, the day without a leading zero, in UTC."""
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} +0000"
