"""The account as far as the given key may see it, and what it means for senders and actions."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.central.configuration import Configuration
from tocsin.engine.response import Response
from tocsin.engine.setup.entered import AccessKey, Entered, NewUser
from tocsin.engine.setup.proposal import ActionCheck, Proposal
from tocsin.engine.setup.signingin import plain_secret
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.ses.account import Identity, Overview, overview
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.ses.sandbox import may_send_from, unverified
from tocsin.ses.wire import Wire
from tocsin.trust.anchor import Anchor

_VERIFIED = "SUCCESS"


def client(
    entered: Entered, region: str, configuration: Configuration, anchors: Sequence[Anchor]
) -> Aws | None:
    """The account, asked with the key that was given; None without one."""
    match entered.credentials:
        case AccessKey() as key:
            access_key, secret = key.asking.access_key, key.asking.secret_key
        case NewUser() as new:
            access_key, secret = new.access_key, new.secret_key
        case _:
            return None
    wire = Wire(anchors, configuration.ciphers.policy)
    return Aws(region, access_key, plain_secret(secret), wire, entered.endpoint_url)


def ask(aws: Aws | None) -> tuple[Overview | None, Explained | None]:
    """What the account says; or why it could not be asked."""
    if aws is None:
        return None, None
    try:
        return overview(aws), None
    except AwsFailure as failure:
        return None, explain(failure.finding)


def senders(account: Overview | None) -> tuple[Identity, ...]:
    """Verified identities that may be sent from."""
    found = account.identities if account is not None else None
    return tuple(
        one for one in found or () if one.verification == _VERIFIED and one.sending_enabled
    )


def refused_by_sandbox(
    account: Overview | None, configuration: Configuration
) -> tuple[ActionCheck, ...]:
    """Email actions with recipients that the account may not send to as it is."""
    if account is None or account.account is None or account.identities is None:
        return ()
    if account.account.production_access:
        return ()
    checks = (
        ActionCheck(one.name, unverified(one.recipients, account.identities))
        for one in Response(0, configuration).actions.values()
        if one.kind == "email"
    )
    return tuple(one for one in checks if one.refused)


def judge_choice(
    proposal: Proposal, region: str, sender: str, to: Sequence[str]
) -> tuple[Explained, ...]:
    """What Amazon SES would refuse of a mail from `sender` to these; nothing when not known."""
    identities = proposal.account.identities if proposal.account is not None else None
    if identities is None:
        return ()
    found = []
    if not may_send_from(sender, identities):
        facts = {"identities": sender, "region": region}
        found.append(Finding("ses.identity-not-verified", facts))
    if proposal.in_sandbox:
        found += [
            Finding("ses.sandbox-recipient", {"identities": one, "region": region})
            for one in unverified(to, identities)
        ]
    return tuple(explain(one) for one in found)
