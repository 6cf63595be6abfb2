"""SMTP passwords of Amazon SES, derived from IAM secret access keys.

Source: SES developer guide, "Obtaining Amazon SES SMTP credentials by converting existing
AWS credentials". Nothing is asked of AWS: the password is a function of secret and region.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from tocsin.base.secret import Secret

_DATE = "11111111"  # the algorithm signs with this constant in the place of a date
_VERSION = b"\x04"
_OUTDATED_VERSION = b"\x02"
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}")


def derive(secret: Secret, region: str) -> Secret:
    """The SMTP password that belongs to a secret access key in one region.

    Raises:
        ValueError: the key is empty or not ASCII, or the region has not the form of one.
    """
    if not _REGION.fullmatch(region):
        raise ValueError(f"{region[:40]!a} is not the name of an AWS region, such as eu-west-1")
    signature = b"AWS4" + _octets(secret)
    for message in (_DATE, region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.digest(signature, message.encode(), hashlib.sha256)
    return Secret(base64.b64encode(_VERSION + signature).decode())


def derive_outdated(secret: Secret) -> Secret:
    """The form used until January 2019, equal in all regions; SES throttles its users.

    Raises:
        ValueError: the key is empty or not ASCII.
    """
    signature = hmac.digest(_octets(secret), b"SendRawEmail", hashlib.sha256)
    return Secret(base64.b64encode(_OUTDATED_VERSION + signature).decode())


def _octets(secret: Secret) -> bytes:
    value = secret.reveal()
    if not value or not value.isascii():
        raise ValueError("a secret access key is 40 characters of ASCII; this is none")
    return value.encode("ascii")
