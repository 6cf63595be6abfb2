"""What ``tocsin ses setup`` says of what it found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.base.clock import rfc3339

if TYPE_CHECKING:
    from tocsin.engine.actiontest import TestResult
    from tocsin.engine.configuration import Changed
    from tocsin.engine.setup.proposal import Proposal
    from tocsin.faults.fault import Explained
    from tocsin.ses.account import Account, Overview

COMPARE = (
    "compare the SHA-256 with what Amazon Trust Services publishes, or the operator of the "
    "relay says; --trust-proposed agrees to trust it"
)
STRANGE = (
    "the server is called as one of Amazon's, and the certificate proposed is no root that Amazon "
    "publishes: --trust-proposed does not agree to it"
)
STOOD_IN = (
    "the rehearsal relay stands in: the test mail went there, and proves nothing of the relay that "
    "was set up"
)
MADE = "the IAM user {name} is made; it may take some seconds until Amazon SES knows its key"
UNTESTED = "applied, not tested: {why}; then: tocsin action test '{action}'"
_BY_KEY = "auth.secret-not-smtp-password"
SANDBOX = (
    "in the sandbox: mail goes only to verified addresses and domains and to the mailbox "
    "simulator, at most 200 recipients a day and one a second; production access is requested "
    "in the Amazon SES console"
)


def shape(proposal: Proposal) -> Iterator[str]:
    """What is wrong with the credentials by their shape."""
    for one in proposal.shape:
        yield from explained(one)
        if one.code == _BY_KEY:
            yield "  - Or give its access key id as --access-key: the password is derived here."


def explained(told: Explained) -> Iterator[str]:
    """A fault, and what helps."""
    yield f"{told.severity.value}: {told.title} [{told.code}]"
    yield f"  {told.cause}"
    yield from (f"  - {step}" for step in told.fix)


def way(proposal: Proposal) -> Iterator[str]:
    """Endpoint, chain and the certificate that is proposed."""
    yield f"endpoint  {proposal.host} port {proposal.port}, {proposal.encryption}"
    collection = proposal.collection
    if collection is None:
        return
    for number, one in enumerate(collection.certificates):
        label = "chain   " if number == 0 else "        "
        yield f"{label}  {one.title}, issued by {one.issuer}, to {rfc3339(one.not_after)[:10]}"
    yield f"trust     {proposal.anchor_reason}"
    anchor = proposal.anchor
    if anchor is not None:
        yield f"proposed  {anchor.title}"
        yield f"  subject  {anchor.subject}"
        yield f"  valid    {rfc3339(anchor.not_before)[:10]} to {rfc3339(anchor.not_after)[:10]}"
        yield f"  SHA-256  {anchor.sha256}"
    elif not collection.certificates:
        yield from _other_ports(proposal)
    elif not collection.verdict.trusted:
        yield "  the chain does not verify, and no certificate would help"


def _other_ports(proposal: Proposal) -> Iterator[str]:
    """Where else the endpoint listens, for who cannot reach it at this port."""
    from tocsin.ses.endpoint import PORTS  # noqa: PLC0415 -- start-up time
    from tocsin.ses.region import region_of_host  # noqa: PLC0415

    if region_of_host(proposal.host) is None:
        return
    for one in PORTS:
        if one.number != proposal.port:
            remark = f", {one.remark}" if one.remark else ""
            yield f"  or by --port {one.number} ({one.encryption}{remark})"


def found(proposal: Proposal) -> Iterator[str]:
    """What relay and account said."""
    if proposal.signed_in:
        yield f"sign-in   the relay took {proposal.user}; no mail was sent"
    if proposal.sign_in is not None:
        yield from explained(proposal.sign_in)
    if proposal.api is not None:
        yield "account   not known: the API could not be asked"
        yield from explained(proposal.api)
    if proposal.account is not None:
        yield from _account(proposal.account, proposal)


def _account(overview: Overview, proposal: Proposal) -> Iterator[str]:
    if overview.account is not None:
        yield f"account   {_state(overview.account)}"
        yield f"  quota    {_quota(overview.account)}"
    if overview.identities is not None:
        names = ", ".join(one.name for one in proposal.senders)
        yield f"  senders  {names or 'no identity is verified: verify a domain in the console'}"
    for check in proposal.actions:
        refused = ", ".join(check.refused)
        yield f"  the action {check.action} has recipients that the sandbox refuses: {refused}"
    if overview.missing:
        yield f"  not seen: the key may not {', '.join(overview.missing)}"


def _state(account: Account) -> str:
    if not account.sending_enabled:
        return "sending is paused; read the mail that Amazon sent to the account's address"
    return "out of the sandbox" if account.production_access else SANDBOX


def _quota(account: Account) -> str:
    most, rate = account.max_24_hour_send, account.max_send_rate
    day = "any number of" if most is None or most < 0 else f"{most:.0f}"
    used = account.sent_last_24_hours or 0
    pace = "" if rate is None else f", {rate:g} a second"
    return f"{day} recipients in 24 hours, {used:.0f} used{pace}"


def changes(changed: Changed) -> Iterator[str]:
    """What applying would change."""
    yield from ("changes", *(f"  {one}" for one in changed.differences))
    if not changed.differences:
        yield "  none: it is so already"
    for one in changed.warnings:
        yield f"  warning: {one.path}: {one.message}"


def in_force(changed: Changed) -> str:
    """What became of the configuration."""
    if changed.made:
        return f"version {changed.version} is in force"
    return f"already so: version {changed.version} stays in force"


def tested(result: TestResult) -> str:
    """What became of the test mail, in a line."""
    if result.ok and result.attempt is not None:
        return f"delivered: the relay said {result.attempt.reply}"
    if result.explained is None:
        return "not delivered"
    return f"not delivered: {result.explained.cause} [{result.explained.code}]"
