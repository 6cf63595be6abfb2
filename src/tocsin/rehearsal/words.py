"""The replies of the SES endpoint, word for word.

Sources: SES developer guide, "Amazon SES SMTP issues and response codes"; transcripts in
public issues; and, where none is public, the literals of the SMTP library whose words the
endpoint's known replies are. Each is a whole reply with its line end.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

HOST = "email-smtp.amazonaws.com"
"""What the endpoint calls itself, whatever its region."""

_LONGEST = 510
"""Octets of a reply without its line end (RFC 5321 section 4.5.3.1.5)."""

OK = b"250 Ok\r\n"
HELO = f"250 {HOST}\r\n".encode()
BYE = b"221 Bye\r\n"
HELP = b"214 End of HELP info\r\n"
START_TLS = b"220 Ready to start TLS\r\n"
TLS_ACTIVE = b"454 TLS not available due to temporary reason: TLS already active\r\n"
TLS_UNSUPPORTED = b"454 TLS not supported\r\n"
SIGNED_IN = b"235 Authentication successful.\r\n"
ASK_PLAIN = b"334 Ok\r\n"
ASK_USER = b"334 VXNlcm5hbWU6\r\n"
ASK_PASSWORD = b"334 UGFzc3dvcmQ6\r\n"
START_DATA = b"354 End data with <CR><LF>.<CR><LF>\r\n"

TOO_MANY_CONNECTIONS = b"421 Too many concurrent SMTP connections\r\n"
TOO_MANY_MESSAGES = (
    b"421 Connection closed by server. Maximum message count per session reached.\r\n"
)
NOT_AVAILABLE = b"421 Service not available, closing transmission channel.\r\n"
IDLE = b"451 4.4.2 Timeout waiting for data from client.\r\n"
TEMPORARY = b"451 Temporary service failure\r\n"
TOO_MANY_RECIPIENTS = b"452 Error: too many recipients\r\n"
SIGN_IN_UNAVAILABLE = b"454 Temporary authentication failure\r\n"
RATE = b"454 Throttling failure: Maximum sending rate exceeded.\r\n"
QUOTA = b"454 Throttling failure: Daily message quota exceeded.\r\n"
OUTDATED_PASSWORD = b"454 Throttling failure: Maximum SigV2 SMTP sending rate exceeded.\r\n"

BAD_SYNTAX = b"500 Error: bad syntax\r\n"
UNKNOWN_COMMAND = b"500 Error: command not implemented\r\n"
LINE_TOO_LONG = b"501 Input line length is too long!\r\n"
NO_PARAMETERS = b"501 Syntax error (no parameters allowed)\r\n"
EHLO_SYNTAX = b"501 Syntax: EHLO hostname\r\n"
HELO_SYNTAX = b"501 Syntax: HELO <hostname>\r\n"
AUTH_SYNTAX = b"501 Syntax: AUTH mechanism [initial-response]\r\n"
AUTH_CANCELLED = b"501 Authentication canceled by client.\r\n"
NOT_BASE64 = b"501 Invalid command argument, not a valid Base64 string\r\n"
MAIL_SYNTAX = b"501 Syntax: MAIL FROM: <address>\r\n"
INVALID_SENDER = b"501 Invalid MAIL FROM address provided\r\n"
VRFY_DISABLED = b"502 VRFY command is disabled\r\n"
EXPN_DISABLED = b"502 EXPN command is disabled\r\n"
NO_AUTH = b"502 Authentication not supported\r\n"
GREETED_ALREADY = b"503 5.5.1 Error: duplicate EHLO\r\n"
SENDER_SPECIFIED = b"503 5.5.1 Sender already specified.\r\n"
NEED_MAIL = b"503 5.5.1 Error: need MAIL command\r\n"
NEED_RCPT = b"503 Error: need RCPT command\r\n"
SIGNED_IN_ALREADY = b"503 Refusing any other AUTH command.\r\n"
NO_SUCH_MECHANISM = b"504 The requested authentication mechanism is not supported\r\n"
NEED_TLS = b"530 Must issue a STARTTLS command first\r\n"
NEED_AUTH = b"530 Authentication required\r\n"
BAD_CREDENTIALS = b"535 Authentication Credentials Invalid\r\n"
NOT_SUBSCRIBED = b"535 Account not subscribed to SES\r\n"
TOO_LONG = b"552 Message is too long.\r\n"
PAUSED = (
    b"554 Message rejected: Sending paused for this account. For more information, please "
    b"check the inbox of the email address associated with your AWS account.\r\n"
)
CONTENT_REJECTED = b"554 5.7.1 Message content rejected\r\n"
"""As other relays say it."""
SUPPRESSED = b"554 Message rejected: Address blacklisted.\r\n"
"""Of 2012; today SES takes such mail and reports a bounce."""
MAIL_FROM_BROKEN = (
    b"554 MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.\r\n"
)


def greeting(token: str, number: str) -> bytes:
    """The first line; `token` is of the server, `number` of the connection."""
    return _line(f"220 {HOST} ESMTP SimpleEmailService-{token} {number}")


def capabilities(*, starttls: bool, mechanisms: Iterable[str]) -> bytes:
    """The answer to EHLO. AUTH is listed before TLS too, although it is refused there."""
    lines = [HOST, "8BITMIME"]
    if starttls:
        lines.append("STARTTLS")
    listed = " ".join(mechanisms)
    if listed:
        lines.append(f"AUTH {listed}")
    return "".join(f"250-{line}\r\n" for line in lines).encode() + OK


def ask(question: str) -> bytes:
    """A challenge of a sign-in (RFC 4954 section 4)."""
    return b"334 " + base64.b64encode(question.encode()) + b"\r\n"


def accepted(message_id: str) -> bytes:
    """The message is taken; the id is what feedback will name."""
    return f"250 Ok {message_id}\r\n".encode()


def bare_line_end(position: int) -> bytes:
    """A CR or LF stood alone in a command, so many characters into its line."""
    return (
        f"501 Syntax error at character position {position}. CR and LF must be CRLF paired.  "
        "See RFC 2821 #2.7.1.\r\n"
    ).encode()


def recipient_syntax(argument: str) -> bytes:
    """RCPT without its ``TO:``."""
    return _line(f'501 Syntax: RCPT TO: <address>  Error in parameters: "{argument}"')


def invalid_sender(address: str) -> bytes:
    """The syntax of MAIL FROM's address."""
    return _line(f"553 <{address}> Invalid email address")


