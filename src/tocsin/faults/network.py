"""Faults on the way to the relay: names and connections."""

from __future__ import annotations

from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

FAULTS = (
    Fault(
        code="dns.not-found",
        title="The relay's name does not exist",
        cause="The name server says that {host} has no address.",
        fix=(
            "Check the spelling of SMTP Server in Central Management > Edit Appliance "
            "Configuration > General > SMTP Configuration.",
            "For Amazon SES the name is email-smtp.REGION.amazonaws.com; not every region has one.",
            "Ask the same name server by hand: getent ahosts {host}",
        ),
        severity=Seriousness.ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"host": "the relay"},
    ),
    Fault(
        code="dns.timeout",
        title="The name server does not answer",
        cause="The address of {host} could not be looked up: the name server gave no answer.",
        fix=(
            "Check that the name servers in /etc/resolv.conf can be reached from this machine.",
            "Mail waits in the queue and goes out by itself once names can be looked up again.",
        ),
        severity=Seriousness.ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"host": "the relay"},
    ),
    Fault(
        code="tcp.refused",
        title="The relay refuses the connection",
        cause="{address} answers on the network, but nothing listens on port {port}.",
        fix=(
            "Check Port in SMTP Configuration: 587, 2587 or 25 for STARTTLS, 465 or 2465 "
            "for SMTPS.",
            "If the relay is your own, check that it is running.",
        ),
        severity=Seriousness.ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"address": "The relay", "port": "that is configured"},
    ),
    Fault(
        code="tcp.timeout",
        title="The relay does not answer",
        cause="No answer came from {address} on port {port}: on the way, packets are dropped.",
        fix=(
            "Let this machine out to port {port} in the firewalls between here and the relay.",
            "Many hosting providers block ports 25, 465 and 587; try port 2587 (STARTTLS) or "
            "2465 (SMTPS).",
        ),
        severity=Seriousness.ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"address": "the relay", "port": "that is configured"},
    ),
    Fault(
        code="tcp.unreachable",
        title="There is no way to the relay",
        cause="This machine has no route to {address}.",
        fix=(
            "Check the default gateway and the interfaces of this machine: ip route get {address}",
            "If only the IPv6 address fails, the machine has an IPv6 address but no IPv6 network.",
        ),
        severity=Seriousness.ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"address": "the relay's address"},
    ),
)
