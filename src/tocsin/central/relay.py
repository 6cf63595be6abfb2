"""The ``smtp`` part of a document: how the relay is reached, and its password."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.base.secret import Secret
from tocsin.central.configuration import Smtp
from tocsin.central.problem import Problem
from tocsin.mail.address import check_address, check_domain

FIELDS = ("server", "port", "encryption", "from", "user", "password_file")
"""What the part is made of, as a document writes it."""

SET = "set"
"""What stands in place of a secret that is there."""

_LONGEST_PASSWORD = 1_000


@dataclass(frozen=True, slots=True)
class Password:
    """What a document says of a password: that it stays, is none, or is another."""

    stays: bool
    value: Secret | None = None


def read_password(
    fields: dict[str, Any],
    read_file: Callable[[str, object], bytes | None],
    tell: Callable[[Problem], None],
) -> Password:
    """Take ``password`` and ``password_file`` out of `fields`.

    ``set``, or neither of them: the password stays. Null: there is to be none. A value of
    the document itself is refused: documents are kept, mailed and printed.
    """
    given = fields.pop("password", SET)
    file = fields.pop("password_file", SET)
    if isinstance(given, Secret):
        return Password(stays=False, value=_checked(given.reveal(), "smtp.password", tell))
    if given is not None and given != SET:
        tell(_IN_THE_DOCUMENT)
        return Password(stays=True)
    if file is None or (given is None and file == SET):
        return Password(stays=False)
    if file == SET:
        return Password(stays=True)
    content = read_file("smtp.password_file", file)
    return Password(stays=False, value=None if content is None else _from_file(content, tell))


_IN_THE_DOCUMENT = Problem(
    "smtp.password",
    "a secret does not stand in the document itself",
    "password_file: NAME of a file that holds it, or 'set' for the one there is",
)


def _from_file(content: bytes, tell: Callable[[Problem], None]) -> Secret | None:
    path = "smtp.password_file"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        tell(Problem(path, "is no text", "one line of UTF-8"))
        return None
    return _checked(text.removesuffix("\n").removesuffix("\r"), path, tell)


def _checked(text: str, path: str, tell: Callable[[Problem], None]) -> Secret | None:
    if not text:
        tell(Problem(path, "is empty"))
    elif not text.isprintable():
        tell(Problem(path, "has more than one line, or control characters"))
    elif len(text) > _LONGEST_PASSWORD:
        tell(Problem(path, f"has more than {_LONGEST_PASSWORD} characters"))
    else:
        return Secret(text)
    return None


def check_relay(smtp: Smtp) -> Iterator[Problem]:
    """Problems of names and addresses."""
    yield from _server_problems(smtp.server, smtp.port)
    try:
        check_address(smtp.sender)
    except ValueError as error:
        yield Problem("smtp.from", str(error), "an address such as alarms@example.com")


def _server_problems(server: str, port: int) -> Iterator[Problem]:
    host, colon, last = server.rpartition(":")
    if "://" in server or "/" in server:
        yield Problem("smtp.server", f"{server!r} is a URL", "the host name alone")
    elif _is_address(server.strip("[]")):
        if server != server.strip("[]"):
            yield Problem("smtp.server", "has brackets", server.strip("[]"))
    elif colon and last.isdigit():
        yield Problem("smtp.server", "holds a port", f"server: {host} and port: {port}")
    else:
        try:
            # Names in container networks have underscores, which host names may not.
            check_domain(server.removesuffix(".").replace("_", "-"))
        except ValueError as error:
            yield Problem("smtp.server", str(error), "a host name or an IP address")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def check_sign_in(smtp: Smtp) -> Iterator[Problem]:
    """Problems of user, password and encryption together, once it is known what stays."""
    if smtp.password is not None and smtp.encryption == "none":
        yield Problem(
            "smtp.encryption",
            "'none' would send the password in the clear",
            "starttls or smtps; or no user and no password",
        )
    if smtp.user and smtp.password is None:
        yield Problem("smtp.password_file", "is missing: the user needs a password")
    if smtp.password is not None and not smtp.user:
        yield Problem("smtp.user", "is missing: a password is given")


def read_user(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An empty user name, as a form gives it, is none."""
    return {name: value for name, value in fields.items() if name != "user" or value != ""}