def invalid_recipient(address: str) -> bytes:
    """The syntax of RCPT TO's address."""
    return _line(f"553 <{address}> address unknown")


def not_verified(region: str, identities: Iterable[str]) -> bytes:
    """Every identity that failed the check, the region in capitals; a long list is cut."""
    return _line(
        "554 Message rejected: Email address is not verified. The following identities failed "
        f"the check in region {region.upper()}: {', '.join(identities)}"
    )


def recipient_count(limit: int) -> bytes:
    """More recipients than one message may have, noticed at the end of DATA."""
    return f"554 Transaction failed: Recipient count exceeds {limit}.\r\n".encode()


def transaction_failed(complaint: str) -> bytes:
    """The message itself is not as SES wants messages."""
    return _line(f"554 Transaction failed: {complaint}")


def configuration_set_missing(name: str) -> bytes:
    """The message, or the identity's default, names a set that is not there."""
    return _line(
        f"554 Configuration Set does not exist: Configuration set <{name}> does not exist."
    )


def access_denied(region: str, identity: str) -> bytes:
    """The IAM user's policy forbids it. The account number is the one of AWS's examples."""
    account = "123456789012"
    return _line(
        f"554 Access denied: User `arn:aws:iam::{account}:user/rehearsal-smtp-user' is not "
        "authorized to perform `ses:SendRawEmail' on resource "
        f"`arn:aws:ses:{region}:{account}:identity/{identity}'"
    )


def _line(text: str) -> bytes:
    """One reply line; what a client smuggled into it cannot end it."""
    line = "".join(char if char >= " " else "?" for char in text).encode("utf-8", "replace")
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 3] + b"..."
    return line + b"\r\n"
