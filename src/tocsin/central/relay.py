"""A relay in a document, ``smtp`` or one of ``relays``: how it is reached, and its password."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.base.secret import Secret
from tocsin.central.problem import Problem, join
from tocsin.central.smtp import Relay
from tocsin.mail.address import check_address, check_domain

FIELDS = (
    "server",
    "port",
    "encryption",
    "from",
    "user",
    "password_file",
    "sign_in",
    "max_send_rate",
    "max_24_hour_send",
    "max_connections",
    "max_messages_per_connection",
    "max_recipients",
    "window",
    "idle_s",
    "timeout_s",
)
"""What ``smtp`` is made of, as a document writes it."""

FURTHER_FIELDS = ("name", "after_s", *FIELDS)
"""What each of ``relays`` is made of."""

SET = "set"
"""What stands in place of a secret that is there."""

LONGEST_PASSWORD = 1_000
LONGEST_TOKEN = 8_000
"""An access token may be this long: a command line of AUTH has 12,288 octets (RFC 4954)."""

_CLEARED_BY_NULL = frozenset(FURTHER_FIELDS[1:]) - {"server", "port", "encryption", "password_file"}


@dataclass(frozen=True, slots=True)
class Password:
    """What a document says of a password: that it stays, is none, or is another."""

    stays: bool
    value: Secret | None = None


def read_fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a relay: null is what nobody said, and so is an empty user of a form."""
    return {
        name: said
        for name, said in value.items()
        if not (said is None and name in _CLEARED_BY_NULL) and not (name == "user" and said == "")
    }


def read_password(
    path: str,
    fields: dict[str, Any],
    read_file: Callable[[str, object], bytes | None],
    tell: Callable[[Problem], None],
) -> Password:
    """Take ``password`` and ``password_file`` out of `fields`, which stand at `path`.

    ``set``, or neither of them: the password stays. Null: there is to be none. A value of
    the document itself is refused: documents are kept, mailed and printed.
    """
    given = fields.pop("password", SET)
    file = fields.pop("password_file", SET)
    longest = LONGEST_TOKEN if fields.get("sign_in") == "xoauth2" else LONGEST_PASSWORD
    if isinstance(given, Secret):
        there = join(path, "password")
        return Password(stays=False, value=_checked(given.reveal(), longest, there, tell))
    if given is not None and given != SET:
        tell(Problem(join(path, "password"), *_IN_THE_DOCUMENT))
        return Password(stays=True)
    if file is None or (given is None and file == SET):
        return Password(stays=False)
    if file == SET:
        return Password(stays=True)
    there = join(path, "password_file")
    content = read_file(there, file)
    if content is None:
        return Password(stays=False)
    return Password(stays=False, value=_from_file(content, longest, there, tell))


_IN_THE_DOCUMENT = (
    "a secret does not stand in the document itself",
    "password_file: NAME of a file that holds it, or 'set' for the one there is",
)


def _from_file(
    content: bytes, longest: int, path: str, tell: Callable[[Problem], None]
) -> Secret | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        tell(Problem(path, "is no text", "one line of UTF-8"))
        return None
    return _checked(text.removesuffix("\n").removesuffix("\r"), longest, path, tell)


def _checked(text: str, longest: int, path: str, tell: Callable[[Problem], None]) -> Secret | None:
    if not text:
        tell(Problem(path, "is empty"))
    elif not text.isprintable():
        tell(Problem(path, "has more than one line, or control characters"))
    elif len(text) > longest:
        tell(Problem(path, f"has more than {longest} characters"))
    else:
        return Secret(text)
    return None


def check_relay(path: str, relay: Relay) -> Iterator[Problem]:
    """Problems of names and addresses of the relay that stands at `path`."""
    yield from _server_problems(join(path, "server"), relay.server, relay.port)
    if relay.sender is None:
        return
    try:
        check_address(relay.sender)
    except ValueError as error:
        yield Problem(join(path, "from"), str(error), "an address such as alarms@example.com")


def _server_problems(path: str, server: str, port: int) -> Iterator[Problem]:
    host, colon, last = server.rpartition(":")
    if "://" in server or "/" in server:
        yield Problem(path, f"{server!r} is a URL", "the host name alone")
    elif _is_address(server.strip("[]")):
        if server != server.strip("[]"):
            yield Problem(path, "has brackets", server.strip("[]"))
    elif colon and last.isdigit():
        yield Problem(path, "holds a port", f"server: {host} and port: {port}")
    else:
        try:
            # Names in container networks have underscores, which host names may not.
            check_domain(server.removesuffix(".").replace("_", "-"))
        except ValueError as error:
            yield Problem(path, str(error), "a host name or an IP address")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def check_sign_in(path: str, relay: Relay) -> Iterator[Problem]:
    """Problems of user, password and encryption together, once it is known what stays."""
    if relay.password is not None and relay.encryption == "none":
        yield Problem(
            join(path, "encryption"),
            "'none' would send the password in the clear",
            "starttls or smtps; or no user and no password",
        )
    if relay.user and relay.password is None:
        yield Problem(join(path, "password_file"), "is missing: the user needs a password")
    if relay.password is not None and not relay.user:
        yield Problem(join(path, "user"), "is missing: a password is given")
