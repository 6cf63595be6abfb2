"""The commands that carry an envelope, safe against what an address could smuggle in."""

from __future__ import annotations

import re
from functools import lru_cache

from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import NotOffered, TooLarge, UnsafePath

MAX_PATH = 320
"""Longest address taken, in bytes: 64 of local part, `@` and 255 of domain."""

# A quoted local part may hold almost anything printable; outside quotes nothing may that
# ends an argument. Syntax in full is for `tocsin.mail.address`; this keeps the wire safe.
_SAFE = re.compile(
    r"""(?! .*[\ud800-\udfff] )
        (?: "(?:[^\x00-\x1f\x7f-\x9f"\\]|\\[\x20-\x7e])*" | [^\x00-\x20\x7f-\x9f<>"@\\]+ )
        @ [^\x00-\x20\x7f-\x9f<>"@\\]+""",
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def path(address: str) -> str:
    """The address in angle brackets; an empty one is the null sender ``<>``.

    Raises:
        UnsafePath: it would break the command.
    """
    if address and (
        len(address.encode("utf-8", "replace")) > MAX_PATH or not _SAFE.fullmatch(address)
    ):
        raise UnsafePath(address)
    return f"<{address}>"


def mail_command(sender: str, content: bytes, capabilities: Capabilities, *, utf8: bool) -> str:
    """MAIL with the parameters that are offered and needed (RFC 1870, 6152, 6531).

    Raises:
        TooLarge: the relay named a limit below the content's size.
        NotOffered: the message needs 8BITMIME or SMTPUTF8 and the relay has none.
        UnsafePath: the sender cannot be sent.
    """
    command = f"MAIL FROM:{path(sender)}"
    limit = capabilities.size_limit
    if limit is not None and len(content) > limit:
        raise TooLarge(len(content), limit)
    if capabilities.size_offered:
        command += f" SIZE={len(content)}"
    if not content.isascii():
        if not capabilities.eight_bit:
            raise NotOffered("8BITMIME")
        command += " BODY=8BITMIME"
    if utf8:
        command += " SMTPUTF8"
    return command


def rcpt_command(address: str) -> str:
    """RCPT for one recipient.

    Raises:
        UnsafePath: the address cannot be sent.
    """
    if not address:
        raise UnsafePath(address)
    return f"RCPT TO:{path(address)}"


def needs_utf8(
    sender: str, recipients: tuple[str, ...], content: bytes, capabilities: Capabilities
) -> bool:
    """Whether the message needs SMTPUTF8: an address or a header field that is not ASCII.

    Raises:
        NotOffered: it does and the relay has it not.
    """
    if content.isascii() and sender.isascii() and all(map(str.isascii, recipients)):
        return False
    strange = next((each for each in (sender, *recipients) if not each.isascii()), None)
    if strange is None and content.partition(b"\r\n\r\n")[0].isascii():
        return False
    if not capabilities.smtputf8:
        raise NotOffered("SMTPUTF8", strange)
    return True


def check_greeting_name(name: str) -> str:
    """The name for EHLO: a domain or an address literal (RFC 5321 section 4.1.1.1).

    Raises:
        ValueError: it is neither.
    """
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[A-Za-z0-9:.]{2,60}\]", name):
        raise ValueError(f"{name[:80]!a} cannot be the name for EHLO")
    return name
