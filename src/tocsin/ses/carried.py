"""Whether Amazon SES carried a message, by what stands in its header.

Sources: mails that came by SES between 2019 and 2026, and the SES developer guide. Most of
it could be written by anybody. What the receiving server saw is as good as that server; only
the signature of amazonses.com proves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.clock import Instant
from tocsin.mail.received.hop import read_hop
from tocsin.mail.received.message import ReceivedMessage
from tocsin.mail.received.receiver import own_hops
from tocsin.mail.received.signature import Checked
from tocsin.ses.region import NAME

DOMAIN = "amazonses.com"
HOME_REGION = "us-east-1"
"""The region whose hosts and ids have no region in their names."""

_REGION_CODES = {
    "0100": "us-east-1",
    "0101": "us-west-2",
    "0102": "eu-west-1",
    "0107": "eu-central-1",
}
"""What a message id begins with; Amazon publishes no list of them."""

_ID = re.compile(
    r"(?P<code>[0-9a-f]{4})(?P<ms>[0-9a-f]{12})"
    r"-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{6}"
)
_HOST = re.compile(rf"[a-z][0-9]+-[0-9]+\.smtp-out\.(?:(?P<region>{NAME})\.)?amazonses\.com")
_OF_SES = re.compile(rf"(?:email\.|(?P<region>{NAME})\.)?amazonses\.com")
_FEEDBACK = re.compile(rf"(?:.*:)?[0-9]+\.(?P<region>{NAME})\.[^:]*:AmazonSES")
_OUTGOING = re.compile(r"(?P<day>\d{4}\.\d{2}\.\d{2})-(?P<address>[0-9a-fA-F.:]{2,45})")
_ENOUGH_CLAIMS = 2


class Proof(StrEnum):
    """How good the evidence is, best first."""

    SIGNATURE = "signature"
    """A signature of amazonses.com holds."""
    SEEN = "seen"
    """The receiving server says that it took the message from a host of SES."""
    CLAIMED = "claimed"
    """Only fields that anybody can write say so."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for SES: the field, what stands there, the region it tells."""

    field: str
    value: str
    region: str | None


@dataclass(frozen=True, slots=True)
class Carriage:
    """What is known of a message's way through SES.

    `message_id` is that of the reply to the sender, by which feedback names the message;
    `accepted_at` is the time that it holds. `region` is None where nothing tells it, or
    where the evidence does not agree (`disagrees`).
    """

    proof: Proof
    evidence: tuple[Evidence, ...]
    region: str | None
    disagrees: bool
    message_id: str | None
    accepted_at: Instant | None

    @property
    def carried(self) -> bool:
        """Whether SES carried it, as far as the message tells."""
        return self.proof is not Proof.NONE


def find_carriage(message: ReceivedMessage, signatures: Iterable[Checked]) -> Carriage:
    """What speaks for SES in a message; `signatures` as they were verified."""
    hosts = [*_hosts(message)]
    seen = [one for looked_up, one in hosts if looked_up]
    claims = [*(one for looked_up, one in hosts if not looked_up), *_claims(message)]
    signed = [one for one in signatures if one.signature.domain == DOMAIN]
    evidence = (
        *seen,
        *claims,
        *(Evidence("DKIM-Signature", f"d={DOMAIN}", None) for _ in signed[:1]),
    )
    if any(one.holds for one in signed):
        proof = Proof.SIGNATURE
    elif seen:
        proof = Proof.SEEN
    else:
        enough = len(claims) + bool(signed) >= _ENOUGH_CLAIMS
        proof = Proof.CLAIMED if enough else Proof.NONE
    regions = {one.region for one in evidence if one.region is not None}
    id_, accepted_at = message_id_of(message)
    return Carriage(
        proof=proof,
        evidence=evidence,
        region=regions.pop() if len(regions) == 1 else None,
        disagrees=len(regions) > 1,
        message_id=id_,
        accepted_at=accepted_at,
    )


def message_id_of(message: ReceivedMessage) -> tuple[str | None, Instant | None]:
    """The id that SES gave the message, and when; by Message-ID or Return-Path."""
    for key in ("message-id", "return-path"):
        local = message.first(key).strip("<> ").partition("@")[0].lower()
        found = _ID.fullmatch(local)
        if found is not None:
            return local, int(found["ms"], 16) * 1000
    return None, None


def _hosts(message: ReceivedMessage) -> Iterable[tuple[bool, Evidence]]:
    """Hosts of SES that the message came from, and whether the receiving server looked them up.

    What stands further down came with the message, and what only called itself so is no
    more than that.
    """
    own = own_hops(message)
    for field in message.fields:
        if field.key in {"received", "x-received"}:
            hop = read_hop(field.value)
            found = _HOST.fullmatch(hop.host or hop.helo.lower().rstrip("."))
            if found is not None:
                address = f" [{hop.address}]" if hop.address else ""
                told = Evidence(field.name, found[0] + address, found["region"] or HOME_REGION)
                yield bool(hop.host) and field.key == "received" and hop in own, told


def _claims(message: ReceivedMessage) -> Iterable[Evidence]:
    for name in ("Message-ID", "Return-Path"):
        local, at, domain = message.first(name.lower()).strip("<> ").lower().rpartition("@")
        of_ses, id_ = _OF_SES.fullmatch(domain), _ID.fullmatch(local)
        if at and id_ and (of_ses or name == "Return-Path"):
            # A domain of one's own in Return-Path is a custom MAIL FROM.
            region = _REGION_CODES.get(id_["code"])
            if of_ses and (of_ses["region"] or domain != DOMAIN):
                region = of_ses["region"] or HOME_REGION
            yield Evidence(name, f"{local}@{domain}", region)
    feedback = _FEEDBACK.fullmatch(message.first("feedback-id"))
    if feedback is not None:
        yield Evidence("Feedback-ID", feedback[0], feedback["region"])
    outgoing = _OUTGOING.fullmatch(message.first("x-ses-outgoing"))
    if outgoing is not None:
        yield Evidence("X-SES-Outgoing", outgoing[0], None)
