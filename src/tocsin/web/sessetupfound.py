"""What the setup assistant of Amazon SES found, as its page shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tocsin.engine.configuration import current
from tocsin.engine.setup.entered import Choice
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.trying import REJECTED
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained
from tocsin.ses.sandbox import may_send_from, unverified
from tocsin.trust.anchor import warn_of
from tocsin.trust.published import published_root

_ACTION = Choice("", ()).action
_LOCAL = "alarms"
"""Local part that is proposed where a whole domain is verified."""
_ADDRESS = "EMAIL_ADDRESS"

_NOT_TRUSTED_YET = frozenset({"tls.untrusted-issuer", "tls.incomplete-chain", "tls.self-signed"})
"""What is as it must be while the anchor that is proposed is not trusted."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the page tells beside the proposal itself."""

    failures: tuple[Explained, ...]
    """What is wrong with the way to the server, but for the anchor that is proposed."""
    published: str
    """The root that Amazon publishes with the anchor's fingerprint; else empty."""
    warnings: tuple[str, ...]
    """What must be known of the anchor."""
    senders: tuple[str, ...]
    """From addresses to choose from."""
    no_sender: bool
    """Whether it is known that nothing is verified to send from."""
    replaces: str
    """The SMTP server that is configured now, where it is another one; else empty."""
    rejected: bool
    """Whether it was the relay that did not take the credentials, and nothing on the way."""
    verified: bool
    """Whether the chain leads to something trusted, be it for this look alone."""
    api: Explained | None
    """Why the API could not be asked, where that is not as it must be so far."""


def found(proposal: Proposal) -> Found:
    """What there is to tell."""
    anchor = proposal.anchor
    root = published_root(anchor) if anchor is not None else None
    same = anchor is not None and root is not None and root.sha256 == anchor.sha256
    account = proposal.account
    known = account is not None and account.identities is not None
    smtp = current().configuration.smtp
    present = f"{smtp.server}:{smtp.port}" if smtp is not None else ""
    verified = proposal.collection is not None and proposal.collection.verdict.trusted
    return Found(
        failures=_failures(proposal),
        published=root.name if root is not None and same else "",
        warnings=tuple(warn_of(anchor)) if anchor is not None else (),
        senders=_senders(proposal),
        no_sender=known and not proposal.senders,
        replaces=present if present != f"{proposal.host}:{proposal.port}" else "",
        rejected=proposal.sign_in is not None and proposal.sign_in.code == REJECTED,
        verified=verified,
        api=proposal.api if verified or anchor is None else None,
    )


def proposed_values(proposal: Proposal) -> dict[str, Any]:
    """What the second form begins with: nothing is ticked."""
    configuration = current().configuration
    senders = _senders(proposal)
    present = configuration.smtp.sender if configuration.smtp is not None else ""
    fits = not senders or may_send_from(present, proposal.senders)
    to = next((one.to for one in configuration.actions if one.name == _ACTION), ())
    return {
        "sender": present if present and fits else (senders[0] if senders else ""),
        "to": "\n".join(to),
        "action": _ACTION,
        "sha256": (),
    }


def would_be_refused(proposal: Proposal, to: str) -> tuple[str, ...]:
    """Of the recipients that stand in the form those that the sandbox refuses."""
    account = proposal.account
    if not proposal.in_sandbox or account is None or account.identities is None:
        return ()
    return unverified(re.findall(r"[^\s,;]+@[^\s,;]+", to), account.identities)


def _failures(proposal: Proposal) -> tuple[Explained, ...]:
    collection = proposal.collection
    if collection is None:
        return ()
    findings = {one.code: one for one in collection.findings}
    expected = _NOT_TRUSTED_YET if proposal.anchor is not None else frozenset()
    return tuple(explain(one) for code, one in findings.items() if code not in expected)


def _senders(proposal: Proposal) -> tuple[str, ...]:
    return tuple(
        one.name if one.kind == _ADDRESS else f"{_LOCAL}@{one.name}" for one in proposal.senders
    )
