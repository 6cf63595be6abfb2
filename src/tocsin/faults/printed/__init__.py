"""What programs print for the faults: one file a program, joined here."""

from __future__ import annotations

from itertools import chain

from tocsin.faults.fault import Printed
from tocsin.faults.printed import (
    curl,
    dotnet,
    exim,
    gnutls,
    go,
    java,
    msmtp,
    node,
    openssl,
    others,
    php,
    postfix,
    python,
    relays,
    ruby,
    sendmail,
    ses,
    swaks,
    system,
    tocsin,
    translated,
)

PRINTED: tuple[Printed, ...] = tuple(
    chain.from_iterable(
        one.PRINTED
        for one in (
            ses,
            tocsin,
            java,
            python,
            go,
            openssl,
            gnutls,
            postfix,
            exim,
            sendmail,
            msmtp,
            swaks,
            curl,
            dotnet,
            php,
            node,
            ruby,
            relays,
            others,
            translated,
            system,
        )
    )
)
"""Every program's words; two that begin at one place are told by the longer."""
