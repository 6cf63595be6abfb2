"""The relay that mail goes to, from the configuration or the rehearsal of this run."""

from __future__ import annotations

from tocsin.base.home import Home, node_name
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.engine import rehearsal
from tocsin.engine.rehearsal import RehearsalFacts
from tocsin.mail.address import check_address, check_domain
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates

FIRST = "smtp"
"""Name of the first relay: the one of SMTP Configuration."""
REHEARSAL = "rehearsal"


def relay_settings(home: Home, configuration: Configuration) -> RelaySettings | None:
    """How the relay is reached; None when none is configured."""
    stand_in = rehearsal.facts(home)
    if stand_in is not None and stand_in.stands_in:
        return _rehearsal(stand_in, configuration)
    smtp = configuration.smtp
    if smtp is None:
        return None
    return RelaySettings(
        name=FIRST,
        host=smtp.server,
        port=smtp.port,
        encryption=Encryption(smtp.encryption),
        user=smtp.user or None,
        password=smtp.password,
        anchors=tuple(one.anchor for one in configuration.trust),
        policy=configuration.ciphers.policy,
        helo=_helo(),
    )


def _rehearsal(stand_in: RehearsalFacts, configuration: Configuration) -> RelaySettings:
    """Trusts the rehearsal's own root and nothing else."""
    (root,) = read_certificates(stand_in.root_file.read_bytes())
    return RelaySettings(
        name=REHEARSAL,
        host=stand_in.host,
        port=stand_in.port,
        encryption=Encryption.STARTTLS,
        user=stand_in.user,
        password=Secret(stand_in.password_file.read_text().strip()),
        anchors=(Anchor("Rehearsal root", root),),
        policy=configuration.ciphers.policy,
        helo=_helo(),
    )


def sender_address(home: Home, configuration: Configuration) -> str:
    """The address that mail is from, in the form that goes on the wire."""
    stand_in = rehearsal.facts(home)
    if configuration.smtp is not None:
        return check_address(configuration.smtp.sender)
    if stand_in is not None and stand_in.stands_in:
        return f"tocsin@{stand_in.identities[0].rpartition('@')[2]}"
    return ""


def _helo() -> str:
    """Our name, where it is one; else the connection says its address (RFC 5321 4.1.1.1)."""
    try:
        return check_domain(node_name())
    except ValueError:
        return ""
