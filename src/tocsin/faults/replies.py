"""What a relay's refusal means: its words first, then its codes.

Amazon SES is known by its words (SES developer guide, "Amazon SES SMTP issues", and
transcripts); other relays by the reply code at that stage (RFC 5321 section 4.2) and the
enhanced status code (RFC 3463).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr

from tocsin.faults.fault import Finding

_PERMANENT = 500

_Facts = Mapping[str, str]


def recognise(
    stage: str,
    code: int,
    enhanced: str | None,
    text: str,
    *,
    sender: str | None = None,
) -> Finding:
    """The fault behind an SMTP error reply, with the facts that stand in it.

    Args:
        stage: ``greeting``, ``ehlo``, ``starttls``, ``auth``, ``mail``, ``rcpt``, ``data``,
            ``body`` (the reply after the final dot) or ``quit``.
        code: the reply code, 400 to 599.
        enhanced: the enhanced status code such as ``5.7.1``, when there was one.
        text: the reply's words without the codes.
        sender: the envelope's sender, to tell its refusal from a recipient's.
    """
    words = " ".join(text.split())
    reply = f"{code} {enhanced + ' ' if enhanced else ''}{words}".rstrip(". ")
    facts = {"reply": reply, "stage": stage}
    for pattern, answer in _SES:
        found = pattern.search(words)
        if found is not None:
            return answer(found, facts, sender)
    return Finding(_by_code(stage, code, enhanced or "", words.lower()), facts)


def _plain(fault: str) -> Callable[[re.Match[str], _Facts, str | None], Finding]:
    return lambda found, facts, _: Finding(fault, {**facts, **found.groupdict()})


def _not_verified(found: re.Match[str], facts: _Facts, sender: str | None) -> Finding:
    identities = _identities(found["identities"])
    told = {
        **facts,
        "region": found["region"].lower(),
        "identities": ", ".join(identities) or found["identities"],
    }
    # The list may be cut short ("..."): then our own sender counts as listed, because
    # taking a refused sender for a refused recipient would fail message after message.
    cut = found["identities"].rstrip().endswith("...")
    own = sender is None or cut or sender.lower() in {one.lower() for one in identities}
    if own or not identities:
        return Finding("ses.identity-not-verified", told)
    return Finding("ses.sandbox-recipient", {**told, "recipient": identities[0]})


def _identities(text: str) -> list[str]:
    # Commas inside a quoted display name do not part two identities.
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text.rstrip(" .").removesuffix("..."))
    found: list[str] = []
    for part in parts:
        address = parseaddr(part.strip())[1] or part.strip()
        if address:
            found.append(address)
    return found


def _denied(found: re.Match[str], facts: _Facts, _: str | None) -> Finding:
    return Finding(
        "ses.not-authorized", {**facts, "user": found["user"], "resource": found["resource"]}
    )


_SES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Facts, str | None], Finding]], ...] = (
    (
        re.compile(
            r"Email address is not verified\. The following identities failed the check in "
            r"region (?P<region>[A-Z0-9-]+): ?(?P<identities>.*)"
        ),
        _not_verified,
    ),
    (
        re.compile(
            r"Access denied: User [`'](?P<user>[^'`]+)' is not authorized to perform "
            r"`[^']+' on resource `(?P<resource>[^']+)'"
        ),
        _denied,
    ),
    (re.compile(r"Maximum SigV2 SMTP sending rate exceeded"), _plain("ses.old-password")),
    (re.compile(r"Maximum sending rate exceeded"), _plain("ses.rate-exceeded")),
    (re.compile(r"Daily message quota exceeded"), _plain("ses.daily-quota")),
    (re.compile(r"Sending (?:paused|suspended) for this"), _plain("ses.sending-paused")),
    (
        re.compile(r"Configuration set (?P<name>\S+) does not exist", re.IGNORECASE),
        _plain("ses.configuration-set-missing"),
    ),
    (re.compile(r"MAIL FROM domain not verified"), _plain("ses.mail-from-domain")),
    (re.compile(r"Account not subscribed to SES"), _plain("ses.not-subscribed")),
    (re.compile(r"Recipient count exceeds (?P<limit>\d+)"), _plain("smtp.too-many-recipients")),
    (re.compile(r"Address blacklisted"), _plain("ses.suppressed")),
    (re.compile(r"Must issue a STARTTLS command first"), _plain("smtp.starttls-required")),
    (re.compile(r"Authentication Credentials Invalid"), _plain("auth.rejected")),
    (re.compile(r"Temporary authentication failure"), _plain("auth.temporary")),
    (re.compile(r"Invalid MAIL FROM address provided"), _plain("smtp.sender-refused")),
    (re.compile(r"Invalid RCPT TO address provided"), _plain("smtp.address-syntax")),
    (
        re.compile(r"<(?P<recipient>[^>]*)> (?:Invalid email address|address unknown)"),
        _plain("smtp.address-syntax"),
    ),
    (
        re.compile(
            r"Too many concurrent SMTP connections|Too many connections, try again later", re.I
        ),
        _plain("smtp.too-many-connections"),
    ),
    (re.compile(r"Maximum message count per session"), _plain("smtp.temporary")),
    (re.compile(r"Message is too long"), _plain("smtp.message-too-large")),
    (re.compile(r"^Transaction failed: "), _plain("smtp.content-rejected")),
)


def _by_code(stage: str, code: int, enhanced: str, words: str) -> str:
    if stage == "greeting":
        return _greeting(code)
    if stage == "starttls":
        return "smtp.starttls-refused"
    if stage == "auth":
        return _auth(code)
    if code == 421:  # noqa: PLR2004 -- RFC 5321: closing the channel
        return "smtp.temporary"
    if code == 530:  # noqa: PLR2004 -- RFC 4954 section 6
        return "smtp.starttls-required" if "starttls" in words else "auth.required"
    if code < _PERMANENT:
        return _put_off(stage, code, words)
    return _refused(stage, code, enhanced, words)


def _greeting(code: int) -> str:
    return "smtp.too-many-connections" if code < _PERMANENT else "smtp.greeting-refused"


def _auth(code: int) -> str:
    if code < _PERMANENT:
        return "auth.temporary"
    return {504: "auth.no-mechanism", 530: "smtp.starttls-required"}.get(code, "auth.rejected")


def _put_off(stage: str, code: int, words: str) -> str:
    if stage == "rcpt" and ("greylist" in words or "graylist" in words or code == 450):  # noqa: PLR2004
        return "smtp.greylisted"
    return "smtp.temporary"


def _refused(stage: str, code: int, enhanced: str, words: str) -> str:
    if code == 552 or enhanced in {"5.3.4", "5.2.3"}:  # noqa: PLR2004 -- RFC 1870 section 6.1
        return "smtp.message-too-large"
    if enhanced == "5.5.3" or "too many recipients" in words:
        return "smtp.too-many-recipients"
    if enhanced in {"5.1.3", "5.1.7"} or code == 553 or code == 501:  # noqa: PLR2004
        return "smtp.sender-refused" if stage == "mail" else "smtp.address-syntax"
    if "relay" in words and any(no in words for no in ("denied", "not permitted", "prohibited")):
        return "smtp.relay-denied"
    if stage == "mail":
        return "smtp.sender-refused"
    if stage == "rcpt":
        return "smtp.recipient-refused"
    if stage in {"data", "body"}:
        return "smtp.content-rejected"
    return "unknown"
