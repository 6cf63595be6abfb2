"""Messages that SNS sends over HTTPS: whether one is genuine, and what it is signed with.

Nothing is believed, and nothing fetched, before the addresses in the message are SNS's own:
the certificate's address stands in the very message that it is to prove.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tocsin.base.clock import HOUR, MINUTE, Instant, parse_rfc3339
from tocsin.ses.event import Malformed
from tocsin.trust.anchor import SMALLEST_KEY
from tocsin.trust.certificate import Certificate, NotCertificates, load, read_certificates
from tocsin.trust.hostname import covers

OLDEST: Instant = HOUR
"""A message older than this is refused, whatever signature it carries."""
_AHEAD: Instant = 5 * MINUTE
_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]+\.pem")
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_NAME = "sns.amazonaws.com"

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_OPTIONAL = frozenset({"Subject"})


class Forged(Exception):
    """The message is not what it says, or not fit to be believed; the words say why."""


@dataclass(frozen=True, slots=True)
class SnsMessage:
    """A message as it came, read but not yet believed."""

    type: str
    id: str
    topic: str
    at: Instant
    cert_url: str
    subscribe_url: str | None
    fields: dict[str, Any]

    @property
    def region(self) -> str:
        """The region of the topic."""
        return self.topic.split(":")[3]

    @property
    def signed_text(self) -> bytes:
        """The octets that are signed: of each field its name and its value, a line each."""
        names = (one for one in _SIGNED[self.type] if self.fields.get(one) is not None)
        return "".join(f"{name}\n{self.fields[name]}\n" for name in names).encode()


def read_message(said: object) -> SnsMessage:
    """The message in a request's body.

    Raises:
        Malformed: a field is missing or of the wrong kind.
    """
    type_ = said.get("Type") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(type_, str) or type_ not in _SIGNED:
        raise Malformed("is no message of SNS")
    wanted = [*_SIGNED[type_], "SignatureVersion", "Signature", "SigningCertURL"]
    for name in wanted:
        value = said.get(name)
        if not isinstance(value, str) and not (name in _OPTIONAL and value is None):
            raise Malformed(f"has no {name}")
    if not _ID.fullmatch(said["MessageId"]) or not _TOPIC.fullmatch(said["TopicArn"]):
        raise Malformed("has no MessageId or TopicArn of SNS")
    try:
        at = parse_rfc3339(said["Timestamp"])
    except (ValueError, OverflowError):
        raise Malformed("has no Timestamp that can be read") from None
    return SnsMessage(
        type=type_,
        id=said["MessageId"],
        topic=said["TopicArn"],
        at=at,
        cert_url=said["SigningCertURL"],
        subscribe_url=said.get("SubscribeURL"),
        fields=said,
    )


def check_age(message: SnsMessage, now: Instant) -> None:
    """Raises: Forged, for what is too old, or of the future."""
    if now - message.at > OLDEST:
        raise Forged("the message is older than an hour")
    if message.at - now > _AHEAD:
        raise Forged("the message is of the future")


def check_cert_url(url: str, stand_in: str | None = None) -> None:
    """Raises: Forged, where a certificate of SNS does not lie."""
    if not _PATH.fullmatch(_own_path(url, stand_in)):
        raise Forged("SigningCertURL is not the address of a certificate of SNS")


def check_subscribe_url(url: str, stand_in: str | None = None) -> None:
    """Raises: Forged, for an address that is not SNS's own."""
    _own_path(url, stand_in)


def _own_path(url: str, stand_in: str | None) -> str:
    """The path of an address of SNS; `stand_in` is the one address that is taken beside.

    Raises:
        Forged: it is somebody else's.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forged("an address in the message cannot be read") from None
    if stand_in is not None and _origin(url) == _origin(stand_in):
        return parts.path
    genuine = (
        parts.scheme == "https"
        and parts.username is None
        and port in {None, 443}
        and _HOST.fullmatch(parts.netloc.removesuffix(":443")) is not None
    )
    if not genuine:
        raise Forged("an address in the message is not SNS's own")
    return parts.path


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def read_signer(pem: bytes, host: str, now: Instant) -> Certificate:
    """The certificate in the file that SigningCertURL names.

    It came over a connection that the trust store vouched for, from SNS's own host, and that
    is what it is believed for: the file holds the certificate alone, without what lies
    between it and a root.

    Raises:
        Forged: it is no certificate, or not one that SNS could sign with now.
    """
    try:
        signer = read_certificates(pem)[0]
    except NotCertificates as error:
        raise Forged(f"the signing certificate cannot be read: {error}") from None
    check_validity(signer, now)
    if signer.self_signed or signer.is_ca:
        raise Forged("the signing certificate was issued by no authority")
    if not covers(signer.names, _NAME) and not covers(signer.names, host):
        raise Forged("the signing certificate is not SNS's")
    if not signer.key.startswith("RSA") or signer.key_bits < SMALLEST_KEY["RSA"]:
        raise Forged("the signing certificate's key is none that SNS would sign with")
    return signer


def check_validity(signer: Certificate, now: Instant) -> None:
    """Raises: Forged, when the certificate is out of its time."""
    if not signer.not_before <= now <= signer.not_after:
        raise Forged("the signing certificate is out of its time")


def check_signature(message: SnsMessage, signer: Certificate) -> None:
    """Raises: Forged, when the signature is not the signer's over just this message."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- start-up time
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

    digests: dict[str, hashes.HashAlgorithm] = {
        "1": hashes.SHA1(),  # noqa: S303 -- what SNS signs with unless told otherwise
        "2": hashes.SHA256(),
    }
    digest = digests.get(message.fields["SignatureVersion"])
    if digest is None:
        raise Forged("the signature's version is not known")
    key = load(signer.der).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise Forged("the signing certificate has no RSA key")
    try:
        signature = base64.b64decode(message.fields["Signature"], validate=True)
        key.verify(signature, message.signed_text, padding.PKCS1v15(), digest)
    except (InvalidSignature, binascii.Error, ValueError):
        raise Forged("the signature does not fit the message") from None
