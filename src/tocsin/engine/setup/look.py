"""A look at everything that was entered, before anything is changed or made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tocsin.central.configuration import Configuration
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.setup.account import ask, client, refused_by_sandbox, senders
from tocsin.engine.setup.anchoring import anchors_with, chosen, propose
from tocsin.engine.setup.entered import AccessKey, Entered
from tocsin.engine.setup.newuser import make_user
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.signingin import SigningIn, signing_in
from tocsin.engine.setup.trying import try_sign_in
from tocsin.engine.setup.where import Where, where
from tocsin.faults.fault import Explained
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate
from tocsin.trust.collect import collect
from tocsin.trust.collection import Collection

__all__ = ["chosen", "look", "make_user"]

_COLLECT_S = 20.0


def look(
    principal: Principal, entered: Entered, *, trusting: Sequence[Certificate] = ()
) -> Proposal:
    """Endpoint, chain, sign-in and account, as far as each can be known now.

    `trusting` are certificates of an earlier look that the person agreed to trust (`chosen`):
    this look counts them as trusted, and stores nothing. Sign-in and API are tried over
    connections that verify, and over no others; while the chain does not, the sign-in waits.
    With a `NewUser` nobody signs in: the user is made by `make_user`, once.

    Raises:
        NotPermitted: the role may not.
        Invalid: names the field that cannot be.
        Refused: the region has no SMTP endpoint, or the server is another service of Amazon's.
    """
    require(principal, Permission.ADMINISTER)
    there = where(entered)
    configuration = current().configuration
    given = signing_in(entered, there.region, configuration.ses)
    if given.hopeless:
        return _stopped(there, given)
    anchors = anchors_with(configuration, trusting)
    collection = _collect(there, anchors, configuration)
    anchor, reason = propose(collection)
    verified = collection.verdict.trusted and bool(given.user)
    refusal = _try(there, given, anchors, configuration, entered) if verified else None
    account, api = ask(client(entered, there.region, configuration, anchors))
    return Proposal(
        host=there.host,
        port=there.port,
        encryption=there.encryption,
        user=given.user,
        password=given.password,
        shape=given.shape,
        collection=collection,
        anchor=anchor,
        anchor_reason=reason,
        sign_in=refusal,
        signed_in=verified and refusal is None,
        account=account,
        api=api,
        senders=senders(account),
        actions=refused_by_sandbox(account, configuration),
        agreed=tuple(trusting),
    )


def _stopped(there: Where, given: SigningIn) -> Proposal:
    return Proposal(
        host=there.host,
        port=there.port,
        encryption=there.encryption,
        user=given.user,
        password=given.password,
        shape=given.shape,
        collection=None,
        anchor=None,
        anchor_reason="Nothing was asked: the credentials cannot be right.",
        sign_in=None,
        signed_in=False,
        account=None,
        api=None,
        senders=(),
        actions=(),
    )


def _collect(there: Where, anchors: Sequence[Anchor], configuration: Configuration) -> Collection:
    return asyncio.run(
        collect(
            there.host,
            there.port,
            there.encryption,
            anchors=anchors,
            policy=configuration.ciphers.policy,
            timeout=_COLLECT_S,
        )
    )


def _try(
    there: Where,
    given: SigningIn,
    anchors: tuple[Anchor, ...],
    configuration: Configuration,
    entered: Entered,
) -> Explained | None:
    settings = RelaySettings(
        name="setup",
        host=there.host,
        port=there.port,
        encryption=Encryption(there.encryption),
        user=given.user,
        password=given.password,
        anchors=anchors,
        policy=configuration.ciphers.policy,
    )
    key = entered.credentials
    return try_sign_in(settings, fresh=isinstance(key, AccessKey) and key.fresh)
