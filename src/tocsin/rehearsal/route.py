"""What SES and a receiving provider add to a mail on its way.

The signatures are real, by keys made for this rehearsal; their public halves stand in
``dns.json`` beside the inbox, so that a verifier can be given them.
"""

from __future__ import annotations

import base64
import json
import secrets
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from pathlib import Path
from uuid import uuid4

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tocsin.base.files import write_atomically
from tocsin.rehearsal.account import Message, read_headers

RECEIVER = "mx.receiver.example"
"""The receiving provider of every rehearsal."""

# First four digits of the message id, as seen (us-east-1, us-west-2, eu-central-1) or
# sure (eu-west-1); other regions get a number that none of these has.
_REGIONS = {"us-east-1": "0100", "us-west-2": "0101", "eu-west-1": "0102", "eu-central-1": "0107"}
_OTHER_REGION = "01ff"
_SELECTOR = b"rehearsal"
_SIGNED = [b"subject", b"from", b"to", b"date", b"mime-version", b"content-type", b"message-id"]
_REPLACED = {"date", "message-id", "bcc", "return-path"}


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs, for every domain alike."""

    private_pem: bytes
    record: str
    """The TXT record of its public half."""


def make_signer(folder: Path) -> Signer:
    """Make the signing key in that folder, or take the one that was made there before."""
    path = folder / "dkim.key"
    if not path.exists():
        # 1024 bits: as Amazon's own Easy DKIM keys were seen to be; a quick signature.
        key = rsa.generate_private_key(65_537, 1024)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        write_atomically(path, pem, mode=0o600)
    private_pem = path.read_bytes()
    loaded = serialization.load_pem_private_key(private_pem, None)
    public = loaded.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Signer(private_pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


def write_dns(folder: Path, signer: Signer, domains: Sequence[str]) -> None:
    """Keep the records that a verifier of these mails would look up."""
    names = {f"rehearsal._domainkey.{domain}.": signer.record for domain in domains}
    write_atomically(folder / "dns.json", json.dumps(names, indent=2).encode() + b"\n")


def message_id(region: str) -> str:
    """A message id of SES's shape: region, milliseconds, a UUID."""
    number = _REGIONS.get(region, _OTHER_REGION)
    return f"{number}{time.time_ns() // 1_000_000:012x}-{uuid4()}-000000"


def id_domain(region: str) -> str:
    """The domain of the Message-ID that SES puts in."""
    return "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"


def deliver(message: Message, id_: str, region: str, signer: Signer | None) -> bytes:
    """The mail as it lies in the recipient's mailbox."""
    now = datetime.now(UTC)
    sent = _as_sent(message, id_, region, now)
    signatures = b"" if signer is None else _signatures(sent, message, signer)
    received = _received(message, id_, region, now, signer)
    arrived = received + signatures + sent
    seal = b"" if signer is None else _seal(arrived, signer)
    return f"Return-Path: <{id_}@{_return_domain(region)}>\r\n".encode() + seal + arrived


def _as_sent(message: Message, id_: str, region: str, now: datetime) -> bytes:
    """The message as SES passes it on: Date and Message-ID replaced, Bcc and X-SES-* gone."""
    head, _, body = message.content.partition(b"\r\n\r\n")
    kept: list[bytes] = []
    original = ""
    for name, field in _fields(head):
        if name == "message-id":
            original = field.split(b":", 1)[1].strip().decode("utf-8", "replace")
        if name not in _REPLACED and not name.startswith("x-ses-"):
            kept.append(field)
    token = base64.b64encode(secrets.token_bytes(32)).decode()
    added = [
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{id_}@{id_domain(region)}>",
        f"Feedback-ID: ::1.{region}.{token}:AmazonSES",
        f"X-SES-Outgoing: {now:%Y.%m.%d}-192.0.2.25",
        "X-Rehearsal: this mail never left the machine that it was rehearsed on",
    ]
    if original:
        # SES drops it; a rehearsal keeps it, so that a second copy can be told.
        added.append(f"X-Rehearsal-Original-Message-ID: {original}")
    return (
        b"\r\n".join([*kept, *(line.encode() for line in added)])
        + b"\r\n\r\n"
        + body
    )


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    """The header fields as (name in lower case, the folded field)."""
    found: list[tuple[str, bytes]] = []
    for line in head.split(b"\r\n"):
        if line[:1] in {b" ", b"\t"} and found:
            found[-1] = (found[-1][0], found[-1][1] + b"\r\n" + line)
        elif line:
            name = line.split(b":", 1)[0].decode("ascii", "replace").strip().lower()
            found.append((name, line))
    return found


def _received(
    message: Message, id_: str, region: str, now: datetime, signer: Signer | None
) -> bytes:
    host = (
        "a0-25.smtp-out.amazonses.com"
        if region == "us-east-1"
        else f"a0-25.smtp-out.{region}.amazonses.com"
    )
    queue = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(11))
    lines = [
        f"Received: from {host} ({host} [192.0.2.25])",
        f"\tby {RECEIVER} with ESMTPS id {queue}",
        f"\tfor <{message.recipients[0]}> (version=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256);",
        f"\t{format_datetime(now)}",
    ]
    domain = _from_domain(message)
    envelope = f"{id_}@{_return_domain(region)}"
    results = [f"Authentication-Results: {RECEIVER};"]
    if signer is not None:
        results += [
            f"\tdkim=pass header.i=@{domain} header.s=rehearsal;",
            "\tdkim=pass header.i=@amazonses.com header.s=rehearsal;",
        ]
    dmarc = "pass" if signer is not None else "fail"
    results += [
        "\tspf=pass (192.0.2.25 is a permitted sender)",
        f"\tsmtp.mailfrom={envelope};",
        f"\tdmarc={dmarc} (p=NONE) header.from={domain}",
    ]
    return "\r\n".join([*lines, *results]).encode() + b"\r\n"


def _from_domain(message: Message) -> str:
    for name, value in read_headers(message.content):
        if name == "from":
            return parseaddr(value)[1].rpartition("@")[2].lower() or "invalid"
    return message.sender.rpartition("@")[2].lower()


def _return_domain(region: str) -> str:
    return "amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"


def _signatures(sent: bytes, message: Message, signer: Signer) -> bytes:
    """One signature for the sender's domain, one for SES's own, as SES makes them."""
    signatures = [
        dkim.sign(
            sent,
            _SELECTOR,
            domain.encode(),
            signer.private_pem,
            canonicalize=(b"relaxed", b"simple"),
            include_headers=_SIGNED,
        )
        for domain in (_from_domain(message), "amazonses.com")
    ]
    return b"".join(signatures)


def _seal(arrived: bytes, signer: Signer) -> bytes:
    """The receiving provider's ARC set (RFC 8617)."""
    headers = dkim.arc_sign(
        arrived,
        _SELECTOR,
        b"receiver.example",
        signer.private_pem,
        RECEIVER.encode(),
        include_headers=_SIGNED,
    )
    return b"".join(headers)
