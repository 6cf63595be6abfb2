"""The account at Amazon SES, by the key of the configuration and over its trust store."""

from __future__ import annotations

from tocsin.central.configuration import Configuration
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound, Refused
from tocsin.engine.trusted import trusted_anchors
from tocsin.ses.account import Overview, overview
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.ses.wire import Wire


def wire_of(configuration: Configuration) -> Wire:
    """The way to AWS: the same anchors and the same ciphers as for mail."""
    return Wire(trusted_anchors(configuration), configuration.ciphers.policy)


def client_of(configuration: Configuration) -> Aws | None:
    """The account that the configuration names; None without a key to ask it with."""
    ses = configuration.ses
    if ses is None or ses.access_key is None or ses.secret_key is None:
        return None
    return Aws(ses.region, ses.access_key, ses.secret_key, wire_of(configuration), ses.endpoint_url)


def look(principal: Principal) -> Overview:
    """All that the key may see of the account, asked now.

    Raises:
        NotPermitted: the role may not read.
        NotFound: no key is configured.
        Refused: the finding says why AWS could not be asked.
    """
    require(principal, Permission.READ)
    aws = client_of(current().configuration)
    if aws is None:
        raise NotFound("AWS access key", "under ses")
    try:
        return overview(aws)
    except AwsFailure as failure:
        raise Refused(failure.finding) from None
