"""Amazon SES's refusals, known by their words.

The texts are those of the SES developer guide ("Amazon SES SMTP issues", "SMTP response
codes") and of public transcripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr

from tocsin.faults.fault import Finding
from tocsin.faults.refusal import Refusal

_Meaning = Callable[[re.Match[str], Refusal], Finding]


def recognise_ses(refusal: Refusal) -> Finding | None:
    """The fault behind a reply that SES is known to give; None for any other."""
    for pattern, meaning in _REPLIES:
        found = pattern.search(refusal.words)
        if found is not None:
            return meaning(found, refusal)
    return None


def _is(fault: str) -> _Meaning:
    def mean(found: re.Match[str], refusal: Refusal) -> Finding:
        drawn = {name: value for name, value in found.groupdict().items() if value}
        return refusal.finding(fault, drawn)

    return mean


def _syntax(found: re.Match[str], refusal: Refusal) -> Finding:
    """At MAIL it is our own From that is wrong: every message would meet it."""
    address = found.groupdict().get("address") or ""
    if refusal.stage == "mail":
        return refusal.finding("smtp.sender-refused", {"sender": address or refusal.sender or ""})
    return refusal.finding("smtp.address-syntax", {"recipient": address} if address else {})


def _one_recipient(fault: str) -> _Meaning:
    def mean(_: re.Match[str], refusal: Refusal) -> Finding:
        alone = refusal.recipients if len(refusal.recipients) == 1 else ()
        return refusal.finding(fault, refusal.about(alone))

    return mean


def _not_verified(found: re.Match[str], refusal: Refusal) -> Finding:
    listed = found["identities"] or ""
    identities = identities_of(listed)
    facts = {
        "region": (found["region"] or "").lower(),
        "identities": ", ".join(identities) or listed,
    }
    facts = {name: value for name, value in facts.items() if value}
    ours = _listed_recipients(identities, refusal)
    if ours is None or _is_cut(listed):
        return refusal.finding("ses.identity-not-verified", facts)
    return refusal.finding("ses.sandbox-recipient", {**facts, **refusal.about(ours)})


def _listed_recipients(identities: list[str], refusal: Refusal) -> tuple[str, ...] | None:
    """The recipients that are listed, when nothing else is; None when our own sender may be.

    Taking a refused sender for a refused recipient would fail message after message;
    the other way round, messages only wait. So whatever is not clear counts as ours.
    """
    listed = {one.casefold() for one in identities}
    if not listed or (refusal.sender is None and not refusal.recipients):
        return None
    if refusal.sender is not None and listed & _names_of(refusal.sender):
        return None
    if not refusal.recipients:
        return tuple(identities)
    ours = tuple(one for one in refusal.recipients if _names_of(one) & listed)
    known = set().union(*(_names_of(one) for one in ours))
    return ours if listed <= known else None


def _names_of(address: str) -> set[str]:
    """An identity is an address or its domain."""
    folded = address.casefold()
    return {folded, folded.rpartition("@")[2]}


def _is_cut(listed: str) -> bool:
    """SES cuts a long list: what is behind the dots may be the sender."""
    return listed.rstrip().endswith("...")


def identities_of(text: str) -> list[str]:
    """The identities of SES's list: bare ones, or addresses with a display name."""
    found: list[str] = []
    # Commas inside a quoted display name do not part two identities.
    for part in re.findall(r'(?:"[^"]*"|[^,"])+', text.rstrip(" .")):
        address = parseaddr(part.strip())[1] or part.strip()
        if address and address not in found:
            found.append(address)
    return found


_NOT_VERIFIED = (
    r"Email address is not verified\.?(?: The following identities failed the check in "
    r"region (?P<region>[A-Z0-9-]+): ?(?P<identities>.*))?"
)
_NOT_AUTHORIZED = (
    r"(?:Access denied: )?User [`'](?P<user>[^'`]+)' is not authorized to perform "
    r"[`'](?P<action>[^'`]+)' on resource [`'](?P<resource>[^'`]+)'"
)
_COME_AGAIN = (
    r"Maximum message count per session reached|Timeout waiting for data from client|"
    r"Service not available, closing transmission channel|Mail system failure, closing|"
    r"Temporary service failure"
)

_REPLIES: tuple[tuple[re.Pattern[str], _Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        # End of DATA: account, identities, policy
        (_NOT_VERIFIED, _not_verified),
        (_NOT_AUTHORIZED, _is("ses.not-authorized")),
        (r"Sending (?:paused|suspended) for this", _is("ses.sending-paused")),
        (
            r"Configuration set <?(?P<name>[^\s>]+)>? does not exist",
            _is("ses.configuration-set-missing"),
        ),
        (r"Configuration Set does not exist", _is("ses.configuration-set-missing")),
        (r"MAIL FROM domain not verified", _is("ses.mail-from-domain")),
        # Throttling
        (r"Maximum SigV2 SMTP sending rate exceeded", _is("ses.old-password")),
        (r"Daily message quota exceeded", _is("ses.daily-quota")),
        (r"Maximum sending rate exceeded|Throttling failure", _is("ses.rate-exceeded")),
        # The message
        (r"Recipient count exceeds (?P<limit>\d+)", _is("smtp.too-many-recipients")),
        (r"Error: too many recipients", _is("smtp.too-many-recipients")),
        (r"Address blacklisted", _one_recipient("ses.suppressed")),
        (r"^Transaction failed: (?P<problem>.*)", _is("smtp.content-rejected")),
        (r"Message is too long", _is("smtp.message-too-large")),
        # Sign-in
        (r"Account not subscribed to SES", _is("ses.not-subscribed")),
        (r"Authentication Credentials Invalid", _is("auth.rejected")),
        (r"Temporary authentication failure", _is("auth.temporary")),
        (r"Must issue a STARTTLS command first", _is("smtp.starttls-required")),
        (r"^Authentication required$", _is("auth.required")),
        # Envelope
        (r"Invalid MAIL FROM address provided", _syntax),
        (r"Invalid RCPT TO address provided", _syntax),
        (r"<(?P<address>[^>]*)> (?:Invalid email address|address unknown)", _syntax),
        # Connection
        (
            r"Too many concurrent SMTP connections|Too many connections, try again later",
            _is("smtp.too-many-connections"),
        ),
        (_COME_AGAIN, _is("smtp.temporary")),
    )
)
"""Tried in this order: the more telling words come first."""
