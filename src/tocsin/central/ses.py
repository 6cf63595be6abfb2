"""The API of Amazon SES in a document: the key to ask with, and where feedback comes from."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema

from tocsin.base.secret import Secret
from tocsin.central.part import Line, Name, Part, WholeNumber
from tocsin.central.problem import Problem
from tocsin.central.relay import SET

FIELDS = (
    "region",
    "access_key",
    "secret_key_file",
    "relay",
    "topics",
    "queue",
    "endpoint_url",
    "key_age_days",
)
"""What ``ses`` is made of, as a document writes it."""

_LONGEST_SECRET = 200
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_KEY = re.compile(r"[A-Z0-9]{16,128}")
_WRITTEN_ONLY = WithJsonSchema({"type": ["string", "null"], "writeOnly": True})


def _region(value: object) -> object:
    if isinstance(value, str) and not _REGION.fullmatch(value):
        raise ValueError("is no region such as eu-west-1")
    return value


def _topic(value: object) -> object:
    if isinstance(value, str) and not _TOPIC.fullmatch(value):
        raise ValueError("is no topic such as arn:aws:sns:eu-west-1:123456789012:feedback")
    return value


def _access_key(value: object) -> object:
    if isinstance(value, str) and not _KEY.fullmatch(value):
        raise ValueError("is no access key id: capital letters and digits, such as AKIA…")
    return value


def _web_address(value: object) -> object:
    """HTTPS; in the clear only on this machine itself, as tests and stand-ins are."""
    if not isinstance(value, str):
        return value
    parts = urlsplit(value)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("is no address such as https://sqs.eu-west-1.amazonaws.com/…")
    secure = parts.scheme == "https"
    if not secure and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("is not https; http is taken on loopback alone")
    return value


def is_loopback(host: str) -> bool:
    """Whether the name or address is of this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_WebAddress = Annotated[Line, Field(max_length=500), BeforeValidator(_web_address)]


class Ses(Part):
    """The account at Amazon SES, as far as it may be asked."""

    region: Annotated[str, BeforeValidator(_region)]
    access_key: Annotated[str, BeforeValidator(_access_key)] | None = None
    secret_key: Annotated[Secret | None, _WRITTEN_ONLY] = None
    topics: tuple[Annotated[str, BeforeValidator(_topic)], ...] = Field(default=(), max_length=50)
    """SNS topics that feedback is taken from without a person's word."""
    queue: _WebAddress | None = None
    """URL of the SQS queue that feedback is fetched from."""
    endpoint_url: _WebAddress | None = None
    """Where the API is in place of AWS: a stand-in, or an endpoint of an own network."""
    relay: Name | None = None
    """The relay whose mail goes into this account, where its server's name does not say so."""
    key_age_days: Annotated[WholeNumber, Field(ge=0, le=3650)] = 90
    """Days after which an access key is called old; 0: never."""


def read_secret_key(
    fields: dict[str, Any],
    read_file: Callable[[str, object], bytes | None],
    tell: Callable[[Problem], None],
) -> tuple[bool, Secret | None]:
    """Take ``secret_key`` and ``secret_key_file`` out of `fields`.

    Gives whether the one that is there stays, and the new one. As with a relay's password:
    ``set`` or nothing keeps it, null removes it, and the secret itself stands in no document.
    """
    given = fields.pop("secret_key", SET)
    file = fields.pop("secret_key_file", SET)
    if isinstance(given, Secret):
        return False, _checked(given.reveal(), "ses.secret_key", tell)
    if given is not None and given != SET:
        accepted = "secret_key_file: NAME of a file that holds it, or 'set' for the one there is"
        tell(Problem("ses.secret_key", "a secret does not stand in the document itself", accepted))
        return True, None
    if file is None or (given is None and file == SET):
        return False, None
    if file == SET:
        return True, None
    content = read_file("ses.secret_key_file", file)
    if content is None:
        return False, None
    return False, _checked(content.decode("utf-8", "replace"), "ses.secret_key_file", tell)


def _checked(text: str, path: str, tell: Callable[[Problem], None]) -> Secret | None:
    secret = text.strip("\r\n")
    if not secret or len(secret) > _LONGEST_SECRET or not secret.isascii() or " " in secret:
        tell(Problem(path, "is no secret access key", "one line of 40 letters, digits, + and /"))
        return None
    if not secret.isprintable():
        tell(Problem(path, "has more than one line, or control characters"))
        return None
    return Secret(secret)


def check_key(ses: Ses) -> Iterator[Problem]:
    """Problems of the key, once it is known what stays."""
    if ses.access_key and ses.secret_key is None:
        problem = "is missing: the access key needs its secret"
        yield Problem("ses.secret_key_file", problem)
    if ses.secret_key is not None and not ses.access_key:
        yield Problem("ses.access_key", "is missing: its secret is given")
    if ses.queue is not None and not ses.access_key:
        yield Problem("ses.access_key", "is missing: a queue is fetched from with a key")


def with_secret_key(ses: Ses, known: Secret | None) -> Ses:
    """The part with the secret that stays; without an access key none does."""
    if known is None or not ses.access_key:
        return ses
    return ses.model_copy(update={"secret_key": known})


def show_ses(ses: Ses) -> dict[str, Any]:
    """The part with what was said of it, its secret as ``set``."""
    said = ses.model_dump(mode="json", exclude={"secret_key"}, exclude_defaults=True)
    if ses.secret_key is not None:
        said["secret_key_file"] = SET
    return {name: said[name] for name in FIELDS if name in said}
