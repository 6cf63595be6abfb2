"""Faults on the way to the relay: names and connections."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_HOST = {"host": "the relay", "address": "the relay", "port": "that is configured"}


def _network(code: str, title: str, cause: str, *fix: str, retry: Retry = Retry.TRANSIENT) -> Fault:
    """Every fault on the way concerns the relay as a whole: nobody was spoken to yet."""
    return Fault(code, title, cause, fix, Seriousness.ERROR, retry, Scope.RELAY, _HOST)


FAULTS = (
    _network(
        "dns.not-found",
        "The relay's name does not exist",
        "The name server says that {host} has no address.",
        f"Check the spelling of SMTP Server in {place.SMTP}.",
        "For Amazon SES the name is email-smtp.REGION.amazonaws.com; not every region has one.",
        "Ask the same name server by hand: getent ahosts {host}",
        retry=Retry.FINAL,
    ),
    _network(
        "dns.timeout",
        "The name server does not answer",
        "The address of {host} could not be looked up: the name server gave no answer.",
        "Check that the name servers in /etc/resolv.conf can be reached from this machine.",
        "Mail waits in the queue and goes out by itself once names can be looked up again.",
    ),
    _network(
        "tcp.refused",
        "The relay refuses the connection",
        "{address} can be reached, but nothing listens there on the port {port}.",
        f"Check Port in {place.SMTP}: 587, 2587 or 25 for STARTTLS, 465 or 2465 for SMTPS.",
        "If the relay is your own, check that it is running.",
    ),
    _network(
        "tcp.timeout",
        "The relay does not answer",
        "No answer came from {address} on the port {port}: packets are dropped on the way.",
        "Let this machine out to the port {port} in the firewalls between here and the relay.",
        "Many hosting providers block ports 25, 465 and 587; try port 2587 (STARTTLS) or 2465 "
        "(SMTPS).",
    ),
    _network(
        "tcp.unreachable",
        "There is no way to the relay",
        "This machine has no route to {address}.",
        "Check the default gateway and the interfaces of this machine: ip route get {address}",
        "If only an IPv6 address fails, this machine has an IPv6 address but no IPv6 network.",
    ),
)
