"""The arrival probe in a document: where its mails go, and where they are looked for."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from tocsin.base.secret import Secret
from tocsin.central.part import Line, Name, Part, WholeNumber
from tocsin.central.problem import Problem
from tocsin.central.relay import SET, Password, read_password
from tocsin.mail.address import check_address, check_domain

FIELDS = (
    "to",
    "relay",
    "server",
    "port",
    "encryption",
    "user",
    "password_file",
    "folder",
    "every_s",
    "patience_s",
    "delete",
)
"""What ``arrival`` is made of, as a document writes it."""

_PART = "arrival"
_WRITTEN_ONLY = WithJsonSchema({"type": ["string", "null"], "writeOnly": True})


def _address(value: object) -> object:
    return check_address(value) if isinstance(value, str) else value


def _server(value: object) -> object:
    """A host name or an address; what people paste besides is said."""
    if not isinstance(value, str):
        return value
    if "/" in value:
        raise ValueError("is a URL; the host name alone is wanted")
    try:
        ipaddress.ip_address(value)
    except ValueError:
        check_domain(value.removesuffix(".").replace("_", "-"))
    return value


class Arrival(Part):
    """The canary mails and the mailbox that they must come to."""

    to: Annotated[str, BeforeValidator(_address)]
    """The address that canaries go to, in the form that goes on the wire."""
    relay: Name | None = None
    """The relay that they go by; none: the way that mail goes just then."""
    server: Annotated[Line, Field(min_length=1, max_length=253), BeforeValidator(_server)]
    port: WholeNumber = Field(default=993, ge=1, le=65_535)
    encryption: Literal["imaps", "starttls"] = "imaps"
    """Never in the clear: there is always a password."""
    user: Line = Field(min_length=1, max_length=320)
    password: Annotated[Secret | None, _WRITTEN_ONLY] = None
    folder: Line = Field(default="INBOX", min_length=1, max_length=200)
    every_s: WholeNumber = Field(default=900, ge=60, le=604_800)
    """Seconds between canaries."""
    patience_s: WholeNumber = Field(default=300, ge=10, le=86_400)
    """Seconds after which one that the relay accepted counts as missing."""
    delete: bool = True
    """Whether canaries that were found are deleted; never anything else."""

    @property
    def basis(self) -> str:
        """What a canary was sent for: with another address or mailbox it says nothing."""
        parts = (self.to, self.relay, self.server, self.port, self.user, self.folder)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def read_mailbox_password(
    fields: dict[str, Any],
    read_file: Callable[[str, object], bytes | None],
    tell: Callable[[Problem], None],
) -> Password:
    """Take ``password`` and ``password_file`` out of `fields`, as those of a relay."""
    return read_password(_PART, fields, read_file, tell)


def check_arrival(arrival: Arrival, relays: tuple[str, ...]) -> Iterator[Problem]:
    """Problems of the part, once it is known what stays and which relays there are."""
    if arrival.password is None:
        yield Problem(f"{_PART}.password_file", "is missing: the user needs a password")
    if arrival.relay is not None and arrival.relay not in relays:
        accepted = ", ".join(relays) or "none: there are no relays"
        yield Problem(f"{_PART}.relay", f"there is no relay {arrival.relay!r}", accepted)


def with_password(arrival: Arrival, known: Secret | None) -> Arrival:
    """The part with the password that stays."""
    return arrival if known is None else arrival.model_copy(update={"password": known})


def show_arrival(arrival: Arrival) -> dict[str, Any]:
    """The part with what was said of it, its password as ``set``."""
    said = arrival.model_dump(mode="json", exclude={"password"}, exclude_defaults=True)
    if arrival.password is not None:
        said["password_file"] = SET
    return {name: said[name] for name in FIELDS if name in said}
