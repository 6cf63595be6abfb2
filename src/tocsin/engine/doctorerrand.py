"""What the doctor is asked, made into an errand: a relay of ours, or another server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.doctor.errand import Errand
from tocsin.doctor.testmessage import make_message
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound, Refused
from tocsin.engine.relay import Relay, relays
from tocsin.engine.response import Response
from tocsin.engine.sesclient import client_of
from tocsin.engine.seslimits import limits
from tocsin.engine.target import check_target
from tocsin.engine.trusted import trusted_anchors
from tocsin.faults.fault import Finding
from tocsin.mail.address import check_address
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.ses.aws import Aws
from tocsin.ses.region import region_of_host

_SMTPS_PORTS = frozenset({465, 2465})


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants walked; what is None is as it is configured.

    With `host` it is a server that need not be configured: nothing is taken from the
    configuration then but the trust store and the cipher policy.
    """

    relay: str | None = None
    host: str | None = None
    port: int | None = None
    encryption: str | None = None
    sender: str | None = None
    recipients: tuple[str, ...] | None = None
    user: str | None = None
    password: Secret | None = None
    send: bool = False
    """Whether a test message is handed over; else the walk stops before DATA."""


def errand_of(principal: Principal, asked: Asked) -> tuple[str | None, Errand]:
    """The name of the configured relay, if it is one, and the errand.

    Raises:
        NotPermitted: the role may not; a server that is not configured is an administrator's.
        NotFound: no relay of that name is configured.
        Refused: no relay is configured, or something that was given cannot be one.
    """
    require(principal, Permission.TEST_ACTIONS)
    if asked.host is None:
        return _to_ours(asked)
    # Connections are made from this machine, as when certificates are collected.
    require(principal, Permission.ADMINISTER)
    settings = _settings(asked)
    sender = _address("from", asked.sender)
    recipients = _addresses(asked.recipients, ())
    message = _message(sender, recipients) if asked.send else None
    return None, Errand(settings, sender, recipients, message)


def _to_ours(asked: Asked) -> tuple[str, Errand]:
    """To a relay that is configured, and to the account that its mail goes into."""
    configuration = current().configuration
    relay = _relay(asked.relay, configuration)
    name = relay.settings.name
    sender = _address("from", asked.sender) or relay.sender or None
    usual = _usual_recipients()
    recipients = _addresses(asked.recipients, usual)[: relay.max_recipients]
    return name, Errand(
        relay.settings,
        sender,
        recipients,
        _message(sender, recipients) if asked.send else None,
        aws=_account_of(relay.settings, configuration),
        max_send_rate=relay.account.max_send_rate,
    )


def _account_of(relay: RelaySettings, configuration: Configuration) -> Aws | None:
    """The account that the relay's mail goes into, in its region; None where none can be asked.

    A key is good in every region of an account, and identities are those of one.
    """
    ses = configuration.ses
    region = region_of_host(relay.host)
    if ses is None or (region is None and relay.name != ses.relay):
        return None
    if region is None or region == ses.region:
        return client_of(configuration)
    if ses.endpoint_url is not None:
        return None  # what stands in the place of AWS is that of one region
    there = ses.model_copy(update={"region": region})
    return client_of(configuration.model_copy(update={"ses": there}))


def _relay(name: str | None, configuration: Configuration) -> Relay:
    found = relays(Home.of_environment(), configuration, limits(configuration))
    if not found:
        raise Refused(Finding("smtp.not-configured"))
    if name is None:
        return found[0]
    for one in found:
        if one.settings.name == name:
            return one
    raise NotFound("relay", name)


def _usual_recipients() -> tuple[str, ...]:
    """Whom the email actions that are switched on write to."""
    latest = current()
    actions = Response(latest.number, latest.configuration).actions.values()
    found = (one.recipients for one in actions if one.enabled and one.kind == "email")
    return tuple(dict.fromkeys(address for each in found for address in each))


def _settings(asked: Asked) -> RelaySettings:
    host = (asked.host or "").strip("[]")
    smtps = asked.port in _SMTPS_PORTS
    encryption = asked.encryption or ("smtps" if smtps else "starttls")
    if encryption not in set(Encryption):
        raise _refused("encryption", f"is not one of {', '.join(Encryption)}")
    encrypted = Encryption(encryption)
    port = asked.port if asked.port is not None else _usual_port(encrypted)
    check_target(host, port, None)
    if (asked.user is None) != (asked.password is None):
        raise _refused("password", "goes together with a user name")
    if asked.password is not None and encrypted is Encryption.NONE:
        raise _refused("password", "is never sent without encryption")
    configuration = current().configuration
    return RelaySettings(
        name=host,
        host=host,
        port=port,
        encryption=encrypted,
        user=asked.user,
        password=asked.password,
        anchors=trusted_anchors(configuration),
        policy=configuration.ciphers.policy,
    )


def _usual_port(encryption: Encryption) -> int:
    return {Encryption.SMTPS: 465, Encryption.NONE: 25}.get(encryption, 587)


def _addresses(given: Iterable[str] | None, usual: tuple[str, ...]) -> tuple[str, ...]:
    if given is None:
        return usual
    found = (_address("to", one) for one in given)
    return tuple(dict.fromkeys(one for one in found if one is not None)) or usual


def _address(field: str, given: str | None) -> str | None:
    if not given:
        return None
    try:
        return check_address(given)
    except ValueError as error:
        raise _refused(field, f"is no address: {error}") from None


def _message(sender: str | None, recipients: tuple[str, ...]) -> bytes:
    if sender is None:
        raise _refused("from", "is missing: a test message needs one")
    if not recipients:
        raise _refused("to", "is missing: a test message needs one")
    return make_message(sender, recipients)


def _refused(field: str, problem: str) -> Refused:
    return Refused(Finding("input.invalid", {"field": field, "problem": problem}))
